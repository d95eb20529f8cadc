import uuid
from collections.abc import AsyncIterator
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


class Maker:
    """Makes what a flush holds; what a test does not name is ordinary."""

    def __init__(self, tenant_id: str, arrival_ms: int) -> None:
        self.tenant_id = tenant_id
        self.generation = uuid.uuid4().hex
        self._arrival_ms = arrival_ms

    def key(self, session_id: str = "s-1") -> SessionKey:
        return SessionKey(tenant_id=self.tenant_id, project_id="shop", session_id=session_id)

    def record(self, session_id: str = "s-1", **changes: Any) -> SessionRecord:
        record = SessionRecord(
            session=self.key(session_id),
            state=SessionState.OPEN,
            revision=0,
            started_at_ms=1_000,
            ended_at_ms=9_000,
            first_arrival_ms=self._arrival_ms,
            opened_at_ms=self._arrival_ms,
            last_arrival_ms=self._arrival_ms + 5,
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

    def entry(self, segment_id: int = 0, window_id: str = "w1", **changes: Any) -> SegmentIndexEntry:
        entry = SegmentIndexEntry(
            window_id=window_id,
            segment_id=segment_id,
            content_hash=bytes([segment_id % 256]) * 16,
            events=50,
            min_timestamp_ms=1_000 + segment_id,
            max_timestamp_ms=2_000 + segment_id,
            is_final=False,
            received_at_ms=self._arrival_ms,
            stream_id=f"{self._arrival_ms}-{segment_id}",
            object_key="recordings/30d/2026-01-02/b.blocks",
            block_offset=0,
            block_length=1_000,
            frame_offset=segment_id * 10,
            frame_length=10,
            has_full_snapshot=segment_id == 0,
        )
        return replace(entry, **changes)

    def signal(self, at_ms: int = 2_000, kind: SignalKind = SignalKind.RAGE_CLICK) -> Signal:
        first = Evidence(window_id="w1", segment_id=0, event_index=3, at_ms=at_ms - 10)
        last = Evidence(window_id="w1", segment_id=0, event_index=4, at_ms=at_ms)
        return Signal(kind=kind, at_ms=at_ms, reason="3 clicks within 600 ms", evidence=(first, last))

    def event(
        self, event_index: int = 0, kind: str = "page_view", name: str = "https://shop.example/"
    ) -> NotableEvent:
        place = Evidence(window_id="w1", segment_id=0, event_index=event_index, at_ms=1_000 + event_index)
        return NotableEvent(kind=kind, name=name, evidence=place)

    def batch(
        self, *sessions: SessionFlush, expected: str | None = None, last: str = "1-1", **more: Any
    ) -> FlushBatch:
        return FlushBatch(
            shard=0,
            generation=self.generation,
            expected_last_id=expected,
            last_id=last,
            sessions=sessions,
            **more,
        )


@pytest.fixture
def make(tenant_id: str) -> Maker:
    return Maker(tenant_id, int(datetime.now(UTC).timestamp() * 1000))
