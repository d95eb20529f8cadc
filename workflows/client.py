"""The connection to Temporal, for those who start workflows and those who run them."""

import asyncio

from pydantic import BaseModel, ConfigDict, Field
from temporalio.client import Client

from traceflow.models.errors import WorkflowsUnavailable
from traceflow.workflows.codec import encrypted_converter


class WorkflowSettings(BaseModel):
    """Where Temporal is, and the queue that analyses wait in."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    address: str = "127.0.0.1:7233"
    namespace: str = "default"
    task_queue: str = "traceflow-analysis"
    call_timeout_s: float = Field(default=5.0, gt=0)


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
