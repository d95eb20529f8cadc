import uuid
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from traceflow.datasets.store.database import Database
from traceflow.datasets.store.flush_batch import FlushBatch, SessionFlush
from traceflow.datasets.store.key_store import KeyStore
from traceflow.datasets.store.settings import StoreSettings
from traceflow.models.access.scope import Scope
from traceflow.models.detection.frustration import Frustration, FrustrationPart
from traceflow.models.detection.signal import Signal, SignalKind
from traceflow.models.evidence import Evidence
from traceflow.models.recording.index import SegmentIndexEntry
from traceflow.models.session.facts import NotableEvent
from traceflow.models.session.key import SessionKey
from traceflow.models.session.session import SessionRecord, SessionState


@pytest.fixture
async def database(store_settings: StoreSettings) -> AsyncIterator[Database]:
    opened = Database(store_settings)
    yield opened
    await opened.close()


@pytest.fixture
async def tenant_id(database: Database) -> str:
    name = f"t-{uuid.uuid4().hex[:10]}"
    await KeyStore(database).create_key(
        tenant_id=name, project_id="shop", scope=Scope.READ, now=datetime.now(UTC)
    )
    return name


@pytest.fixture
def key_for(tenant_id: str) -> Callable[[str], SessionKey]:
    return lambda session_id: SessionKey(tenant_id=tenant_id, project_id="shop", session_id=session_id)


@pytest.fixture
def arrival_ms() -> int:
    return int(datetime.now(UTC).timestamp() * 1000)


@pytest.fixture
def make_record(key_for: Callable[[str], SessionKey], arrival_ms: int) -> Callable[..., SessionRecord]:
    def make(session_id: str = "s-1", **changes: Any) -> SessionRecord:
        record = SessionRecord(
            session=key_for(session_id),
            state=SessionState.OPEN,
            revision=0,
            started_at_ms=1_000,
            ended_at_ms=9_000,
            first_arrival_ms=arrival_ms,
            opened_at_ms=arrival_ms,
            last_arrival_ms=arrival_ms + 5,
            windows=1,
            events=50,
            errors=1,
            frustration=Frustration(
                score=35.0, parts=(FrustrationPart(kind=SignalKind.RAGE_CLICK, count=1, points=35.0),)
            ),
            signal_counts={SignalKind.RAGE_CLICK: 1},
            pages=("https://shop.example/", "https://shop.example/cart?step=2"),
            masked={"EMAIL": 2},
            visitor=b'{"anonymous_id":"a-1","traits":{"n":1}}',
            sdk="web/1.0.0",
            wrapped_key=b"\x00\x01wrapped",
            sampling_probability=1.0,
            sampling_reason="everything",
        )
        return replace(record, **changes)

    return make


@pytest.fixture
def make_entry(arrival_ms: int) -> Callable[..., SegmentIndexEntry]:
    def make(segment_id: int = 0, window_id: str = "w1", **changes: Any) -> SegmentIndexEntry:
        entry = SegmentIndexEntry(
            window_id=window_id,
            segment_id=segment_id,
            content_hash=bytes([segment_id % 256]) * 16,
            events=50,
            min_timestamp_ms=1_000 + segment_id,
            max_timestamp_ms=2_000 + segment_id,
            is_final=False,
            received_at_ms=arrival_ms,
            stream_id=f"{arrival_ms}-{segment_id}",
            object_key="recordings/30d/2026-01-02/b.blocks",
            block_offset=0,
            block_length=1_000,
            frame_offset=segment_id * 10,
            frame_length=10,
            has_full_snapshot=segment_id == 0,
        )
        return replace(entry, **changes)

    return make


@pytest.fixture
def make_signal() -> Callable[..., Signal]:
    def make(at_ms: int = 2_000, kind: SignalKind = SignalKind.RAGE_CLICK) -> Signal:
        first = Evidence(window_id="w1", segment_id=0, event_index=3, at_ms=at_ms - 10)
        last = Evidence(window_id="w1", segment_id=0, event_index=4, at_ms=at_ms)
        return Signal(kind=kind, at_ms=at_ms, reason="3 clicks within 600 ms", evidence=(first, last))

    return make


@pytest.fixture
def make_event() -> Callable[..., NotableEvent]:
    def make(
        event_index: int = 0, kind: str = "page_view", name: str = "https://shop.example/"
    ) -> NotableEvent:
        place = Evidence(window_id="w1", segment_id=0, event_index=event_index, at_ms=1_000 + event_index)
        return NotableEvent(kind=kind, name=name, evidence=place)

    return make


@pytest.fixture
def make_batch() -> Callable[..., FlushBatch]:
    generation = uuid.uuid4().hex

    def make(
        *sessions: SessionFlush, expected: str | None = None, last: str = "1-1", **more: Any
    ) -> FlushBatch:
        return FlushBatch(
            shard=0,
            generation=generation,
            expected_last_id=expected,
            last_id=last,
            sessions=sessions,
            **more,
        )

    return make
