import hashlib
import random

import pytest

from traceflow.models.access.api_key import new_api_key, parse_api_key
from traceflow.models.access.scope import Scope
from traceflow.models.errors import Unauthenticated

SECRET = "s" * 43


@pytest.mark.parametrize("scope", list(Scope))
def test_a_new_key_is_read_back_as_what_it_was_made_for(scope: Scope) -> None:
    issued = new_api_key(scope, choose=random.Random(7).choice)

    parsed = parse_api_key(issued.text)

    assert parsed == (scope, issued.key_id, issued.secret_sha256)
    assert len(issued.text) == len(f"tf_{scope}_") + 12 + 1 + 43


def test_the_database_gets_the_sha_256_of_the_secret_alone() -> None:
    scope, key_id, digest = parse_api_key(f"tf_ingest_abcABC012345_{SECRET}")

    assert (scope, key_id) == (Scope.INGEST, "abcABC012345")
    assert digest == hashlib.sha256(SECRET.encode()).digest()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "tf_",
        f"tf_ingest_abcABC012345_{SECRET[1:]}",
        f"tf_ingest_abcABC012345_{SECRET}s",
        f"tf_ingest_abcABC01234_{SECRET}",
        f"tf_owner_abcABC012345_{SECRET}",
        f"TF_ingest_abcABC012345_{SECRET}",
        f"tf_ingest_abcABC012345_{SECRET[1:]}-",
        f"tf_ingest_abcABC012345_{SECRET[1:]}é",
        f"tf_ingest_abcABC01234٣_{SECRET}",
        f"tf_ingest_abcABC012345_{SECRET}\n",
        f" tf_ingest_abcABC012345_{SECRET}",
        "tf_ingest_abcABC012345_" + "\x00" * 43,
    ],
)
def test_anything_else_is_no_key(text: str) -> None:
    with pytest.raises(Unauthenticated) as refused:
        parse_api_key(text)

    assert SECRET[1:] not in refused.value.message


def test_a_key_does_not_show_its_secret_when_printed() -> None:
    issued = new_api_key(Scope.READ, choose=random.Random(7).choice)

    assert issued.text not in repr(issued)
    assert issued.text[-43:] not in repr(issued)
