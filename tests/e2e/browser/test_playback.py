import gzip
import json
from collections.abc import Iterator, Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser
from tools.record_pages.end_state import count_nodes
from tools.record_pages.replayed import Replay, replay
from tools.record_pages.site import Site, open_site

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(600)]

DEMO = Path(str(files("traceflow.cluster.demo")))
SHOP = "https://shop.example/"
BUNDLED = ("struggle", "calm")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with open_site(tmp_path_factory.mktemp("empty")) as started:
        yield started


@pytest.fixture(scope="module")
def stored(stack: Any, tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, bytes]:
    """The bundled recordings as they come out of the stack: redacted."""
    folder = tmp_path_factory.mktemp("bundled")
    recordings = {}
    for name in BUNDLED:
        (folder / f"{name}.json").write_text(json.dumps({"events": bundled(name)}))
        told = stack.run("ingest", str(folder / f"{name}.json"), "--json")
        assert told.returncode == 0, told.stderr
        session_id = json.loads(told.stdout)["session_id"]
        stack.await_session(session_id)
        recordings[name] = b"\n".join(stack.recording_lines(session_id))
    return recordings


@pytest.mark.parametrize("name", BUNDLED)
def test_a_bundled_recording_plays_without_a_console_error(name: str, browser: Browser, site: Site) -> None:
    events = bundled(name)
    recording = b"\n".join(json.dumps(event).encode() for event in events)

    played = replay(browser, site, name=name, recording=recording, base=SHOP, answers=DEMO / "shop")

    assert_played(played, events=len(events))


@pytest.mark.parametrize("name", BUNDLED)
def test_a_redacted_recording_plays_without_a_console_error(
    name: str, browser: Browser, site: Site, stored: Mapping[str, bytes]
) -> None:
    played = replay(browser, site, name=name, recording=stored[name], base=SHOP, answers=DEMO / "shop")

    assert_played(played, events=len(bundled(name)))


def assert_played(played: Replay, *, events: int) -> None:
    assert played.errors == ()
    assert played.events == events
    assert count_nodes(played.end_state) > 20


def bundled(name: str) -> list[dict[str, Any]]:
    packed = (DEMO / f"{name}.json.gz").read_bytes()
    return list(json.loads(gzip.decompress(packed))["events"])


def test_every_bundled_recording_is_played() -> None:
    assert {file.name for file in DEMO.glob("*.json.gz")} == {f"{name}.json.gz" for name in BUNDLED}
