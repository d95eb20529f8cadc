"""What the web side promises, and whether the figures keep it."""

from collections.abc import Mapping
from typing import Any

from benchmarks.figures import Bound

_SDK_GZIP_BYTES = 40 * 1024
_INTERACTIVE_MS = 1_000
_FIRST_FRAME_MS = 500
# Web Vitals' bound of a good layout shift.
_LAYOUT_SHIFT = 0.1


def promises_of(document: Mapping[str, Any], *, list_path: str) -> list[Bound]:
    """Return the promises with what was measured."""
    listed = document["dashboard"][list_path]
    frame = document["first_frame"]["10"]
    return [
        Bound(
            name="SDK, what a page loads, gzip bytes",
            measured=document["sizes"]["sdk_loaded_gzip"],
            at_most=_SDK_GZIP_BYTES,
        ),
        Bound(
            name=f"list of {document['sessions']} sessions interactive, ms",
            measured=listed["interactive_ms"],
            at_most=_INTERACTIVE_MS,
        ),
        Bound(name="list, layout shift", measured=listed["cumulative_layout_shift"], at_most=_LAYOUT_SHIFT),
        Bound(
            name="first frame of 10 MiB from the list, ms",
            measured=frame["from_list_ms"],
            at_most=_FIRST_FRAME_MS,
        ),
    ]
