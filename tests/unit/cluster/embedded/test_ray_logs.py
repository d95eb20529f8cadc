from pathlib import Path

import pytest

from traceflow.cluster.embedded.data_dir import DataDir, data_dir_at
from traceflow.cluster.embedded.ray_logs import collect_ray_logs


@pytest.fixture
def data_dir(tmp_path: Path) -> DataDir:
    prepared = data_dir_at(tmp_path / "d")
    prepared.prepare()
    return prepared


def make_session(data_dir: DataDir, name: str) -> Path:
    session = data_dir.run / "ray" / name
    (session / "logs").mkdir(parents=True)
    (session / "sockets").mkdir()
    (session / "logs" / "raylet.out").write_text(name)
    return session


def test_an_ended_sessions_logs_stay_and_the_rest_goes(data_dir: DataDir) -> None:
    session = make_session(data_dir, "session_2026-01-01_1")
    (session.parent / "session_latest").symlink_to(session)

    moved = collect_ray_logs(data_dir)

    assert moved == [data_dir.logs / "ray" / "session_2026-01-01_1"]
    assert (moved[0] / "raylet.out").read_text() == "session_2026-01-01_1"
    assert list((data_dir.run / "ray").iterdir()) == []


def test_without_ray_there_is_nothing_to_collect(data_dir: DataDir) -> None:
    assert collect_ray_logs(data_dir) == []


def test_the_logs_of_the_last_twenty_sessions_are_kept(data_dir: DataDir) -> None:
    for number in range(23):
        make_session(data_dir, f"session_2026-01-{number + 1:02}")

    collect_ray_logs(data_dir)

    kept = sorted(path.name for path in (data_dir.logs / "ray").iterdir())
    assert kept == [f"session_2026-01-{number:02}" for number in range(4, 24)]


def test_collecting_twice_loses_nothing(data_dir: DataDir) -> None:
    make_session(data_dir, "session_2026-01-01_1")
    collect_ray_logs(data_dir)

    collect_ray_logs(data_dir)

    assert (data_dir.logs / "ray" / "session_2026-01-01_1" / "raylet.out").exists()
