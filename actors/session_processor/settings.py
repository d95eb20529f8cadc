"""How sessions are processed."""

from pydantic import BaseModel, ConfigDict, Field

from traceflow.models.session.closing import IDLE_MS, MAX_AGE_MS


class ProcessorSettings(BaseModel):
    """Flush, closing and analysis; times in the unit of their name.

    ``actors`` share the shards: actor i owns the shards n with n mod ``actors`` = i.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    actors: int = Field(default=1, ge=1)
    # What was answered 202 is readable within 5 s: 2 s until the flush, the rest for the flush itself.
    flush_after_s: float = Field(default=2.0, gt=0)
    # Of segments as they are in memory: stored and unpacked.
    flush_bytes: int = Field(default=8 * 1024 * 1024, gt=0)
    flush_segments: int = Field(default=500, ge=1, le=2000)
    idle_ms: int = Field(default=IDLE_MS, gt=0)
    max_age_ms: int = Field(default=MAX_AGE_MS, gt=0)
    analysis_threshold: float = Field(default=30.0, ge=0, le=100)
    # What one shard holds of open sessions, at 0.3-1 KB a moment (measured on the demo's visit); beyond it
    # the longest untouched are read anew when needed.
    moments_in_memory: int = Field(default=500_000, gt=0)
    # A part of every object's name: what cannot stand there would fail each segment, and not the start.
    retention: str = Field(default="30d", pattern=r"^[A-Za-z0-9_-]{1,64}$")
