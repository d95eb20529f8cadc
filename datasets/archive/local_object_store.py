"""Objects as files under one folder: the archive of a single machine."""

import asyncio
import os
import secrets
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import TypeVar

from traceflow.datasets.archive.object_key import checked_object_key
from traceflow.models.errors import ArchiveUnavailable, NotFound, RecordCorrupt

_UNFINISHED = ".unfinished"
_FOLDER_MODE = 0o700
_FILE_MODE = 0o600

Result = TypeVar("Result")


class LocalObjectStore:
    """Files that appear whole or not at all, and are on the disk when ``put`` returns."""

    def __init__(self, root: Path) -> None:
        self._root = root

    async def put(self, object_key: str, content: bytes) -> None:
        path = self._path(object_key)
        await _in_thread(lambda: _write_whole(self._root, path, content))

    async def get_range(self, object_key: str, *, offset: int, length: int) -> bytes:
        path = self._path(object_key)
        content = await _in_thread(lambda: _read_range(path, offset=offset, length=length))
        if content is None:
            raise NotFound("There is no such object.", object_key=object_key)
        if len(content) < length:
            raise RecordCorrupt("The object is shorter than its index says.", object_key=object_key)
        return content

    async def delete(self, object_key: str) -> None:
        path = self._path(object_key)
        await _in_thread(lambda: _remove(path))

    async def list_keys(self, prefix: str) -> AsyncIterator[str]:
        folder = prefix.rpartition("/")[0]
        # Parts of the prefix come from callers: a folder that is no key holds no object.
        waiting = [f"{checked_object_key(folder)}/" if folder else ""]
        while waiting:
            place = waiting.pop()
            if place and not place.endswith("/"):
                yield place
                continue
            names = await _in_thread(lambda: _names_in(self._root / place))  # noqa: B023 - awaited at once
            # Last in, first out: pushed in reverse, keys come in the order of their bytes.
            inside = (place + name for name in sorted(names, reverse=True))
            waiting += [name for name in inside if name.startswith(prefix) or prefix.startswith(name)]

    def _path(self, object_key: str) -> Path:
        return self._root / checked_object_key(object_key)


async def _in_thread(work: Callable[[], Result]) -> Result:
    try:
        return await asyncio.to_thread(work)
    except OSError as error:
        raise ArchiveUnavailable(f"The archive's folder did not serve: {error.strerror}.") from error


def _write_whole(root: Path, path: Path, content: bytes) -> None:
    unfinished = root / _UNFINISHED / secrets.token_hex(16)
    _make_folder(unfinished.parent)
    _make_folder(path.parent)
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _FILE_MODE)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(path)
    except BaseException:
        unfinished.unlink(missing_ok=True)
        raise
    # The name lies in the folder's own blocks: without this it may be gone after a power cut.
    _sync_folder(path.parent)


def _make_folder(folder: Path) -> None:
    if folder.is_dir():
        return
    _make_folder(folder.parent)
    folder.mkdir(mode=_FOLDER_MODE, exist_ok=True)
    _sync_folder(folder.parent)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _read_range(path: Path, *, offset: int, length: int) -> bytes | None:
    try:
        with path.open("rb") as file:
            file.seek(offset)
            return file.read(length)
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
        return None


def _remove(path: Path) -> None:
    try:
        path.unlink(missing_ok=True)
    except (NotADirectoryError, IsADirectoryError):
        return


def _names_in(folder: Path) -> list[str]:
    try:
        with os.scandir(folder) as entries:
            visible = [entry for entry in entries if not entry.name.startswith(".")]
            return [f"{entry.name}/" if entry.is_dir() else entry.name for entry in visible]
    except (FileNotFoundError, NotADirectoryError):
        return []
