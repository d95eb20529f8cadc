import uuid
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from traceflow.datasets.store.analysis_store import PostgresAnalysisStore
from traceflow.datasets.store.database import Database
from traceflow.datasets.store.flush_batch import FlushBatch, SessionFlush
from traceflow.datasets.store.key_store import KeyStore
from traceflow.datasets.store.memory_analysis_store import MemoryAnalysisStore
from traceflow.datasets.store.shard_store import ShardStore
from traceflow.datasets.store.tables import USAGE
from traceflow.models.access.scope import Scope
from traceflow.models.detection.frustration import Frustration
from traceflow.models.detection.signal import Signal, SignalKind
from traceflow.models.errors import NotFound
from traceflow.models.evidence import Evidence
from traceflow.models.insight.finding import Finding, Insight
from traceflow.models.llm.completion import Task, Usage
from traceflow.models.llm.usage_record import UsageRecord
from traceflow.models.session.facts import NotableEvent, SessionFacts
from traceflow.models.session.key import SessionKey
from traceflow.models.session.session import SessionRecord, SessionState

Store = MemoryAnalysisStore | PostgresAnalysisStore

EVIDENCE = Evidence(window_id="w1", segment_id=0, event_index=4, at_ms=2_000)


@pytest.fixture
def facts() -> SessionFacts:
    return SessionFacts(
        session=SessionKey(tenant_id=f"t-{uuid.uuid4().hex[:10]}", project_id="shop", session_id="s-1"),
        revision=3,
        started_at_ms=1_000,
        ended_at_ms=9_000,
        events=50,
        errors=1,
        pages=("https://shop.example/",),
        frustration_score=35.0,
        masked={"EMAIL": 2},
        signals=(Signal(kind=SignalKind.RAGE_CLICK, at_ms=2_000, reason="3 clicks", evidence=(EVIDENCE,)),),
        notable_events=(NotableEvent(kind="error", name="boom", evidence=EVIDENCE),),
    )


@pytest.fixture(params=["memory", pytest.param("postgres", marks=pytest.mark.integration)])
def store(request: pytest.FixtureRequest, facts: SessionFacts) -> Store:
    if request.param == "memory":
        return MemoryAnalysisStore([facts])
    postgres: PostgresAnalysisStore = request.getfixturevalue("postgres_store")
    return postgres


@pytest.fixture
async def postgres_store(database: Database, facts: SessionFacts) -> PostgresAnalysisStore:
    await KeyStore(database).create_key(
        tenant_id=facts.session.tenant_id, project_id="shop", scope=Scope.READ, now=datetime.now(UTC)
    )
    await ShardStore(database).flush(stored_as(facts))
    return PostgresAnalysisStore(database)


def stored_as(facts: SessionFacts) -> FlushBatch:
    now_ms = int(datetime.now(UTC).timestamp() * 1000)
    record = SessionRecord(
        session=facts.session,
        state=SessionState.CLOSED,
        revision=3,
        started_at_ms=facts.started_at_ms,
        ended_at_ms=facts.ended_at_ms,
        first_arrival_ms=now_ms,
        opened_at_ms=now_ms,
        last_arrival_ms=now_ms,
        windows=1,
        events=facts.events,
        errors=facts.errors,
        frustration=Frustration(score=facts.frustration_score, parts=()),
        signal_counts={},
        pages=facts.pages,
        masked=facts.masked,
        visitor=b"null",
        sdk="web/1",
        wrapped_key=b"k",
        sampling_probability=1.0,
        sampling_reason="everything",
    )
    flush = SessionFlush(record=record, signals=facts.signals, notable_events=facts.notable_events)
    return FlushBatch(
        shard=0, generation=uuid.uuid4().hex, expected_last_id=None, last_id="1-1", sessions=(flush,)
    )


def insight(insight_id: str, summary: str = "A visitor struggled.") -> Insight:
    finding = Finding(kind="rage_click", text="Three clicks on pay.", evidence=(EVIDENCE,))
    return Insight(
        insight_id=insight_id,
        provider="rules",
        model="rules-1",
        summary=summary,
        findings=(finding,),
        rejected={"missing_event": 2},
    )


async def test_the_facts_of_a_session_carry_the_revision_that_was_asked_for(
    store: Store, facts: SessionFacts
) -> None:
    assert await store.session_facts(facts.session, revision=7) == replace(facts, revision=7)


async def test_an_unknown_session_has_neither_facts_nor_insights(store: Store, facts: SessionFacts) -> None:
    unknown = replace(facts.session, session_id="unknown")

    with pytest.raises(NotFound):
        await store.session_facts(unknown, revision=1)
    with pytest.raises(NotFound):
        await store.insights(unknown)


async def test_an_insight_stored_twice_stands_once_as_it_was_stored_last(
    store: Store, facts: SessionFacts
) -> None:
    await store.store_insight(facts.session, insight("i-1", "first"), revision=1)
    await store.store_insight(facts.session, insight("i-1", "last"), revision=1)

    assert await store.insights(facts.session) == (insight("i-1", "last"),)


async def test_the_insight_of_the_latest_revision_comes_first(store: Store, facts: SessionFacts) -> None:
    await store.store_insight(facts.session, insight("i-2"), revision=2)
    await store.store_insight(facts.session, insight("i-10"), revision=10)
    await store.store_insight(facts.session, insight("i-1"), revision=1)

    assert [one.insight_id for one in await store.insights(facts.session)] == ["i-10", "i-2", "i-1"]


async def test_a_usage_recorded_twice_counts_once(store: Store, facts: SessionFacts) -> None:
    first, second = (
        UsageRecord(
            usage_id=f"ask/{number}",
            session=facts.session,
            task=Task.SESSION_SUMMARY,
            provider="rules",
            model="rules-1",
            outcome="completed",
            usage=Usage(input_tokens=number, output_tokens=2, latency_ms=3),
        )
        for number in range(2)
    )

    await store.record_usage([first])
    await store.record_usage([first, second])

    assert await recorded(store, facts.session) == [("ask/0", 0), ("ask/1", 1)]


async def recorded(store: Store, session: SessionKey) -> list[tuple[str, int]]:
    if isinstance(store, MemoryAnalysisStore):
        return [(one.usage_id, one.usage.input_tokens) for one in store.usage]
    async with store._database.tenant_transaction(session.tenant_id) as connection:
        rows = (await connection.execute(USAGE.select().order_by(USAGE.c.usage_id))).all()
    return [(row.usage_id, row.input_tokens) for row in rows]
