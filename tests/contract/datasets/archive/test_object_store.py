import asyncio
import secrets
import stat
from pathlib import Path

import pytest
from pydantic import SecretStr, ValidationError

from traceflow.datasets.archive.local_object_store import LocalObjectStore
from traceflow.datasets.archive.memory_object_store import MemoryObjectStore
from traceflow.datasets.archive.s3_object_store import S3ObjectStore
from traceflow.datasets.archive.settings import ArchiveSettings
from traceflow.models.errors import ArchiveUnavailable, Misconfigured, NotFound, RecordCorrupt
from traceflow.models.ports import ObjectStore


@pytest.fixture(params=["memory", "local", pytest.param("s3", marks=pytest.mark.integration)])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> ObjectStore:
    if request.param == "memory":
        return MemoryObjectStore()
    if request.param == "local":
        return LocalObjectStore(tmp_path / "objects")
    settings: ArchiveSettings = request.getfixturevalue("minio_settings")
    return S3ObjectStore(settings.model_copy(update={"bucket": f"test-{secrets.token_hex(4)}"}))


async def keys(store: ObjectStore, prefix: str) -> list[str]:
    return [key async for key in store.list_keys(prefix)]


async def test_any_range_of_an_object_comes_back(store: ObjectStore) -> None:
    content = bytes(range(256)) * 40
    await store.put("recordings/30d/2026-01-02/a.blocks", content)

    for offset, length in ((0, 10_240), (0, 1), (10_239, 1), (1000, 5000), (5, 0)):
        read = await store.get_range("recordings/30d/2026-01-02/a.blocks", offset=offset, length=length)
        assert read == content[offset : offset + length]


async def test_an_object_of_many_megabytes_comes_back(store: ObjectStore) -> None:
    content = secrets.token_bytes(1024) * 12 * 1024
    await store.put("big.blocks", content)

    assert await store.get_range("big.blocks", offset=0, length=len(content)) == content


async def test_an_empty_object_is_an_object(store: ObjectStore) -> None:
    await store.put("empty", b"")

    assert await store.get_range("empty", offset=0, length=0) == b""
    assert await keys(store, "") == ["empty"]


async def test_storing_the_same_again_is_no_error(store: ObjectStore) -> None:
    await store.put("a/b", b"same")
    await store.put("a/b", b"same")

    assert await store.get_range("a/b", offset=0, length=4) == b"same"


async def test_a_missing_object_is_not_found(store: ObjectStore) -> None:
    with pytest.raises(NotFound):
        await store.get_range("nothing/here", offset=0, length=4)
    with pytest.raises(NotFound):
        await store.get_range("nothing/here", offset=0, length=0)
    await store.put("a/b", b"same")
    with pytest.raises(NotFound):
        await store.get_range("a", offset=0, length=4)


@pytest.mark.parametrize(("offset", "length"), [(0, 5), (3, 2), (4, 1), (100, 1)])
async def test_a_range_past_the_end_is_corrupt(store: ObjectStore, offset: int, length: int) -> None:
    await store.put("short", b"1234")

    with pytest.raises(RecordCorrupt):
        await store.get_range("short", offset=offset, length=length)


async def test_deleting_what_is_not_there_is_no_error(store: ObjectStore) -> None:
    await store.delete("a/b")
    await store.put("a/b", b"x")
    await store.delete("a")
    await store.delete("a/b")
    await store.delete("a/b")

    assert await keys(store, "") == []
    with pytest.raises(NotFound):
        await store.get_range("a/b", offset=0, length=1)


async def test_keys_are_listed_by_prefix_in_the_order_of_their_bytes(store: ObjectStore) -> None:
    names = ["a/1", "a/2/x", "a/2/y", "a/2-z", "a/20", "a-b", "b", "b0/c", "A/1"]
    for name in reversed(names):
        await store.put(name, b"x")

    assert await keys(store, "") == sorted(names)
    assert await keys(store, "a/") == ["a/1", "a/2-z", "a/2/x", "a/2/y", "a/20"]
    assert await keys(store, "a/2") == ["a/2-z", "a/2/x", "a/2/y", "a/20"]
    assert await keys(store, "a/2/x") == ["a/2/x"]
    assert await keys(store, "b") == ["b", "b0/c"]
    assert await keys(store, "nothing/") == []


async def test_many_objects_at_once_are_all_there(store: ObjectStore) -> None:
    names = [f"many/{number:03}" for number in range(100)]

    await asyncio.gather(*(store.put(name, name.encode()) for name in names))

    assert await keys(store, "many/") == names
    read = await asyncio.gather(*(store.get_range(name, offset=0, length=8) for name in names))
    assert read == [name.encode() for name in names]


@pytest.mark.parametrize(
    "key",
    [
        "",
        "/etc/passwd",
        "../outside",
        "a/../../outside",
        "a//b",
        "a/",
        ".unfinished/x",
        "a/.hidden",
        "a\x00b",
        "a\nb",
        "a\n",
        "ü",
        "a" * 201,
        "/".join(["a" * 100] * 11),
    ],
)
async def test_what_is_no_key_of_ours_is_refused(store: ObjectStore, tmp_path: Path, key: str) -> None:
    with pytest.raises(RecordCorrupt):
        await store.put(key, b"x")
    with pytest.raises(RecordCorrupt):
        await store.get_range(key, offset=0, length=1)
    with pytest.raises(RecordCorrupt):
        await store.delete(key)

    assert not (tmp_path / "outside").exists()


async def test_files_are_for_their_owner_only_and_nothing_unfinished_stays(tmp_path: Path) -> None:
    root = tmp_path / "objects"
    await LocalObjectStore(root).put("a/b/c", b"x")

    modes = {path.relative_to(root).as_posix(): stat.S_IMODE(path.stat().st_mode) for path in root.rglob("*")}
    assert modes == {".unfinished": 0o700, "a": 0o700, "a/b": 0o700, "a/b/c": 0o600}


async def test_a_folder_that_cannot_be_written_is_unavailable(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"in the way")

    with pytest.raises(ArchiveUnavailable):
        await LocalObjectStore(tmp_path / "file").put("a", b"x")


async def test_a_link_out_of_the_root_lists_nothing_by_a_prefix_that_climbs(tmp_path: Path) -> None:
    store = LocalObjectStore(tmp_path / "objects")
    (tmp_path / "outside").write_bytes(b"secret")

    with pytest.raises(RecordCorrupt):
        await keys(store, "../")


async def test_a_server_that_is_not_there_is_unavailable(unused_tcp_port: int) -> None:
    settings = ArchiveSettings(kind="s3", endpoint=f"127.0.0.1:{unused_tcp_port}", secure=False)
    store = S3ObjectStore(settings.model_copy(update={"access_key": "x", "secret_key": SecretStr("y")}))

    with pytest.raises(ArchiveUnavailable):
        await store.put("a", b"x")
    with pytest.raises(ArchiveUnavailable):
        await keys(store, "")


@pytest.mark.integration
async def test_a_key_that_may_not_is_unavailable_and_names_why(minio_settings: ArchiveSettings) -> None:
    store = S3ObjectStore(minio_settings.model_copy(update={"secret_key": SecretStr("wrong")}))

    with pytest.raises(ArchiveUnavailable, match="SignatureDoesNotMatch"):
        await store.put("a", b"x")


def test_an_endpoint_that_is_a_path_is_misconfigured() -> None:
    with pytest.raises(Misconfigured):
        S3ObjectStore(ArchiveSettings(kind="s3", endpoint="https://host/path"))


def test_settings_name_what_their_kind_lacks() -> None:
    with pytest.raises(ValidationError, match=r"archive\.root"):
        ArchiveSettings(kind="local")
    with pytest.raises(ValidationError, match=r"archive\.endpoint"):
        ArchiveSettings(kind="s3")
