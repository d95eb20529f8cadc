import json
from pathlib import Path

import pytest
from pydantic import BaseModel, SecretStr, ValidationError

from traceflow.actors.session_processor.settings import ProcessorSettings
from traceflow.cluster.cli.up import read_settings
from traceflow.cluster.settings import Settings, StackSettings
from traceflow.datasets.archive.settings import ArchiveSettings
from traceflow.datasets.store.settings import StoreSettings
from traceflow.datasets.streams.redis_connection import StreamSettings
from traceflow.models.errors import Misconfigured
from traceflow.serve.api.settings import DashboardSettings
from traceflow.serve.ingest.settings import IngestSettings
from traceflow.serve.neurorouter.settings import LlmSettings
from traceflow.workflows.settings import WorkflowSettings


@pytest.fixture
def resolved() -> StackSettings:
    return StackSettings(
        store=StoreSettings(
            url=SecretStr("postgresql://app:a@h/d"), owner_url=SecretStr("postgresql://o:b@h/d")
        ),
        stream=StreamSettings(url=SecretStr("redis://:c@h:1/0")),
        archive=ArchiveSettings(root=Path("/objects")),
        workflow=WorkflowSettings(),
        root_key_file=Path("/root.key"),
        ingest=IngestSettings(),
        processor=ProcessorSettings(),
        llm=LlmSettings(url="https://llm.example/v1", model="m", key=SecretStr("d")),
        dashboard=DashboardSettings(),
        http_port=8700,
        ray_temp_dir=Path("/tmp/tf"),
    )


def test_a_variable_names_a_section_and_a_field(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRACEFLOW_STREAM__URL", "redis://elsewhere:1234/0")

    settings = Settings()

    assert settings.stream is not None
    assert settings.stream.url.get_secret_value() == "redis://elsewhere:1234/0"


def test_without_variables_every_service_is_embedded() -> None:
    settings = Settings()

    assert settings.store is settings.stream is settings.workflow is settings.archive is None


def test_a_misspelled_field_stops_the_start_and_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRACEFLOW_PROCESSOR__FLUSH_AFTER", "1")

    with pytest.raises(Misconfigured, match="TRACEFLOW_PROCESSOR__FLUSH_AFTER"):
        read_settings()


@pytest.mark.parametrize("sources", ["x; script-src *", "'unsafe-inline'", "a  b", "a,b", "a\nb", " "])
def test_sources_of_a_replay_cannot_change_the_rest_of_the_policy(
    sources: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TRACEFLOW_DASHBOARD__REPLAY_SOURCES", sources)

    with pytest.raises(Misconfigured, match="TRACEFLOW_DASHBOARD__REPLAY_SOURCES"):
        read_settings()


@pytest.mark.parametrize("sources", ["", "*", "https://shop.example https://*.cdn.example:8443 blob:"])
def test_sources_of_a_replay_are_hosts_or_none(sources: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRACEFLOW_DASHBOARD__REPLAY_SOURCES", sources)

    assert read_settings().dashboard.replay_sources == sources


@pytest.mark.parametrize("variable", ["TRACEFLOW_STROE__URL", "TRACEFLOW_URL"])
def test_a_misspelled_section_stops_the_start_and_is_named(
    variable: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, "x")

    with pytest.raises(Misconfigured, match=variable):
        read_settings()


def test_the_marks_of_a_running_stack_are_no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRACEFLOW_STACK_ID", "0123abcd")
    monkeypatch.setenv("TRACEFLOW_STACK_COMPONENT", "ray")

    assert read_settings() == Settings()


@pytest.mark.parametrize("variable", ["TRACEFLOW_STREAM__SHARDS", "TRACEFLOW_WORKFLOW__CALL_TIMEOUT_S"])
def test_one_stray_variable_does_not_make_a_service_external(
    variable: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, "4")

    with pytest.raises(Misconfigured, match="without it, it is embedded"):
        read_settings()


def test_the_stack_file_reads_back_with_its_secrets(resolved: StackSettings) -> None:
    assert StackSettings.model_validate_json(resolved.revealed_json()) == resolved


def test_a_plain_dump_hides_what_the_stack_file_reveals(resolved: StackSettings) -> None:
    assert "postgresql://" not in resolved.model_dump_json()
    assert json.loads(resolved.revealed_json())["store"]["url"] == "postgresql://app:a@h/d"


def test_replicas_never_get_the_owner_of_the_tables(resolved: StackSettings) -> None:
    assert b"postgresql://o:b@h/d" not in resolved.without_owner().revealed_json()


def test_no_section_takes_what_it_does_not_know() -> None:
    with pytest.raises(ValidationError):
        LlmSettings.model_validate({"url": "http://h", "temperature": 1})


@pytest.mark.parametrize(
    "kind", [StreamSettings, ProcessorSettings, IngestSettings, LlmSettings, WorkflowSettings]
)
def test_each_section_refuses_a_misspelled_field(kind: type[BaseModel]) -> None:
    with pytest.raises(ValidationError, match="Extra inputs"):
        kind.model_validate({"shard": 1})


@pytest.mark.parametrize("retention", ["", "30 days", "../x", "a/b", "30d\n", ".hidden"])
def test_a_retention_that_no_object_can_be_named_by_stops_the_start(
    retention: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TRACEFLOW_PROCESSOR__RETENTION", retention)

    with pytest.raises(Misconfigured, match="TRACEFLOW_PROCESSOR__RETENTION"):
        read_settings()
