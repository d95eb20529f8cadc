import json
import secrets
from pathlib import Path

import pytest

from traceflow.cluster.embedded.data_dir import DataDir
from traceflow.cluster.embedded.secret_files import write_secret
from traceflow.cluster.stack_keys import forget_key, key_of, read_keys
from traceflow.models.access.api_key import IssuedApiKey, new_api_key
from traceflow.models.access.scope import Scope
from traceflow.models.errors import Misconfigured


@pytest.fixture
def read_key() -> IssuedApiKey:
    return new_api_key(Scope.READ, choose=secrets.choice)


@pytest.fixture
def place(tmp_path: Path, read_key: IssuedApiKey) -> DataDir:
    data_dir = DataDir(path=tmp_path)
    keys = {"read_key": read_key.text, "ingest_key": new_api_key(Scope.INGEST, choose=secrets.choice).text}
    write_secret(data_dir.keys, json.dumps(keys).encode())
    return data_dir


def test_a_revoked_key_leaves_the_file_and_the_others_stay(place: DataDir, read_key: IssuedApiKey) -> None:
    forget_key(place, read_key.key_id)

    assert set(read_keys(place)) == {"ingest_key"}
    assert place.keys.stat().st_mode & 0o777 == 0o600


def test_asking_for_a_revoked_key_names_the_fix(place: DataDir, read_key: IssuedApiKey) -> None:
    forget_key(place, read_key.key_id)

    with pytest.raises(Misconfigured, match="traceflow keys create"):
        key_of(place, "read_key")


def test_before_the_first_start_there_are_no_keys(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="traceflow up"):
        read_keys(DataDir(path=tmp_path))


def test_revoking_a_key_of_another_installation_changes_nothing(place: DataDir) -> None:
    before = place.keys.read_bytes()

    forget_key(place, "a" * 12)

    assert place.keys.read_bytes() == before
