"""Sessions for the dashboard to show: many small ones, and some of a given size."""

import asyncio
import json
import time
from collections.abc import Iterator
from random import Random
from typing import Any

from traceflow.cluster.client.segment_sender import SegmentSender

Event = dict[str, Any]

_SENDERS = 16
_SEGMENT_BYTES = 1_500_000
_PAGES = ("", "products", "product", "basket", "checkout", "account", "help")
_WORDS = [
    "quiet",
    "river",
    "paper",
    "lamp",
    "stone",
    "window",
    "orchard",
    "copper",
    "bridge",
    "winter",
    "garden",
    "letter",
]
_SEED = 20417
_BODY = 5
_ROWS = 800
_FIRST_ADDED = 1_000_000
_NODES_PER_MUTATION = 8
MEBIBYTE = 2**20


async def send_small_sessions(url: str, key: str, *, count: int) -> None:
    """Send sessions of a minute each, the last of which ends now; every fifth one struggles."""
    rng = Random(_SEED)
    now_ms = time.time_ns() // 1_000_000
    sender = SegmentSender(url=url, key=key)
    gate = asyncio.Semaphore(_SENDERS)

    async def send(number: int) -> None:
        events = list(_small_session(rng, ends_at_ms=now_ms - number * 90_000, is_struggle=number % 5 == 0))
        document = _envelope(events, segment_id=0, final=True, visitor=f"visitor-{number % 300}")
        async with gate:
            await sender.send(f"bench-small-{number}", document)

    try:
        await asyncio.gather(*(send(number) for number in range(count)))
    finally:
        await sender.close()


async def send_large_session(url: str, key: str, *, mebibytes: int) -> str:
    """Send one session whose recording has about so many bytes; return its id."""
    session_id = f"bench-large-{mebibytes}"
    sender = SegmentSender(url=url, key=key)
    try:
        for number, (events, is_last) in enumerate(_cut(_large_session(mebibytes * MEBIBYTE))):
            document = _envelope(events, segment_id=number, final=is_last, visitor="visitor-large")
            await sender.send(session_id, document)
    finally:
        await sender.close()
    return session_id


def _envelope(events: list[Event], *, segment_id: int, final: bool, visitor: str) -> bytes:
    document = {
        "window_id": "w1",
        "segment_id": segment_id,
        "sent_at_ms": time.time_ns() // 1_000_000,
        "final": final,
        "sdk": {"name": "bench", "version": "1"},
        "visitor": {"anonymous_id": visitor},
        "events": events,
    }
    return json.dumps(document).encode()


def _small_session(rng: Random, *, ends_at_ms: int, is_struggle: bool) -> Iterator[Event]:
    at_ms = ends_at_ms - 60_000
    for page in rng.sample(_PAGES, 3):
        yield _meta(f"https://shop.example/{page}", at_ms)
        yield _snapshot(rng, rows=4, at_ms=at_ms + 5)
        for click in range(4 if is_struggle else 1):
            # So close together that they are a rage click.
            data = {"source": 2, "type": 2, "id": 11, "x": 80, "y": 120}
            yield {"type": 3, "data": data, "timestamp": at_ms + 2_000 + click * 150}
        at_ms += 20_000


def _large_session(size: int) -> Iterator[Event]:
    """Yield a page of about 4,000 nodes, and mutations until the bytes are reached, 40 ms apart."""
    rng = Random(_SEED)
    at_ms = time.time_ns() // 1_000_000 - 3_600_000
    yield _meta("https://shop.example/products", at_ms)
    snapshot = _snapshot(rng, rows=_ROWS, at_ms=at_ms)
    yield snapshot
    written, node_id = len(json.dumps(snapshot)), _FIRST_ADDED
    while written < size:
        at_ms += 40
        event = _mutation(rng, at_ms, node_id)
        node_id += _NODES_PER_MUTATION
        written += len(json.dumps(event))
        yield event


def _cut(events: Iterator[Event]) -> Iterator[tuple[list[Event], bool]]:
    part: list[Event] = []
    size = 0
    for event in events:
        if size > _SEGMENT_BYTES:
            yield part, False
            part, size = [], 0
        part.append(event)
        size += len(json.dumps(event))
    yield part, True


def _mutation(rng: Random, at_ms: int, node_id: int) -> Event:
    """Add four lines, take away the four of 25 mutations ago, and say something else somewhere."""
    lines = range(node_id, node_id + _NODES_PER_MUTATION, 2)
    adds = []
    for line in lines:
        adds.append({"parentId": _BODY, "nextId": None, "node": _element("p", {}, [], line)})
        adds.append({"parentId": line, "nextId": None, "node": _text(_sentence(rng), line + 1)})
    ago = 25 * _NODES_PER_MUTATION
    removes = [{"parentId": _BODY, "id": line - ago} for line in lines if line - ago >= _FIRST_ADDED]
    texts = [{"id": 12 + rng.randrange(_ROWS) * 5, "value": _sentence(rng)}]
    data = {"source": 0, "texts": texts, "attributes": [], "removes": removes, "adds": adds}
    return {"type": 3, "data": data, "timestamp": at_ms}


def _snapshot(rng: Random, *, rows: int, at_ms: int) -> Event:
    data = {"node": _document(rng, rows=rows), "initialOffset": {"left": 0, "top": 0}}
    return {"type": 2, "data": data, "timestamp": at_ms}


def _meta(href: str, at_ms: int) -> Event:
    return {"type": 4, "data": {"href": href, "width": 1280, "height": 800}, "timestamp": at_ms}


def _document(rng: Random, *, rows: int) -> Event:
    below: list[Event] = []
    for row in range(rows):
        base = 10 + row * 5
        title = _element("h3", {}, [_text(_sentence(rng), base + 2)], base + 1)
        words = _element("p", {}, [_text(_sentence(rng), base + 4)], base + 3)
        below.append(_element("article", {"class": "row", "data-row": str(row)}, [title, words], base))
    head = _element("head", {}, [], 4)
    root = _element("html", {"lang": "en"}, [head, _element("body", {}, below, _BODY)], 3)
    kind = {"type": 1, "name": "html", "publicId": "", "systemId": "", "id": 2}
    return {"type": 0, "childNodes": [kind, root], "id": 1}


def _element(tag: str, attributes: dict[str, str], children: list[Event], node_id: int) -> Event:
    return {"type": 2, "tagName": tag, "attributes": attributes, "childNodes": children, "id": node_id}


def _text(words: str, node_id: int) -> Event:
    return {"type": 3, "textContent": words, "id": node_id}


def _sentence(rng: Random) -> str:
    return " ".join(rng.choice(_WORDS) for _ in range(12))
