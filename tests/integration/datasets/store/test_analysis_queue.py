from dataclasses import replace
from typing import Any

import pytest

from traceflow.datasets.store.analysis_store import PostgresAnalysisStore
from traceflow.datasets.store.database import Database
from traceflow.datasets.store.flush_batch import SessionFlush
from traceflow.datasets.store.shard_store import ShardStore
from traceflow.models.session.key import SessionKey
from traceflow.models.session.session import AnalysisState, DueAnalysis, SessionRecord, SessionState

pytestmark = pytest.mark.integration


@pytest.fixture
async def due(database: Database, make: Any) -> SessionRecord:
    record = make.record("due", revision=1, state=SessionState.CLOSED, analysis=AnalysisState.DUE)
    calm = make.record("calm", revision=1, state=SessionState.CLOSED)
    await ShardStore(database).flush(make.batch(SessionFlush(record=record), SessionFlush(record=calm)))
    return record


async def due_of(database: Database, session: SessionKey) -> list[DueAnalysis]:
    everything = await PostgresAnalysisStore(database).due_analyses()
    return [one for one in everything if one.session.tenant_id == session.tenant_id]


async def test_a_close_that_is_worth_it_is_due_until_its_workflow_is_noted(
    database: Database, due: SessionRecord
) -> None:
    assert await due_of(database, due.session) == [DueAnalysis(session=due.session, revision=1)]

    await PostgresAnalysisStore(database).mark_analysis_started(due.session, revision=1, workflow_id="w/1")

    loaded = (await ShardStore(database).load_sessions([due.session]))[due.session]
    assert await due_of(database, due.session) == []
    assert (loaded.analysis, loaded.workflow_id) == (AnalysisState.STARTED, "w/1")


async def test_the_next_close_is_due_anew_and_an_older_workflow_does_not_take_it(
    database: Database, due: SessionRecord, make: Any
) -> None:
    store = PostgresAnalysisStore(database)
    await store.mark_analysis_started(due.session, revision=1, workflow_id="w/1")
    closed_again = SessionFlush(record=replace(due, revision=2))
    await ShardStore(database).flush(make.batch(closed_again, expected="1-1", last="1-2"))

    await store.mark_analysis_started(due.session, revision=1, workflow_id="w/1")

    loaded = (await ShardStore(database).load_sessions([due.session]))[due.session]
    assert await due_of(database, due.session) == [DueAnalysis(session=due.session, revision=2)]
    assert (loaded.analysis, loaded.workflow_id) == (AnalysisState.DUE, None)
