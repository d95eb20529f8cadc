"""How often each kind of step is tried, and how long it may take: the seed's numbers, in one place."""

from dataclasses import dataclass
from datetime import timedelta

from temporalio.common import RetryPolicy


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempts:
    """A step's time limit per attempt, and its retries."""

    timeout: timedelta
    retry: RetryPolicy


# The seed: "Retry: 3 attempts, exponential backoff". 2 s and 8 s let a killed database come back.
FETCH = Attempts(
    timeout=timedelta(seconds=10),
    retry=RetryPolicy(maximum_attempts=3, initial_interval=timedelta(seconds=2), backoff_coefficient=4.0),
)

# The seed: "Retry: 2 attempts with 10s timeout". 5 s let a killed router replica come back.
COMPLETE = Attempts(
    timeout=timedelta(seconds=10),
    retry=RetryPolicy(maximum_attempts=2, initial_interval=timedelta(seconds=5)),
)

# What follows a paid answer is worth waiting for: about ten minutes of a store that is away.
CONCLUDE = Attempts(
    timeout=timedelta(seconds=20),
    retry=RetryPolicy(
        maximum_attempts=15,
        initial_interval=timedelta(seconds=1),
        backoff_coefficient=2.0,
        maximum_interval=timedelta(minutes=1),
    ),
)

# The whole analysis, anew: a store or a router that was away for longer than its own step's tries must not
# leave a session without its insight. Ten tries over about an hour; storing twice stores once.
ANALYSIS = RetryPolicy(
    maximum_attempts=10,
    initial_interval=timedelta(seconds=30),
    backoff_coefficient=2.0,
    maximum_interval=timedelta(minutes=10),
)
