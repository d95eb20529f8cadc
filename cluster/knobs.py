"""The knobs of deployments and actors: ``cluster/config/serve.<mode>.yaml``, checked when it is read."""

from importlib.resources import files

import yaml
from pydantic import BaseModel, ConfigDict, Field


class DeploymentKnobs(BaseModel):
    """One Serve deployment."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    num_replicas: int = Field(ge=1)
    num_cpus: float = Field(ge=0)
    max_ongoing_requests: int = Field(ge=1)
    max_queued_requests: int = Field(ge=-1)
    health_check_period_s: float = Field(gt=0)


class ActorKnobs(BaseModel):
    """One Ray actor."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    num_cpus: float = Field(ge=0)
    max_concurrency: int = Field(ge=2)


class Knobs(BaseModel):
    """All of a mode."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    deployments: dict[str, DeploymentKnobs]
    actors: dict[str, ActorKnobs]


def read_knobs(mode: str) -> Knobs:
    """Return the knobs of a mode."""
    content = files("traceflow.cluster.config").joinpath(f"serve.{mode}.yaml").read_text()
    return Knobs.model_validate(yaml.safe_load(content))
