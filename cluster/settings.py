"""All that an operator can set, from the environment: ``TRACEFLOW_STORE__URL`` is ``store.url``."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from traceflow.actors.session_processor.settings import ProcessorSettings
from traceflow.cluster.embedded.process import COMPONENT_VARIABLE, STACK_VARIABLE
from traceflow.datasets.archive.settings import ArchiveSettings
from traceflow.datasets.store.settings import StoreSettings
from traceflow.datasets.streams.redis_connection import StreamSettings
from traceflow.serve.api.settings import DashboardSettings
from traceflow.serve.ingest.settings import IngestSettings
from traceflow.serve.neurorouter.settings import LlmSettings
from traceflow.workflows.settings import WorkflowSettings

_PREFIX = "TRACEFLOW_"
# What marks the processes of a stack; a stack's own children carry them.
_MARKS = frozenset({STACK_VARIABLE, COMPONENT_VARIABLE})


class KeySettings(BaseModel):
    """Where the root key lies, which wraps every tenant's key: a file of 32 bytes, mode 0600."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    root_key_file: Path | None = None


class Settings(BaseSettings):
    """One process's settings; a section that is not given is embedded, or has its defaults.

    ``store``, ``stream``, ``archive`` and ``workflow`` each name an external service; where one is None
    the stack runs its own.
    """

    model_config = SettingsConfigDict(
        env_prefix=_PREFIX, env_nested_delimiter="__", frozen=True, extra="forbid"
    )

    mode: Literal["development"] = "development"
    store: StoreSettings | None = None
    stream: StreamSettings | None = None
    archive: ArchiveSettings | None = None
    workflow: WorkflowSettings | None = None
    keys: KeySettings = KeySettings()
    ingest: IngestSettings = IngestSettings()
    processor: ProcessorSettings = ProcessorSettings()
    llm: LlmSettings = LlmSettings()
    dashboard: DashboardSettings = DashboardSettings()

    @model_validator(mode="after")
    def _external_services_say_where_they_are(self) -> Self:
        # One stray variable must not turn an embedded service into one at some default address.
        for section, variable, place in (
            (self.stream, "TRACEFLOW_STREAM__URL", "url"),
            (self.workflow, "TRACEFLOW_WORKFLOW__ADDRESS", "address"),
        ):
            if section is not None and place not in section.model_fields_set:
                raise ValueError(f"set {variable} too for an external service; without it, it is embedded")
        return self


def unknown_variables(names: Iterable[str]) -> list[str]:
    """Return the variables that look like settings and name no section: a slip that would go unnoticed."""
    own = [name for name in names if name.startswith(_PREFIX) and name not in _MARKS]
    known = {f"{_PREFIX}{section.upper()}" for section in Settings.model_fields}
    return sorted(name for name in own if name.partition("__")[0] not in known)


class StackSettings(BaseModel):
    """What the Ray driver and its replicas run on: every section resolved, nothing left to choose."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    mode: Literal["development"] = "development"
    store: StoreSettings
    stream: StreamSettings
    archive: ArchiveSettings
    workflow: WorkflowSettings
    root_key_file: Path
    ingest: IngestSettings
    processor: ProcessorSettings
    llm: LlmSettings
    dashboard: DashboardSettings
    http_port: int = Field(ge=1, le=65535)
    ray_temp_dir: Path

    def without_owner(self) -> "StackSettings":
        """Return the settings as replicas get them: only migrations and partitions need the owner."""
        return self.model_copy(update={"store": self.store.model_copy(update={"owner_url": None})})

    def revealed_json(self) -> bytes:
        """Return the settings with their secrets in clear, for a file that only its owner reads."""
        return json.dumps(self.model_dump(), default=_revealed).encode()


def _revealed(value: object) -> str:
    return value.get_secret_value() if isinstance(value, SecretStr) else str(value)
