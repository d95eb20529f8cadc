import base64
import json
import time
from collections.abc import Callable

import pytest

from traceflow.models.envelope.envelope import Envelope

SMALL, FACTOR = 8_000, 8
HOSTILE = {
    "digits": "1",
    "spaced digits": "1 ",
    "at signs": "@",
    "letters and at signs": "a@",
    "quotes and at signs": '"@',
    "percent": "%40",
    "letters": "a",
    "letters and digits": "A1",
    "json web token heads": "eyJ",
    "equals signs": "=",
    "parameters": "token=",
    "headers": "password:",
    "userinfo": "://",
    "colons": ":",
    "entities": "&#64;",
    "full width": "\uff14\uff11",
    "dotted": "1.1.",
    "decimals": "1.1111111 ",
    "ibans": "DE89",
    "brackets": "[",
    "colours": "rgb(1 1 1",
    "paths": " d='1 1 ",
    "slashes": "AAAAAAAAAAAAAAAa/",
    "schemes": "basic aaaaaaaa",
    "e-mails": "a1@b.example ",
    "base64": base64.b64encode(b"hello world, all fine here. ").decode().rstrip("="),
    "tokens": "[EMAIL:ABCDEFGHIJKLMNOP]",
}


@pytest.mark.parametrize("unit", HOSTILE.values(), ids=HOSTILE.keys())
def test_work_grows_with_the_size_and_not_with_its_square(unit: str, redact: Callable[..., Envelope]) -> None:
    def cost(size: int) -> float:
        events = json.dumps([unit * (size // len(unit))]).encode()
        return min(_cpu_seconds(redact, events) for _ in range(3))

    # Eight times the size is 8 times the work if linear and 64 times if quadratic; 24 leaves room for noise.
    assert cost(SMALL * FACTOR) < 24 * max(cost(SMALL), 1e-4)


@pytest.mark.parametrize(
    "opening", ['{"source":5,"text":', '{"tagName":"textarea","childNodes":', '{"attributes":']
)
def test_nested_fields_cost_no_more_than_their_size(opening: str, redact: Callable[..., Envelope]) -> None:
    def cost(depth: int) -> float:
        events = (opening * depth + '{"value":"x","textContent":"y"}' + "}" * depth).encode()
        return min(_cpu_seconds(redact, events) for _ in range(3))

    assert cost(800 * FACTOR) < 24 * max(cost(800), 1e-4)


def _cpu_seconds(redact: Callable[..., Envelope], events: bytes) -> float:
    start = time.process_time()
    redact(events)
    return time.process_time() - start
