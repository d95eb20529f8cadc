"""What is sent: segments of about 20 KB and 50 events, in the shapes and proportions that rrweb records.

Made from a seed, so that every run and every arm sends the same templates; none repeats another.
"""

import gzip
import json
from dataclasses import dataclass
from random import Random
from typing import Any

import zstandard

TEMPLATES = 32
EVENTS = 50
_STARTED_AT_MS = 1_764_000_000_000
_WORDS = (
    *("checkout", "cart", "price", "delivery", "order", "address", "button", "total", "article", "basket"),
    *("shipping", "review", "discount", "details", "quantity", "payment", "summary", "colour", "size"),
    *("catalogue", "continue", "remove", "product", "available", "stock"),
)
_TAGS = ("div", "span", "li", "p", "a", "button", "td", "label")

Event = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """The fields of a segment that do not differ between requests: its session's id makes it distinct."""

    document: bytes
    events: int


def templates(*, window_id: str) -> list[Segment]:
    """Return the templates; ``window_id`` chooses whether they are redacted (``redactor_by_window.py``)."""
    rng = Random(20_000)
    return [_segment(rng, number, window_id) for number in range(TEMPLATES)]


def compress(document: bytes, encoding: str) -> bytes:
    """Compress as an SDK does: gzip as browsers' CompressionStream, zstd at its default level."""
    if encoding == "gzip":
        return gzip.compress(document, compresslevel=6, mtime=0)
    return zstandard.ZstdCompressor(level=3).compress(document)


def _segment(rng: Random, number: int, window_id: str) -> Segment:
    at_ms = _STARTED_AT_MS + number * 5_000
    events = []
    for _ in range(EVENTS):
        at_ms += rng.randint(20, 180)
        make = rng.choices(_SHAPES, weights=_WEIGHTS)[0]
        events.append({"type": 3, "data": make(rng), "timestamp": at_ms})
    document = {
        "window_id": window_id,
        "segment_id": 0,
        "sent_at_ms": at_ms + 40,
        "final": False,
        "sdk": {"name": "web", "version": "1.0.0"},
        "visitor": {"anonymous_id": f"a-{rng.getrandbits(64):016x}", "identified_id": None, "traits": {}},
        "events": events,
    }
    return Segment(document=json.dumps(document, separators=(",", ":")).encode(), events=EVENTS)


def _mouse_move(rng: Random) -> Event:
    x, y = rng.randint(0, 1400), rng.randint(0, 900)
    positions = []
    for step in range(10):
        x, y = x + rng.randint(-30, 30), y + rng.randint(-20, 20)
        positions.append({"x": x, "y": y, "id": rng.randint(20, 900), "timeOffset": -50 * (9 - step)})
    return {"source": 1, "positions": positions}


def _mutation(rng: Random) -> Event:
    adds = [_added(rng) for _ in range(rng.randint(1, 3))]
    attributes = [
        {
            "id": rng.randint(20, 900),
            "attributes": {"class": _text(rng, 2), "style": f"top: {rng.random():.3f}px"},
        }
        for _ in range(rng.randint(0, 3))
    ]
    return {"source": 0, "texts": [], "attributes": attributes, "removes": [], "adds": adds}


def _added(rng: Random) -> Event:
    node_id = rng.randint(900, 90_000)
    node = {
        "type": 2,
        "tagName": rng.choice(_TAGS),
        "attributes": {
            "class": _text(rng, 2),
            "data-test": _text(rng, 1),
            "href": f"/{_text(rng, 1)}/{node_id}",
        },
        "childNodes": [{"type": 3, "textContent": _text(rng, rng.randint(3, 9)), "id": node_id + 1}],
        "id": node_id,
    }
    return {"parentId": rng.randint(20, 900), "nextId": None, "node": node}


def _interaction(rng: Random) -> Event:
    return {
        "source": 2,
        "type": rng.choice((0, 1, 2, 5, 6)),
        "id": rng.randint(20, 900),
        "x": rng.randint(0, 1400),
        "y": rng.randint(0, 900),
        "pointerType": 0,
    }


def _scroll(rng: Random) -> Event:
    return {"source": 3, "id": 1, "x": 0, "y": rng.randint(0, 5000)}


def _input(rng: Random) -> Event:
    return {"source": 5, "text": _text(rng, 2), "isChecked": False, "id": rng.randint(20, 900)}


def _text(rng: Random, words: int) -> str:
    return " ".join(rng.choices(_WORDS, k=words))


# The shares of the demo shop's recording, with more mutations, as pages of today have.
_SHAPES = (_mouse_move, _mutation, _interaction, _scroll, _input)
_WEIGHTS = (36, 27, 24, 9, 4)
