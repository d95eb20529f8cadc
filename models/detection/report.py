"""What the detect API answers: signals by event index, counts, the score and its parts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields

from traceflow.models.detection.detect import detect, features
from traceflow.models.detection.frustration import Frustration, frustration_score
from traceflow.models.detection.moment import read_moments
from traceflow.models.detection.profile import PROFILES, Profile
from traceflow.models.detection.signal import Signal, SignalKind


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportedSignal:
    """A signal whose evidence is given as indices into the events that were sent."""

    kind: SignalKind
    at_ms: int
    event_indices: tuple[int, ...]
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DetectReport:
    """The answer to ``POST /api/v1/detect``."""

    signals: tuple[ReportedSignal, ...]
    features: Mapping[str, int]
    frustration: Frustration


@dataclass(frozen=True, slots=True, kw_only=True)
class ParameterDocument:
    """One threshold of a profile."""

    name: str
    value: int | float
    unit: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfileDocument:
    """One profile: what it detects, by what, at which weights."""

    name: str
    description: str
    kinds: tuple[SignalKind, ...]
    parameters: tuple[ParameterDocument, ...]
    weights: Mapping[SignalKind, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfilesDocument:
    """The answer to ``GET /api/v1/detect/profiles``."""

    items: tuple[ProfileDocument, ...]


def detect_report(events: Sequence[bytes], *, profile: Profile) -> DetectReport:
    """Run a profile over the events of one window, taken in the order given."""
    moments = read_moments(events, window_id="", segment_id=0)
    signals = detect({"": moments}, profile=profile)
    return DetectReport(
        signals=tuple(_reported(signal) for signal in signals),
        features=features(moments),
        frustration=frustration_score(signals, weights=profile.weights),
    )


def profiles_document() -> ProfilesDocument:
    """Describe every profile."""
    return ProfilesDocument(items=tuple(_document(profile) for profile in PROFILES.values()))


def _reported(signal: Signal) -> ReportedSignal:
    return ReportedSignal(
        kind=signal.kind,
        at_ms=signal.at_ms,
        event_indices=tuple(evidence.event_index for evidence in signal.evidence),
        reason=signal.reason,
    )


def _document(profile: Profile) -> ProfileDocument:
    parameters = tuple(
        ParameterDocument(
            name=each.name,
            value=getattr(profile.parameters, each.name),
            unit=each.metadata["unit"],
            reason=each.metadata["reason"],
        )
        for each in fields(profile.parameters)
    )
    return ProfileDocument(
        name=profile.name,
        description=profile.description,
        kinds=profile.kinds,
        parameters=parameters,
        weights={kind: profile.weights[kind] for kind in profile.kinds},
    )
