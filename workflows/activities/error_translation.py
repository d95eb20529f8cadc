"""An interceptor that turns TraceFlow's errors into Temporal's where they leave an activity."""

from typing import Any

from temporalio.worker import ActivityInboundInterceptor, ExecuteActivityInput, Interceptor

from traceflow.models.errors import TraceFlowError
from traceflow.workflows.activities.errors import to_application_error


class ErrorTranslation(Interceptor):
    """Covers every activity of a worker, so that none can forget it."""

    def intercept_activity(self, next: ActivityInboundInterceptor) -> ActivityInboundInterceptor:  # noqa: A002 - Temporal's name
        return _TranslatedErrors(super().intercept_activity(next))


class _TranslatedErrors(ActivityInboundInterceptor):
    async def execute_activity(self, input: ExecuteActivityInput) -> Any:  # noqa: A002 - Temporal's name
        try:
            return await super().execute_activity(input)
        except TraceFlowError as error:
            raise to_application_error(error) from error
