import hashlib
import secrets

import pytest

from traceflow.models.access.web_session import csrf_token, is_csrf_token, new_web_secret, read_web_secret
from traceflow.models.errors import Unauthenticated


def test_a_secret_has_256_bits_and_is_read_back() -> None:
    secret = new_web_secret(choose=secrets.choice)

    assert 62 ** len(secret.text) >= 2**256
    assert read_web_secret(secret.text) == secret
    assert secret.sha256 == hashlib.sha256(secret.text.encode()).digest()


def test_two_secrets_differ() -> None:
    assert new_web_secret(choose=secrets.choice).text != new_web_secret(choose=secrets.choice).text


def test_a_secret_is_not_shown_by_accident() -> None:
    secret = new_web_secret(choose=secrets.choice)

    assert secret.text not in repr(secret)
    assert secret.sha256.hex() not in repr(secret)


@pytest.mark.parametrize("text", ["", "a" * 42, "a" * 44, "a" * 42 + "-", "a" * 42 + "\n", "ä" * 43])
def test_what_cannot_be_a_secret_is_refused(text: str) -> None:
    with pytest.raises(Unauthenticated):
        read_web_secret(text)


def test_a_csrf_token_belongs_to_one_session_and_does_not_tell_it() -> None:
    one, other = new_web_secret(choose=secrets.choice), new_web_secret(choose=secrets.choice)
    token = csrf_token(one)

    assert is_csrf_token(token, one)
    assert not is_csrf_token(token, other)
    assert not is_csrf_token("", one)
    assert not is_csrf_token(one.text, one)
    assert not is_csrf_token(token + "ä\ud800", one)
    assert one.text not in token
    assert one.sha256.hex() != token
