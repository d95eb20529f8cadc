"""What is computed from the measurements, and nothing else: percentiles, ratios, bounds."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median

# The "done": at 16 connections, gzip, not redacted.
MIN_FASTAPI_RATIO = 10.0
MIN_BARE_RATIO = 0.4
MAX_P99_MS = 25.0
MAX_READY_S = 25.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Bound:
    """A promise, and what was measured of it."""

    name: str
    measured: float
    at_least: float = float("-inf")
    at_most: float = float("inf")

    @property
    def is_kept(self) -> bool:
        return self.at_least <= self.measured <= self.at_most

    def in_words(self) -> str:
        limit = (
            f"at least {self.at_least:g}" if self.at_least > float("-inf") else f"at most {self.at_most:g}"
        )
        return f"{self.name}: {self.measured:.2f} ({limit})"


def percentile(ascending: Sequence[float], percent: float) -> float:
    """Return the smallest value that at least ``percent`` of the values do not exceed (nearest rank)."""
    if not ascending:
        raise ValueError("no values")
    rank = -(-len(ascending) * percent // 100)
    return ascending[max(0, int(rank) - 1)]


def median_ratio(ours: Sequence[float], theirs: Sequence[float]) -> float:
    """Return the median of the rounds' ratios: what slows a whole round slows both sides of it."""
    return median(our / their for our, their in zip(ours, theirs, strict=True))


def redaction_share(plain_us: Sequence[float], redacted_us: Sequence[float]) -> float:
    """Return which share of the CPU that a redacted request takes is redaction's."""
    return median(1 - plain / redacted for plain, redacted in zip(plain_us, redacted_us, strict=True))


def bounds(*, ratios: Mapping[str, float], p99_ms: Mapping[str, float], ready_s: float) -> list[Bound]:
    """Return the promises with what was measured of each."""
    return [
        Bound(
            name="requests/s of FastAPI on Serve's default proxy, times",
            measured=ratios["fastapi_default_proxy"],
            at_least=MIN_FASTAPI_RATIO,
        ),
        Bound(
            name="requests/s of bare uvicorn, times", measured=ratios["bare_uvicorn"], at_least=MIN_BARE_RATIO
        ),
        Bound(name="p99 at 16 connections, ms", measured=p99_ms["16"], at_most=MAX_P99_MS),
        Bound(name="from `traceflow up` to the first 202, s", measured=ready_s, at_most=MAX_READY_S),
    ]
