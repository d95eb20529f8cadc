import json
import os
import stat
from pathlib import Path

import pytest

from traceflow.cluster.embedded.data_dir import DataDir, data_dir_at
from traceflow.cluster.embedded.secret_files import prepare_secrets, read_passwords, write_secret
from traceflow.models.errors import Misconfigured


@pytest.fixture
def data_dir(tmp_path: Path) -> DataDir:
    prepared = data_dir_at(tmp_path / "d")
    prepared.prepare()
    return prepared


def test_every_secret_is_readable_by_its_owner_alone_whatever_the_umask(data_dir: DataDir) -> None:
    before = os.umask(0)
    try:
        prepare_secrets(data_dir)
    finally:
        os.umask(before)

    files = (data_dir.root_key, data_dir.secrets, data_dir.ray_token)
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}
    assert len(data_dir.root_key.read_bytes()) == 32


def test_secrets_are_made_once_and_differ_between_data_directories(data_dir: DataDir, tmp_path: Path) -> None:
    other = data_dir_at(tmp_path / "other")
    other.prepare()

    first, again, others = prepare_secrets(data_dir), prepare_secrets(data_dir), prepare_secrets(other)

    assert first == again == read_passwords(data_dir)
    assert first != others
    assert len(set(json.loads(data_dir.secrets.read_text()).values())) == 4


def test_passwords_do_not_show_in_a_log(data_dir: DataDir) -> None:
    passwords = prepare_secrets(data_dir)

    assert passwords.redis not in repr(passwords)


@pytest.mark.parametrize(
    ("lost", "holder"), [("root.key", "objects"), ("root.key", "postgres"), ("secrets.json", "postgres")]
)
def test_a_lost_secret_over_existing_data_is_never_made_anew(
    data_dir: DataDir, lost: str, holder: str
) -> None:
    prepare_secrets(data_dir)
    (data_dir.path / holder).mkdir(exist_ok=True)
    (data_dir.path / holder / "data").touch()
    (data_dir.path / lost).unlink()

    with pytest.raises(Misconfigured, match=f"{lost} is missing"):
        prepare_secrets(data_dir)

    assert not (data_dir.path / lost).exists()


@pytest.mark.parametrize("content", ["", "[]", '{"redis": "x"}', '{"unknown": 1}'])
def test_a_broken_password_file_is_named(data_dir: DataDir, content: str) -> None:
    data_dir.secrets.write_text(content)

    with pytest.raises(Misconfigured, match=r"secrets\.json cannot be read"):
        read_passwords(data_dir)


def test_a_secret_is_replaced_whole_and_leaves_no_second_file(data_dir: DataDir) -> None:
    path = data_dir.path / "keys.json"

    write_secret(path, b"one")
    write_secret(path, b"two")

    assert path.read_bytes() == b"two"
    assert [entry.name for entry in data_dir.path.glob(".keys*")] == []
