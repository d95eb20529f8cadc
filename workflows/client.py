"""The connection to Temporal, for those who start workflows and those who run them."""

import asyncio

from temporalio.client import Client

from traceflow.models.errors import WorkflowsUnavailable
from traceflow.workflows.codec import encrypted_converter
from traceflow.workflows.settings import WorkflowSettings


async def connect(settings: WorkflowSettings, *, payload_key: bytes) -> Client:
    """Connect within the time of one call; payloads are encrypted under ``payload_key`` (32 bytes).

    Raises WorkflowsUnavailable. A client belongs to the process that made it and reconnects by itself.
    """
    try:
        async with asyncio.timeout(settings.call_timeout_s):
            return await Client.connect(
                settings.address,
                namespace=settings.namespace,
                data_converter=encrypted_converter(payload_key),
            )
    except (RuntimeError, TimeoutError) as error:
        # RuntimeError is what the SDK's core raises for any failed connection.
        raise WorkflowsUnavailable("Temporal cannot be reached.", address=settings.address) from error
