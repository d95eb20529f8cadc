from pathlib import Path

import pytest

from traceflow.datasets.vault.root_key import read_root_key
from traceflow.models.errors import Misconfigured


def root_key(path: Path, content: bytes, mode: int) -> Path:
    path.write_bytes(content)
    path.chmod(mode)
    return path


def test_a_private_file_of_32_bytes_is_the_key(tmp_path: Path) -> None:
    assert read_root_key(root_key(tmp_path / "root.key", b"k" * 32, 0o600)) == b"k" * 32


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o644, 0o602])
def test_a_key_that_others_can_open_is_refused(tmp_path: Path, mode: int) -> None:
    with pytest.raises(Misconfigured, match="chmod 600"):
        read_root_key(root_key(tmp_path / "root.key", b"k" * 32, mode))


@pytest.mark.parametrize("length", [0, 31, 33])
def test_a_key_of_another_length_is_refused(tmp_path: Path, length: int) -> None:
    with pytest.raises(Misconfigured, match="32 bytes"):
        read_root_key(root_key(tmp_path / "root.key", b"k" * length, 0o600))


def test_a_missing_key_is_named(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match=r"root\.key"):
        read_root_key(tmp_path / "root.key")
