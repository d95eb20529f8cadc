"""What each step of a segment costs by itself, in this process: the shares that an optimisation can win."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import replace
from statistics import median
from typing import TypeVar

from benchmarks.payload import compress, templates
from benchmarks.servers.redactor_by_window import RAW
from traceflow.cluster.settings import StackSettings
from traceflow.datasets.streams.redis_connection import connect
from traceflow.datasets.streams.redis_stream import RedisStream
from traceflow.models.envelope.body import MAX_DOCUMENT_BYTES, decompress
from traceflow.models.envelope.decode import content_hash, decode_segment
from traceflow.models.envelope.envelope import Envelope
from traceflow.models.envelope.opening import Arrival, open_envelope
from traceflow.models.redaction.redactor import PythonRedactor
from traceflow.models.session.key import SessionKey
from traceflow.models.wire.stream_entry import encode_entry

_ROUNDS = 7
_KEY = bytes(32)
_GROUP = 16
_GROUPS = 40

Item = TypeVar("Item")


async def step_costs_us(stand_settings: StackSettings) -> dict[str, float]:
    """Return the CPU µs of each step for one segment; Redis's is the client's, in groups of 16."""
    documents = [segment.document for segment in templates(window_id=RAW)]
    gzipped, zstded = ([compress(each, name) for each in documents] for name in ("gzip", "zstd"))
    envelopes = [_envelope(body) for body in gzipped]
    redactor = PythonRedactor()
    costs = {
        "decompress gzip": _cost_us(
            lambda body: decompress(body, "gzip", limit_bytes=MAX_DOCUMENT_BYTES), gzipped
        ),
        "decompress zstd": _cost_us(
            lambda body: decompress(body, "zstd", limit_bytes=MAX_DOCUMENT_BYTES), zstded
        ),
        "decode and check": _cost_us(decode_segment, documents),
        "hash": _cost_us(lambda each: content_hash(each.events, key=_KEY), envelopes),
        "redact": _cost_us(lambda each: redactor.redact(each, token_key=_KEY), envelopes),
        "encode entry": _cost_us(encode_entry, envelopes),
    }
    appended_us = await _append_us(stand_settings, envelopes)
    return costs | {"redis client": appended_us - costs["encode entry"]}


def entry_bytes() -> int:
    """Return how large an entry of the stream is, on average."""
    entries = [
        len(encode_entry(_envelope(compress(segment.document, "gzip"))))
        for segment in templates(window_id=RAW)
    ]
    return sum(entries) // len(entries)


def _cost_us(step: Callable[[Item], object], items: list[Item]) -> float:
    rounds = []
    for _ in range(_ROUNDS):
        began = time.process_time_ns()
        for item in items:
            step(item)
        rounds.append((time.process_time_ns() - began) / len(items) / 1000)
    return median(rounds)


async def _append_us(settings: StackSettings, envelopes: list[Envelope]) -> float:
    redis = connect(settings.stream)
    stream = RedisStream(settings.stream, redis)
    rounds = []
    for number in range(_GROUPS):
        group = [
            _of_session(envelopes[(number + place) % len(envelopes)], f"steps-{number}-{place}")
            for place in range(_GROUP)
        ]
        began = time.process_time_ns()
        await asyncio.gather(*map(stream.append, group))
        rounds.append((time.process_time_ns() - began) / _GROUP / 1000)
    await stream.close()
    await redis.aclose()
    return median(rounds)


def _envelope(body: bytes) -> Envelope:
    session = SessionKey(tenant_id="default", project_id="default", session_id="steps")
    return open_envelope(
        Arrival(session=session, received_at_ms=1_764_000_000_000, encoding="gzip", body=body), hash_key=_KEY
    )


def _of_session(envelope: Envelope, session_id: str) -> Envelope:
    return replace(envelope, session=replace(envelope.session, session_id=session_id))
