"""The route of the ledger: how a project's segments ended."""

from fastapi import APIRouter
from starlette.responses import Response

from traceflow.models.ports import LedgerReader, StreamGauge
from traceflow.serve.api.documents import LedgerDocument, ledger_document
from traceflow.serve.api.responses import JsonDocument
from traceflow.serve.api.sessions import Caller


class LedgerRoutes:
    """Hop 11. Counts by outcome and reason, and what is still on its way."""

    def __init__(self, ledger: LedgerReader, gauge: StreamGauge) -> None:
        self._ledger = ledger
        self._gauge = gauge

    def router(self) -> APIRouter:
        """Return the one route."""
        router = APIRouter(tags=["ledger"])
        router.add_api_route("/ledger", self.read_ledger, response_model=LedgerDocument)
        return router

    async def read_ledger(self, caller: Caller) -> Response:
        """Count the project's segments by outcome and reason."""
        in_flight = await self._gauge.in_flight(tenant_id=caller.tenant_id, project_id=caller.project_id)
        ledger = await self._ledger.ledger(tenant_id=caller.tenant_id, project_id=caller.project_id)
        return JsonDocument(ledger_document(ledger, in_flight=in_flight))
