"""``traceflow ingest FILE…``: send recordings made elsewhere."""

import asyncio
import hashlib
import json
import sys
import time
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape
from rich.progress import Progress

from traceflow.cluster.cli.console import DataDirOption, JsonOption, open_data_dir, progress
from traceflow.cluster.client.segment_sender import SegmentSender
from traceflow.cluster.embedded.stack_state import read_state, supervisor_of
from traceflow.cluster.stack_keys import key_of
from traceflow.models.envelope.depth import allow_deep_json
from traceflow.models.errors import Misconfigured, RecordingInvalid
from traceflow.models.recording.recording_file import read_recording
from traceflow.models.recording.segmentation import CutSegment, cut_segments

FilesArgument = Annotated[
    list[Path],
    typer.Argument(help="rrweb recordings: an array of events or {events: […]}, plain or gzipped."),
]


@dataclass(frozen=True, slots=True, kw_only=True)
class SentRecording:
    """What became of a file."""

    file: str
    session_id: str
    segments: int
    events: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CutRecording:
    """A file that is ready to be sent."""

    file: Path
    session_id: str
    segments: tuple[CutSegment, ...]
    events: int


def ingest(
    files: FilesArgument,
    data_dir: DataDirOption = None,
    as_json: JsonOption = False,
) -> None:
    """Send rrweb recordings, each as a session; sending a file again changes nothing."""
    place = open_data_dir(data_dir)
    allow_deep_json()
    recordings = [cut_file(file) for file in files]
    state = read_state(place)
    if state is None or supervisor_of(place) is None:
        raise Misconfigured(f"no stack runs in {place.path}: start it with `traceflow up --detach`")
    sent = asyncio.run(_send_all(recordings, url=state.url, key=key_of(place, "ingest_key")))
    for each in sent:
        sys.stdout.write((json.dumps(asdict(each)) if as_json else in_words(each)) + "\n")


def in_words(sent: SentRecording) -> str:
    """Tell on one line what became of a file, however long its name is and whatever stands in it."""
    name = sent.file.replace("\n", "\\n")
    return f"{name}: session {sent.session_id}, {sent.segments} segments, {sent.events} events"


def cut_file(file: Path) -> CutRecording:
    """Read and check a whole file before anything of it is sent; raises RecordingInvalid."""
    try:
        content = file.read_bytes()
    except OSError as error:
        raise RecordingInvalid(f"{file}: {error.strerror}") from error
    try:
        events = read_recording(content)
        segments = cut_segments(events)
    except RecordingInvalid as error:
        raise RecordingInvalid(f"{file}: {error.message}") from error
    # From the content, so that a file that is sent again, after a failure half way, is the same session.
    session_id = "rec-" + hashlib.sha256(b"\n".join(events)).hexdigest()[:24]
    return CutRecording(file=file, session_id=session_id, segments=segments, events=len(events))


async def _send_all(recordings: list[CutRecording], *, url: str, key: str) -> list[SentRecording]:
    sender = SegmentSender(url=url, key=key)
    sent = []
    with Progress(console=progress(), transient=True) as bar:
        try:
            for recording in recordings:
                task = bar.add_task(escape(str(recording.file)), total=len(recording.segments))
                for segment in recording.segments:
                    await sender.send(recording.session_id, segment_document(segment))
                    bar.advance(task)
                sent.append(
                    SentRecording(
                        file=str(recording.file),
                        session_id=recording.session_id,
                        segments=len(recording.segments),
                        events=recording.events,
                    )
                )
        finally:
            await sender.close()
    return sent


def segment_document(segment: CutSegment) -> bytes:
    """Return a segment's request body, as sent by this command."""
    sdk = json.dumps({"name": "traceflow-cli", "version": version("traceflow")}).encode()
    return segment.document(
        window_id=b'"w1"',
        sdk=sdk,
        visitor=b'{"anonymous_id":"recording"}',
        sent_at_ms=time.time_ns() // 1_000_000,
    )
