"""The bundled visits to the demo shop, recorded by rrweb in a real browser (tools/record_demo)."""

import json
from importlib.resources import files

from traceflow.models.recording.recording_file import read_recording
from traceflow.models.recording.segmentation import CutSegment, cut_segments

STRUGGLE = "struggle"
CALM = "calm"


def load_visit(name: str, *, ends_at_ms: int) -> tuple[CutSegment, ...]:
    """Return a visit as segments, moved in time so that its last event happens at ``ends_at_ms``."""
    content = files("traceflow.cluster.demo").joinpath(f"{name}.json.gz").read_bytes()
    events = [json.loads(event) for event in read_recording(content)]
    shift_ms = ends_at_ms - max(event["timestamp"] for event in events)
    for event in events:
        event["timestamp"] += shift_ms
    return cut_segments([json.dumps(event, separators=(",", ":")).encode() for event in events])
