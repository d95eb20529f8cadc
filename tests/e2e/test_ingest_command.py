import gzip
import json
import os
import pty
import subprocess
import sys
from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(600)]

Event = dict[str, Any]
START_MS = 1_700_000_000_000


def elsewhere(tag: str) -> list[Event]:
    """Make a recording without personal data, in which every test's is another."""
    return [
        {"type": 4, "timestamp": START_MS, "data": {"href": f"https://{tag}.example/", "width": 9}},
        {"type": 2, "timestamp": START_MS + 5, "data": {"node": {"type": 0, "childNodes": [], "id": 1}}},
        # Recorders write events late: the file's order is kept, not the clock's.
        {"type": 3, "timestamp": START_MS + 900, "data": {"source": 1, "positions": [{"x": 1, "y": 2}]}},
        {"type": 3, "timestamp": START_MS + 700.25, "data": {"source": 3, "id": 1, "x": 0, "y": 10}},
        {"type": 77, "timestamp": START_MS + 60_000, "data": None, "more": {"é": ["ü", 1e-7, -0.0]}},
        {
            "type": 3,
            "timestamp": START_MS + 60_001,
            "data": {"source": 2, "type": 2, "id": 1},
            "window_id": "x",
        },
    ]


def as_array(events: Sequence[Event]) -> bytes:
    return json.dumps(events, ensure_ascii=False, indent=1).encode()


def as_object(events: Sequence[Event]) -> bytes:
    return json.dumps({"recorder": "theirs", "events": events}).encode()


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("array.json", as_array(elsewhere("array"))),
        ("object.json", as_object(elsewhere("object"))),
        ("array.json.gz", gzip.compress(as_array(elsewhere("array-gz")))),
        ("packed-without-saying-so.json", gzip.compress(as_object(elsewhere("object-gz")))),
    ],
)
def test_a_recording_made_elsewhere_comes_back_event_for_event(
    stack: Any, tmp_path: Path, name: str, content: bytes
) -> None:
    file = tmp_path / name
    file.write_bytes(content)

    sent = stack.run("ingest", str(file), "--json")
    said = json.loads(sent.stdout)
    session = stack.await_session(said["session_id"], timeout_s=10)

    document = json.loads(gzip.decompress(content) if content[:2] == b"\x1f\x8b" else content)
    events = document if isinstance(document, list) else document["events"]
    assert sent.returncode == 0
    assert said == {"file": str(file), "session_id": said["session_id"], "segments": 3, "events": 6}
    assert session["events"] == 6
    assert session["started_at_ms"] == START_MS
    listed = stack.document("/sessions?limit=200")["items"]
    assert said["session_id"] in {each["session_id"] for each in listed}
    recorded = stack.recording(said["session_id"])
    assert [bare(event) for event in recorded] == [bare(event) for event in events]
    assert [event["segment_id"] for event in recorded] == [0, 0, 1, 1, 2, 2]
    assert {event["window_id"] for event in recorded} == {"w1"}


def test_only_what_was_masked_differs_from_the_file(stack: Any, tmp_path: Path) -> None:
    content = files("traceflow.cluster.demo").joinpath("calm.json.gz").read_bytes()
    file = tmp_path / "calm.json.gz"
    file.write_bytes(content)

    said = json.loads(stack.run("ingest", str(file), "--json").stdout)
    session = stack.await_session(said["session_id"])
    recorded = stack.recording(said["session_id"])

    events = json.loads(gzip.decompress(content))["events"]
    changes = [
        change
        for sent, stored in zip(events, recorded, strict=True)
        for change in differences(bare(sent), bare(stored))
    ]
    assert changes
    assert sum(session["masked"].values()) >= len(changes)
    for sent, stored in changes:
        assert isinstance(sent, str)
        assert isinstance(stored, str)
        assert "[" in stored or set(stored) <= {"*"}, stored


def test_several_files_are_a_line_each_and_nothing_else(stack: Any, tmp_path: Path) -> None:
    paths = []
    for number in range(3):
        paths.append(tmp_path / f"{number}.json")
        paths[-1].write_bytes(as_array(elsewhere(f"many-{number}")))

    as_documents = stack.run("ingest", *map(str, paths), "--json")
    in_words = stack.run("ingest", *map(str, paths))

    lines = [json.loads(line) for line in as_documents.stdout.splitlines()]
    assert [line["file"] for line in lines] == [str(path) for path in paths]
    assert all(set(line) == {"file", "session_id", "segments", "events"} for line in lines)
    assert [line["session_id"] in in_words.stdout for line in lines] == [True] * 3


def test_the_same_file_again_changes_nothing(stack: Any, tmp_path: Path) -> None:
    file = tmp_path / "again.json"
    file.write_bytes(as_array(elsewhere("again")))

    first = stack.run("ingest", str(file), "--json")
    session = stack.await_session(json.loads(first.stdout)["session_id"])
    again = stack.run("ingest", str(file), "--json")

    assert again.returncode == 0
    assert again.stdout == first.stdout
    assert stack.session(session["session_id"])["events"] == session["events"]


def test_progress_is_shown_on_a_terminal_and_the_result_alone_goes_to_stdout(
    stack: Any, tmp_path: Path
) -> None:
    file = tmp_path / "shown.json"
    file.write_bytes(as_array(elsewhere("shown")))
    ours, theirs = pty.openpty()
    command = ["ingest", "--data-dir", str(stack.data_dir), "--json", str(file)]

    process = subprocess.Popen(
        [sys.executable, "-m", "traceflow.cluster.cli.main", *command],
        stdout=subprocess.PIPE,
        stderr=theirs,
        env={**stack.environment, "TERM": "xterm", "COLUMNS": "200"},
        cwd="/",
    )
    os.close(theirs)
    shown = read_terminal(ours)
    stdout, _ = process.communicate(timeout=60)

    assert process.returncode == 0
    assert "shown.json" in shown
    assert "100%" in shown
    assert json.loads(stdout)["file"] == str(file)


# More of them, with every message, are in tests/unit/models/recording/test_recording_file.py.
BROKEN: list[tuple[str, bytes, str]] = [
    ("empty", b"", "empty"),
    ("cut off", as_array(elsewhere("cut"))[:-40], "line"),
    ("no json", b"type,timestamp\n4,1", "array"),
    ("an object without events", b'{"event": []}', "events"),
    ("no events", b"[]", "no events"),
    ("a number among events", b'[{"type":4,"timestamp":1},7]', "events[1]"),
    ("an event without a time", b'[{"type":4,"timestamp":1},{"type":3}]', "events[1]"),
    ("a time in words", b'[{"type":4,"timestamp":"now"}]', "events[0].timestamp"),
    ("NaN", b'[{"type":4,"timestamp":1,"data":NaN}]', "line 1"),
    ("invalid utf-8", b'[{"type":4,"timestamp":1,"data":"\xff"}]', "UTF-8"),
    ("nested too deep", b'[{"type":4,"timestamp":1,"data":' + b"[" * 2000 + b"]" * 2000 + b"}]", "nested"),
    ("gzip cut off", gzip.compress(as_array(elsewhere("gz")))[:-9], "gzip"),
]


def snapshot(stack: Any, toolbox: Any) -> tuple[Any, Any]:
    def settled() -> Any:
        ledger = stack.document("/ledger")
        return ledger if ledger["in_flight"] == 0 else None

    ledger = toolbox.eventually(settled, timeout_s=20)
    sessions = stack.document("/sessions?limit=200")["items"]
    return ledger, {each["session_id"]: each["events"] for each in sessions}


@pytest.mark.parametrize(("content", "said"), [case[1:] for case in BROKEN], ids=[case[0] for case in BROKEN])
def test_a_broken_file_is_one_clear_line_and_changes_nothing(
    stack: Any, toolbox: Any, tmp_path: Path, content: bytes, said: str
) -> None:
    before = snapshot(stack, toolbox)
    file = tmp_path / "broken.json"
    file.write_bytes(content)

    refused = stack.run("ingest", str(file), "--json")

    assert_refused(refused, file, said)
    assert snapshot(stack, toolbox) == before


@pytest.mark.parametrize("kind", ["missing", "directory"])
def test_a_file_that_is_none_is_one_clear_line(stack: Any, tmp_path: Path, kind: str) -> None:
    place = tmp_path / kind
    if kind == "directory":
        place.mkdir()

    assert_refused(stack.run("ingest", str(place)), place, "irectory")


def test_one_broken_file_among_good_ones_sends_none(stack: Any, toolbox: Any, tmp_path: Path) -> None:
    good, broken = tmp_path / "good.json", tmp_path / "broken.json"
    good.write_bytes(as_array(elsewhere("never-sent")))
    broken.write_bytes(b"[1]")
    before = snapshot(stack, toolbox)

    refused = stack.run("ingest", str(good), str(broken), "--json")

    assert_refused(refused, broken, "events[0]")
    assert snapshot(stack, toolbox) == before


@pytest.mark.parametrize("arguments", [(), ("--nonsense", "x.json"), ("--json",)])
def test_wrong_use_is_exit_code_2(stack: Any, arguments: tuple[str, ...]) -> None:
    refused = stack.run("ingest", *arguments)

    assert refused.returncode == 2
    assert refused.stdout == ""
    assert "Traceback" not in refused.stderr


def test_without_a_stack_it_says_how_to_start_one(toolbox: Any, environment: Any, tmp_path: Path) -> None:
    file = tmp_path / "good.json"
    file.write_bytes(as_array(elsewhere("nowhere")))

    refused = toolbox.run_cli(
        "ingest", str(file), data_dir=tmp_path / "none", environment=environment, timeout_s=60
    )

    assert refused.returncode == 1
    assert "traceflow up" in refused.stderr
    assert not (tmp_path / "none").exists()


def assert_refused(refused: "subprocess.CompletedProcess[str]", file: Path, said: str) -> None:
    assert refused.returncode == 1, refused
    assert refused.stdout == ""
    assert len(refused.stderr.splitlines()) == 1, refused.stderr
    assert f"{file}: " in refused.stderr
    assert said in refused.stderr


def bare(event: Event) -> Event:
    return {name: value for name, value in event.items() if name not in {"window_id", "segment_id"}}


def differences(sent: Any, stored: Any) -> list[tuple[Any, Any]]:
    if isinstance(sent, dict) and isinstance(stored, dict) and len(sent) == len(stored):
        keys = [pair for pair in zip(sent, stored, strict=True) if pair[0] != pair[1]]
        values = zip(sent.values(), stored.values(), strict=True)
        return keys + [change for pair in values for change in differences(*pair)]
    if isinstance(sent, list) and isinstance(stored, list) and len(sent) == len(stored):
        return [change for pair in zip(sent, stored, strict=True) for change in differences(*pair)]
    return [] if sent == stored else [(sent, stored)]


def read_terminal(descriptor: int) -> str:
    shown = b""
    while True:
        try:
            piece = os.read(descriptor, 4096)
        except OSError:  # the other side is closed
            break
        if not piece:
            break
        shown += piece
    os.close(descriptor)
    return shown.decode(errors="replace")
