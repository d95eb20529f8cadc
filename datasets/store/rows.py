"""Records to rows and back: times, JSON, and text that PostgreSQL can keep."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, TypeAlias

from sqlalchemy import Row

from traceflow.datasets.store.bulk import bytea
from traceflow.models.detection.error_group import error_fingerprint
from traceflow.models.detection.frustration import Frustration, FrustrationPart
from traceflow.models.detection.place import NOWHERE, SignalPlace, page_group
from traceflow.models.detection.signal import Signal, SignalKind
from traceflow.models.enrichment.client import Client
from traceflow.models.evidence import Evidence
from traceflow.models.recording.index import SegmentIndexEntry
from traceflow.models.session.closing import CloseReason
from traceflow.models.session.facts import ErrorSeen, NotableEvent
from traceflow.models.session.key import SessionKey
from traceflow.models.session.session import (
    AnalysisState,
    SessionRecord,
    SessionState,
    StoredSignal,
    signal_id,
)
from traceflow.models.session.timeline_mark import TimelineMark
from traceflow.models.session.visitor import read_visitor

AnyRow: TypeAlias = Row[*tuple[Any, ...]]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
# A recorded page may hold both; PostgreSQL keeps neither in text or jsonb.
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


def at_ms(time_ms: int) -> datetime:
    """Return the aware time of so many milliseconds since 1970."""
    return _EPOCH + timedelta(milliseconds=time_ms)


def to_ms(time: datetime) -> int:
    """Return the whole milliseconds since 1970."""
    return (time - _EPOCH) // _MILLISECOND


def storable(text: str) -> str:
    """Replace what PostgreSQL's text cannot hold (NUL, lone surrogates) by U+FFFD."""
    return _UNSTORABLE.sub("\ufffd", text)


def is_storable(text: str) -> bool:
    """Tell whether PostgreSQL's text holds this as it is; a name that it cannot hold names nothing."""
    return _UNSTORABLE.search(text) is None


def key_columns(session: SessionKey) -> dict[str, Any]:
    """Return the three columns that every row of a session starts with."""
    return {
        "tenant_id": session.tenant_id,
        "project_id": session.project_id,
        "session_id": session.session_id,
    }


def key_of(row: AnyRow) -> SessionKey:
    """Read the three columns back."""
    return SessionKey(tenant_id=row.tenant_id, project_id=row.project_id, session_id=row.session_id)


def session_place(record: SessionRecord) -> dict[str, Any]:
    """Return the columns that name a session's rows in the partitioned tables."""
    return key_columns(record.session) | {"first_arrival": at_ms(record.first_arrival_ms)}


def session_row(record: SessionRecord) -> dict[str, Any]:
    """Return the columns of a session but for ``workflow_id``, which is the analysis's to write."""
    return key_columns(record.session) | {
        "state": record.state.value,
        "revision": record.revision,
        "started_at_ms": record.started_at_ms,
        "ended_at_ms": record.ended_at_ms,
        "first_arrival": at_ms(record.first_arrival_ms),
        "opened_at": at_ms(record.opened_at_ms),
        "last_arrival": at_ms(record.last_arrival_ms),
        "windows": record.windows,
        "events": record.events,
        "errors": record.errors,
        "frustration_score": record.frustration.score,
        "frustration_parts": [
            {"kind": part.kind.value, "count": part.count, "points": part.points}
            for part in record.frustration.parts
        ],
        # Without zeros: that a kind stands here means that the session has it.
        "signal_counts": {kind.value: count for kind, count in record.signal_counts.items() if count},
        "pages": [storable(page) for page in record.pages],
        "masked": _storable_counts(record.masked),
        "visitor": record.visitor.decode("utf-8", "replace").replace("\x00", "\ufffd"),
        "sdk": storable(record.sdk),
        "wrapped_key": bytea(record.wrapped_key),
        "sampling_probability": record.sampling_probability,
        "sampling_reason": record.sampling_reason,
        "close_reason": record.close_reason.value if record.close_reason else None,
        "closed_at": None if record.closed_at_ms is None else at_ms(record.closed_at_ms),
        "analysis": record.analysis.value if record.analysis else None,
        "timeline": [{"kind": mark.kind, "at_ms": mark.at_ms} for mark in record.timeline],
        **_client_columns(record.client),
        **_visitor_columns(record.visitor),
    }


def _client_columns(client: Client) -> dict[str, Any]:
    return {
        "device": _storable_or_none(client.device),
        "browser": _storable_or_none(client.browser),
        "os": _storable_or_none(client.os),
        "country": _storable_or_none(client.country),
        "release": _storable_or_none(client.release),
        "environment": _storable_or_none(client.environment),
    }


def _visitor_columns(content: bytes) -> dict[str, Any]:
    visitor = read_visitor(content)
    return {
        "anonymous_id": _storable_or_none(visitor.anonymous_id),
        "identified_id": _storable_or_none(visitor.identified_id),
        "traits": {storable(name): storable(value) for name, value in visitor.traits.items()},
    }


def session_record(row: AnyRow) -> SessionRecord:
    """Read a row of ``sessions``."""
    return SessionRecord(
        session=key_of(row),
        state=SessionState(row.state),
        revision=row.revision,
        started_at_ms=row.started_at_ms,
        ended_at_ms=row.ended_at_ms,
        first_arrival_ms=to_ms(row.first_arrival),
        opened_at_ms=to_ms(row.opened_at),
        last_arrival_ms=to_ms(row.last_arrival),
        windows=row.windows,
        events=row.events,
        errors=row.errors,
        frustration=Frustration(
            score=row.frustration_score,
            parts=tuple(
                FrustrationPart(kind=SignalKind(part["kind"]), count=part["count"], points=part["points"])
                for part in row.frustration_parts
            ),
        ),
        signal_counts={SignalKind(kind): count for kind, count in row.signal_counts.items()},
        pages=tuple(row.pages),
        masked=row.masked,
        visitor=row.visitor.encode(),
        sdk=row.sdk,
        wrapped_key=row.wrapped_key,
        sampling_probability=row.sampling_probability,
        sampling_reason=row.sampling_reason,
        close_reason=CloseReason(row.close_reason) if row.close_reason else None,
        closed_at_ms=None if row.closed_at is None else to_ms(row.closed_at),
        analysis=AnalysisState(row.analysis) if row.analysis else None,
        workflow_id=row.workflow_id,
        client=Client(
            device=row.device,
            browser=row.browser,
            os=row.os,
            country=row.country,
            release=row.release,
            environment=row.environment,
        ),
        timeline=tuple(TimelineMark(kind=mark["kind"], at_ms=mark["at_ms"]) for mark in row.timeline),
    )


def segment_row(session: SessionKey, entry: SegmentIndexEntry) -> dict[str, Any]:
    """Return the columns of a segment."""
    return key_columns(session) | {
        "window_id": entry.window_id,
        "segment_id": entry.segment_id,
        "content_hash": bytea(entry.content_hash),
        "events": entry.events,
        "min_timestamp_ms": entry.min_timestamp_ms,
        "max_timestamp_ms": entry.max_timestamp_ms,
        "is_final": entry.is_final,
        "received_at": at_ms(entry.received_at_ms),
        "stream_id": entry.stream_id,
        "object_key": entry.object_key,
        "block_offset": entry.block_offset,
        "block_length": entry.block_length,
        "frame_offset": entry.frame_offset,
        "frame_length": entry.frame_length,
        "has_full_snapshot": entry.has_full_snapshot,
    }


def segment_entry(row: AnyRow) -> SegmentIndexEntry:
    """Read a row of ``segments``."""
    return SegmentIndexEntry(
        window_id=row.window_id,
        segment_id=row.segment_id,
        content_hash=row.content_hash,
        events=row.events,
        min_timestamp_ms=row.min_timestamp_ms,
        max_timestamp_ms=row.max_timestamp_ms,
        is_final=row.is_final,
        received_at_ms=to_ms(row.received_at),
        stream_id=row.stream_id,
        object_key=row.object_key,
        block_offset=row.block_offset,
        block_length=row.block_length,
        frame_offset=row.frame_offset,
        frame_length=row.frame_length,
        has_full_snapshot=row.has_full_snapshot,
    )


def signal_row(
    record: SessionRecord, position: int, signal: Signal, place: SignalPlace = NOWHERE
) -> dict[str, Any]:
    """Return the columns of a session's signal; they are read back in the order of ``position``."""
    page = _storable_or_none(place.page)
    return session_place(record) | {
        "position": position,
        "signal_id": signal_id(record.session, signal),
        "kind": signal.kind.value,
        "at_ms": signal.at_ms,
        "reason": storable(signal.reason),
        "evidence": evidence_json(signal.evidence),
        "page": page,
        "page_group": page_group(page) if page is not None else None,
        "element": _storable_or_none(place.element),
        "x": place.x,
        "y": place.y,
        "viewport_width": place.viewport_width,
    }


def stored_signal(row: AnyRow) -> StoredSignal:
    """Read a row of ``signals``."""
    return StoredSignal(
        signal_id=row.signal_id,
        signal=Signal(
            kind=SignalKind(row.kind),
            at_ms=row.at_ms,
            reason=row.reason,
            evidence=evidence_tuple(row.evidence),
        ),
        place=SignalPlace(
            page=row.page, element=row.element, x=row.x, y=row.y, viewport_width=row.viewport_width
        ),
    )


def event_row(record: SessionRecord, event: NotableEvent) -> dict[str, Any]:
    """Return the columns of a notable event; an error's say what it is grouped by, too."""
    error = event if isinstance(event, ErrorSeen) else None
    return session_place(record) | {
        "window_id": event.evidence.window_id,
        "segment_id": event.evidence.segment_id,
        "event_index": event.evidence.event_index,
        "at_ms": event.evidence.at_ms,
        "kind": storable(event.kind),
        "name": storable(event.name),
        "fingerprint": error_fingerprint(error.error_name, error.message) if error else None,
        "error_name": storable(error.error_name) if error else None,
        "message": storable(error.message) if error else None,
    }


def notable_event(row: AnyRow) -> NotableEvent:
    """Read a row of ``events``."""
    return NotableEvent(
        kind=row.kind,
        name=row.name,
        evidence=Evidence(
            window_id=row.window_id,
            segment_id=row.segment_id,
            event_index=row.event_index,
            at_ms=row.at_ms,
        ),
    )


def evidence_json(evidence: tuple[Evidence, ...]) -> list[dict[str, Any]]:
    """Return evidence as it stands in jsonb columns."""
    return [
        {
            "window_id": one.window_id,
            "segment_id": one.segment_id,
            "event_index": one.event_index,
            "at_ms": one.at_ms,
        }
        for one in evidence
    ]


def evidence_tuple(items: list[dict[str, Any]]) -> tuple[Evidence, ...]:
    """Read evidence out of a jsonb column."""
    return tuple(Evidence(**item) for item in items)


def _storable_or_none(text: str | None) -> str | None:
    return None if text is None else storable(text)


def _storable_counts(counts: Mapping[str, int]) -> dict[str, int]:
    return {storable(name): count for name, count in counts.items()}
