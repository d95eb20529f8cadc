"""When a component is started again: a pure rule over exits, probes and the clock."""

from dataclasses import dataclass, replace
from random import Random

from traceflow.cluster.embedded.component import ComponentState

_FIRST_DELAY_S = 0.2
_MAX_DELAY_S = 10.0
# A run this long means that the last failure is over.
_STABLE_S = 30.0
# Five probes of up to 5 s each without an answer: it hangs. Fewer would restart a machine that swaps.
_MAX_MISSED = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """What the supervisor knows of one component. Times are of a monotonic clock."""

    state: ComponentState = ComponentState.STARTING
    failures: int = 0
    restarts: int = 0
    missed: int = 0
    started_at_s: float = 0.0
    retry_at_s: float = 0.0

    @property
    def is_hung(self) -> bool:
        return self.state is ComponentState.RUNNING and self.missed >= _MAX_MISSED


def on_started(watch: Watch, *, now_s: float) -> Watch:
    """It answers."""
    return replace(watch, state=ComponentState.RUNNING, started_at_s=now_s, missed=0)


def on_failed(watch: Watch, *, now_s: float, rng: Random) -> Watch:
    """It died, hung, or did not come up: wait, each time twice as long, up to 10 s; never give up."""
    was_stable = watch.state is ComponentState.RUNNING and now_s - watch.started_at_s >= _STABLE_S
    failures = 1 if was_stable else watch.failures + 1
    # The exponent is bounded, or a failure of days would overflow the float.
    ceiling_s = min(_MAX_DELAY_S, _FIRST_DELAY_S * 2 ** min(failures - 1, 16))
    return replace(
        watch,
        state=ComponentState.WAITING,
        failures=failures,
        missed=0,
        retry_at_s=now_s + ceiling_s * rng.uniform(0.5, 1.0),
    )


def on_retry(watch: Watch) -> Watch:
    """The wait is over; it is being started."""
    return replace(watch, state=ComponentState.STARTING, restarts=watch.restarts + 1)


def on_probe(watch: Watch, *, is_healthy: bool) -> Watch:
    """It answered a probe, or did not."""
    return replace(watch, missed=0 if is_healthy else watch.missed + 1)


def on_stopped(watch: Watch) -> Watch:
    """It was stopped on purpose."""
    return replace(watch, state=ComponentState.STOPPED, missed=0)
