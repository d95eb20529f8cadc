from dataclasses import replace
from typing import Any

import pytest

from traceflow.models.access.scope import Scope
from traceflow.models.recording.frame import encode_frame, encode_lines
from traceflow.models.session.key import SessionKey

PREVIEW = "/api/v1/redaction/preview"
KEY = SessionKey(tenant_id="acme", project_id="shop", session_id="s-1")
TOKEN = "[EMAIL:UM2LR733AVEOQDDF]"


@pytest.fixture
def masked(world: Any) -> Any:
    entry = world.sessions.entries[KEY][2]
    event = b'{"type":5,"timestamp":1000,"data":{"payload":{"email":"%b"}}}' % TOKEN.encode()
    frame = encode_frame(encode_lines([event] * 3, window_id="w1", segment_id=0))
    world.sessions.entries[KEY] = (replace(entry, content_hash=frame),)
    return world


async def test_a_sessions_tokens_are_shown_by_place(masked: Any) -> None:
    async with await masked.browser(projects=("shop",)) as browser:
        answer = await browser.post(PREVIEW, json={"session_id": "s-1", "limit": 2})

    assert answer.status_code == 200
    assert [item["event_index"] for item in answer.json()["items"]] == [0, 1]
    assert answer.json()["items"][0] == {
        "window_id": "w1",
        "segment_id": 0,
        "event_index": 0,
        "at_ms": 1000,
        "path": "data.payload.email",
        "type": "EMAIL",
        "token": TOKEN,
    }
    assert masked.recordings.closed == 1


@pytest.mark.parametrize("limit", [0, 501, "1", 1.5])
async def test_a_limit_that_is_none_is_refused(masked: Any, limit: object) -> None:
    async with await masked.browser(projects=("shop",)) as browser:
        answer = await browser.post(PREVIEW, json={"session_id": "s-1", "limit": limit})

    assert (answer.status_code, answer.json()["path"]) == (400, "limit")


@pytest.mark.parametrize("session_id", ["s-2", "", "a b", "\u0000"])
async def test_a_session_that_is_not_there_is_not_found(masked: Any, session_id: str) -> None:
    async with await masked.browser(projects=("shop",)) as browser:
        assert (await browser.post(PREVIEW, json={"session_id": session_id})).status_code == 404


async def test_a_read_key_is_not_enough(masked: Any) -> None:
    async with masked.client(masked.keys.issue(Scope.READ)) as reader:
        assert (await reader.post(PREVIEW, json={"session_id": "s-1"})).status_code == 403
