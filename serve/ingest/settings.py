"""What an operator may set of ingest."""

from pydantic import BaseModel, ConfigDict, PositiveFloat, PositiveInt

from traceflow.models.quota.gcra import RateLimit, rate_limit


class IngestSettings(BaseModel):
    """Limits of one ingest replica; those of the contract (10 MiB, 64 MiB, 10,000 events) are fixed."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    # A segment of 10 MiB over a bad mobile uplink (2 Mbit/s) takes 42 s.
    body_timeout_s: PositiveFloat = 60.0
    # Per API key and replica; None lets everything through.
    segments_per_s: PositiveFloat | None = None
    burst: PositiveInt = 100
    # Processes that open and redact what is over 64 KB.
    large_body_workers: PositiveInt = 1
    # Large bodies that wait for such a process, each up to 10 MiB, before the next is told to come later.
    large_bodies_waiting: PositiveInt = 32

    def rate_limit(self) -> RateLimit | None:
        """Return the limit of each key."""
        if self.segments_per_s is None:
            return None
        return rate_limit(segments_per_s=self.segments_per_s, burst=self.burst)
