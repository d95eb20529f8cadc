"""Ray's logs, moved from its ended sessions to where the other logs are."""

import shutil
from pathlib import Path

from traceflow.cluster.embedded.data_dir import PRIVATE, DataDir, make_directory

# A session's logs are a few MB; these are enough to look back at a week of restarts.
_KEPT_SESSIONS = 20


def collect_ray_logs(data_dir: DataDir) -> list[Path]:
    """Move the logs of every ended session to ``logs/ray/<session>`` and drop the rest; return where to.

    Called while no Ray runs here: at ``down``, and by an ``up`` that found a stack that was killed.
    """
    sessions = sorted(path for path in (data_dir.run / "ray").glob("session_*") if not path.is_symlink())
    kept = [_collect(session, data_dir) for session in sessions]
    (data_dir.run / "ray" / "session_latest").unlink(missing_ok=True)
    _drop_oldest(data_dir.logs / "ray")
    return [path for path in kept if path is not None]


def _collect(session: Path, data_dir: DataDir) -> Path | None:
    destination = data_dir.logs / "ray" / session.name
    moved = None
    if (session / "logs").is_dir() and not destination.exists():
        make_directory(destination.parent, mode=PRIVATE)
        shutil.move(session / "logs", destination)
        moved = destination
    shutil.rmtree(session, ignore_errors=True)
    return moved


def _drop_oldest(logs: Path) -> None:
    # A session is named for its start, so the order of names is that of time.
    for session in sorted(logs.glob("session_*"))[:-_KEPT_SESSIONS]:
        shutil.rmtree(session, ignore_errors=True)
