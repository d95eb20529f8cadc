from pathlib import Path

import pytest
from pydantic import SecretStr

from traceflow.cluster.checks import check_external, check_running, check_secrets
from traceflow.cluster.embedded.data_dir import DataDir
from traceflow.cluster.embedded.secret_files import write_secret
from traceflow.cluster.settings import Settings
from traceflow.datasets.store.settings import StoreSettings
from traceflow.datasets.streams.redis_connection import StreamSettings
from traceflow.workflows.settings import WorkflowSettings

# Nothing listens on port 1 of loopback.
NOWHERE = "127.0.0.1:1"


async def test_external_services_that_do_not_answer_are_named_with_their_variable() -> None:
    settings = Settings(
        store=StoreSettings(url=SecretStr(f"postgresql://app:secret@{NOWHERE}/traceflow")),
        stream=StreamSettings(url=SecretStr(f"redis://:secret@{NOWHERE}/0")),
        workflow=WorkflowSettings(address=NOWHERE),
    )

    checks = await check_external(settings)

    assert [check.is_ok for check in checks] == [False, False, False]
    assert [check.fix.split()[-1] for check in checks] == [
        "TRACEFLOW_STORE__URL",
        "TRACEFLOW_STREAM__URL",
        "TRACEFLOW_WORKFLOW__ADDRESS",
    ]
    assert not [check for check in checks if "secret" in check.detail + check.fix]


async def test_embedded_services_are_not_asked_as_external_ones() -> None:
    assert await check_external(Settings()) == []


def test_a_part_that_waits_is_not_well() -> None:
    checks = check_running([("redis", "running"), ("postgres", "external"), ("api", "starting")])

    assert [check.is_ok for check in checks] == [True, True, False]


@pytest.mark.parametrize(("mode", "is_ok"), [(0o600, True), (0o640, False), (0o604, False)])
def test_a_secret_that_others_can_read_is_named(tmp_path: Path, mode: int, is_ok: bool) -> None:
    place = DataDir(path=tmp_path)
    write_secret(place.root_key, bytes(32))
    place.root_key.chmod(mode)

    (check,) = check_secrets(place)

    assert (check.name, check.is_ok) == ("root.key", is_ok)
    assert str(place.root_key) in check.fix
