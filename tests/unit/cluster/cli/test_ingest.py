from pathlib import Path

import pytest

from traceflow.cluster.cli.ingest import SentRecording, cut_file, in_words
from traceflow.models.errors import RecordingInvalid


@pytest.mark.parametrize("name", ["a.json", "[bold]a[/].json", f"{'long' * 100}.json", "two\nlines.json"])
def test_a_sent_file_is_one_line_whatever_it_is_called(name: str) -> None:
    line = in_words(SentRecording(file=name, session_id="rec-1", segments=2, events=30))

    assert line.splitlines() == [line]
    assert line.startswith(name.partition("\n")[0])
    assert line.endswith(": session rec-1, 2 segments, 30 events")


def test_the_same_recording_is_the_same_session_whatever_it_is_called(tmp_path: Path) -> None:
    events = b'[{"type":4,"timestamp":1,"data":{}},{"type":3,"timestamp":2,"data":{}}]'
    (tmp_path / "a.json").write_bytes(events)
    (tmp_path / "b.json").write_bytes(b'{"events": ' + events + b"}")

    first, second = cut_file(tmp_path / "a.json"), cut_file(tmp_path / "b.json")

    assert first.session_id == second.session_id
    assert (first.events, second.events) == (2, 2)


def test_a_file_that_is_no_recording_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_bytes(b'[{"type":4}]')

    with pytest.raises(RecordingInvalid, match=r"a\.json: .*timestamp"):
        cut_file(tmp_path / "a.json")
