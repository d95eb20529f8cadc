"""Where Temporal is, for those who start workflows and those who run them."""

from pydantic import BaseModel, ConfigDict, Field


class WorkflowSettings(BaseModel):
    """Where Temporal is, and the queue that analyses wait in."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    address: str = "127.0.0.1:7233"
    namespace: str = "default"
    task_queue: str = "traceflow-analysis"
    call_timeout_s: float = Field(default=5.0, gt=0)
