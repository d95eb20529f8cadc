import sys
from pathlib import Path

import pytest

from traceflow.cluster.embedded.command_component import CommandComponent, CommandShape
from traceflow.cluster.embedded.process import Command
from traceflow.models.errors import Unavailable

pytestmark = pytest.mark.integration

# Ends at its first start and stays at its second.
FLAKY = """
import pathlib, sys, time
tried = pathlib.Path(sys.argv[1])
if not tried.exists():
    tried.touch()
    sys.exit(3)
tried.with_name("up").touch()
time.sleep(60)
"""


def flaky(place: Path, *, attempts: int) -> CommandComponent:
    async def answers() -> bool:
        return (place / "up").exists()

    return CommandComponent(
        stack_id=f"test-{place.name}",
        shape=CommandShape(
            name="flaky",
            version="1",
            port=None,
            start_timeout_s=20.0,
            answers=answers,
            start_attempts=attempts,
        ),
        command=Command(
            argv=(sys.executable, "-c", FLAKY, str(place / "tried")), cwd=place, log=place / "log"
        ),
    )


async def test_a_start_that_fails_is_tried_as_often_as_was_said(tmp_path: Path) -> None:
    component = flaky(tmp_path, attempts=2)

    await component.start()

    assert component.pid is not None
    await component.stop()
    assert component.pid is None


async def test_the_last_failure_is_raised(tmp_path: Path) -> None:
    component = flaky(tmp_path, attempts=1)

    with pytest.raises(Unavailable, match="flaky ended while starting"):
        await component.start()
