"""An envelope around any events, and the redactor's answer to it."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from traceflow.models.envelope.envelope import Envelope
from traceflow.models.redaction.redactor import PythonRedactor
from traceflow.models.session.key import SessionKey

TOKEN_KEY = bytes(range(32))


def _envelope(events: bytes, *, visitor: bytes = b"null", sdk: str = "web 1.0.0") -> Envelope:
    return Envelope(
        session=SessionKey(tenant_id="t", project_id="p", session_id="s"),
        window_id="w",
        segment_id=0,
        sent_at_ms=1,
        received_at_ms=1,
        is_final=False,
        sdk=sdk,
        visitor=visitor,
        events=events,
        event_count=1,
        content_hash=bytes(16),
    )


@pytest.fixture(scope="session")
def make_envelope() -> Callable[..., Envelope]:
    return _envelope


@pytest.fixture(scope="session")
def redact() -> Callable[..., Envelope]:
    def redact(events: bytes, *, token_key: bytes = TOKEN_KEY, **fields: Any) -> Envelope:
        return PythonRedactor().redact(_envelope(events, **fields), token_key=token_key)

    return redact


@pytest.fixture(scope="session")
def redact_string(redact: Callable[..., Envelope]) -> Callable[..., str]:
    def redact_string(text: str, *, key: str = "message") -> str:
        answer = redact(json.dumps([{"type": 5, "data": {key: text}}]).encode())
        redacted = json.loads(answer.events)[0]["data"][key]
        assert isinstance(redacted, str)
        return redacted

    return redact_string
