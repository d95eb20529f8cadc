import os
import stat
from pathlib import Path

import pytest

from traceflow.cluster.embedded.data_dir import MARKER, DataDir, data_dir_at
from traceflow.models.errors import Misconfigured

AS_ROOT = os.geteuid() == 0


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_what_traceflow_makes_is_private_and_only_the_way_to_postgres_can_be_passed(tmp_path: Path) -> None:
    data_dir = data_dir_at(tmp_path / "a" / "b")

    data_dir.prepare()

    assert mode_of(data_dir.path) == (0o711 if AS_ROOT else 0o700)
    assert {mode_of(path) for path in data_dir.path.iterdir() if path.is_dir()} == {0o700}
    assert (data_dir.path / MARKER).exists()


def test_modes_do_not_depend_on_the_umask(tmp_path: Path) -> None:
    before = os.umask(0o077)
    try:
        data_dir_at(tmp_path / "d").prepare()
    finally:
        os.umask(before)

    assert mode_of(tmp_path / "d") == (0o711 if AS_ROOT else 0o700)


def test_a_directory_that_was_there_keeps_its_mode_and_gets_no_marker(tmp_path: Path) -> None:
    theirs = tmp_path / "theirs"
    (theirs / "logs").mkdir(parents=True)
    theirs.chmod(0o750)
    (theirs / "logs").chmod(0o755)

    data_dir_at(theirs).prepare()

    assert (mode_of(theirs), mode_of(theirs / "logs")) == (0o750, 0o755)
    assert not (theirs / MARKER).exists()


def test_preparing_twice_changes_nothing(tmp_path: Path) -> None:
    data_dir = data_dir_at(tmp_path / "d")
    data_dir.prepare()
    data_dir.path.chmod(0o750)

    data_dir.prepare()

    assert mode_of(data_dir.path) == 0o750


def test_a_file_in_the_way_is_named(tmp_path: Path) -> None:
    (tmp_path / "d").write_text("a file")

    with pytest.raises(Misconfigured, match=r"d cannot be used.*--data-dir"):
        data_dir_at(tmp_path / "d").prepare()


def test_only_one_supervisor_holds_a_data_directory(tmp_path: Path) -> None:
    data_dir = data_dir_at(tmp_path / "d")
    data_dir.prepare()

    with data_dir.lock():
        assert data_dir.is_locked()
        with pytest.raises(Misconfigured, match=r"runs in .* already"), data_dir.lock():
            pytest.fail("the lock was given out twice")

    assert not data_dir.is_locked()


def test_a_data_directory_that_was_never_prepared_is_not_locked(tmp_path: Path) -> None:
    assert not data_dir_at(tmp_path / "d").is_locked()


def test_two_data_directories_have_different_stacks_and_one_reached_two_ways_has_one(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "a")

    ids = [data_dir_at(tmp_path / name).stack_id for name in ("a", "b", "link")]

    assert ids[0] != ids[1]
    assert ids[0] == ids[2]


@pytest.fixture
def linked(tmp_path: Path):
    data_dir = data_dir_at(tmp_path / ("deep" * 20) / ("deeper" * 15))
    data_dir.prepare()
    yield data_dir
    data_dir.runtime_link.unlink(missing_ok=True)


def test_the_short_path_leaves_room_for_rays_sockets_however_deep_the_data_directory_is(
    linked: DataDir,
) -> None:
    link = linked.link_runtime_dir()

    session = "session_2026-11-25_08-11-56_070030_4194304"
    assert len(str(link / "ray" / session / "sockets" / "plasma_store.4294967295")) <= 107
    assert link.resolve() == linked.run.resolve()


def test_the_short_path_is_made_anew_where_it_was_swept_away_and_kept_where_it_stands(
    linked: DataDir,
) -> None:
    linked.link_runtime_dir()
    linked.link_runtime_dir()
    linked.runtime_link.unlink()

    linked.link_runtime_dir()

    assert linked.runtime_link.is_symlink()


def test_something_else_at_the_short_path_is_refused_and_left_alone(linked: DataDir, tmp_path: Path) -> None:
    linked.runtime_link.symlink_to(tmp_path)

    with pytest.raises(Misconfigured, match="is not the link that TraceFlow made"):
        linked.link_runtime_dir()

    assert linked.runtime_link.readlink() == tmp_path


def test_removing_the_short_path_keeps_what_it_led_to(linked: DataDir) -> None:
    (linked.link_runtime_dir() / "state.json").write_text("{}")

    linked.unlink_runtime_dir()

    assert not linked.runtime_link.is_symlink()
    assert (linked.run / "state.json").exists()
