"""Hop 8. Starts analyses: the adapter of the port ``WorkflowStarter`` on Temporal."""

import asyncio
from datetime import timedelta

from temporalio.client import Client
from temporalio.common import WorkflowIDConflictPolicy, WorkflowIDReusePolicy
from temporalio.exceptions import WorkflowAlreadyStartedError
from temporalio.service import RPCError

from traceflow.models.errors import WorkflowsUnavailable
from traceflow.models.insight.finding import analysis_id
from traceflow.models.session.key import SessionKey
from traceflow.workflows.client import connect
from traceflow.workflows.definitions.retry import ANALYSIS
from traceflow.workflows.definitions.session_analysis import SessionAnalysisInput, SessionAnalysisWorkflow
from traceflow.workflows.settings import WorkflowSettings


class TemporalStarter:
    """Connects at the first start, so that a process comes up without Temporal.

    One revision is analysed once: starting it again, by a redelivery or by hand, gives the id of what
    runs or is done already. Only an analysis that failed is started anew.
    """

    def __init__(self, settings: WorkflowSettings, *, payload_key: bytes) -> None:
        self._settings = settings
        self._payload_key = payload_key
        self._client: Client | None = None
        self._connecting = asyncio.Lock()

    async def start_session_analysis(self, session: SessionKey, *, revision: int) -> str:
        client = await self._connected()
        workflow_id = analysis_id(session, revision=revision)
        analysis = SessionAnalysisInput(
            tenant_id=session.tenant_id,
            project_id=session.project_id,
            session_id=session.session_id,
            revision=revision,
        )
        try:
            async with asyncio.timeout(self._settings.call_timeout_s):
                await client.start_workflow(
                    SessionAnalysisWorkflow.run,
                    analysis,
                    id=workflow_id,
                    task_queue=self._settings.task_queue,
                    id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE_FAILED_ONLY,
                    retry_policy=ANALYSIS,
                    id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
                    rpc_timeout=timedelta(seconds=self._settings.call_timeout_s),
                )
        except WorkflowAlreadyStartedError:
            return workflow_id
        except (RPCError, TimeoutError) as error:
            raise WorkflowsUnavailable("Temporal did not confirm the start.") from error
        return workflow_id

    async def _connected(self) -> Client:
        async with self._connecting:
            if self._client is None:
                self._client = await connect(self._settings, payload_key=self._payload_key)
            return self._client
