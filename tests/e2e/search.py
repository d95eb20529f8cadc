"""Everything that a stack keeps, says or logs, as bytes that can be searched: decompressed and decrypted.

Loaded by ``conftest.py``.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import psycopg
import zstandard
from google.protobuf.message import Message
from psycopg import sql
from redis.asyncio import Redis
from temporalio.api.common.v1 import Payload

from traceflow.cluster.embedded.data_dir import DataDir
from traceflow.cluster.embedded.postgres_roles import DATABASE
from traceflow.cluster.embedded.secret_files import read_passwords
from traceflow.cluster.replicas import payload_key
from traceflow.cluster.settings import StackSettings
from traceflow.datasets.archive.cipher import SessionCipher
from traceflow.datasets.archive.object_stores import open_object_store
from traceflow.datasets.store.database import Database
from traceflow.datasets.streams.redis_connection import connect, segments_key
from traceflow.datasets.vault.root_key import read_root_key
from traceflow.datasets.vault.tenant_keys import StoredTenantKeys
from traceflow.models.recording.frame import inflate_frames
from traceflow.models.session.key import SessionKey
from traceflow.models.wire.stream_entry import decode_entry
from traceflow.workflows.client import connect as connect_temporal
from traceflow.workflows.codec import AesGcmCodec

ZSTD_MAGIC = b"\x28\xb5\x2f\xfd"

Place = tuple[str, bytes]


def read_superuser_url(data_dir: Path, settings: StackSettings) -> str:
    """Return the address of the one role that row-level security does not bind."""
    password = read_passwords(DataDir(path=data_dir)).postgres_superuser
    port = psycopg.conninfo.conninfo_to_dict(
        settings.store.url.get_secret_value().replace("postgresql+psycopg", "postgresql")
    )["port"]
    return f"host=127.0.0.1 port={port} user=postgres password={password} dbname={DATABASE}"


async def stream_places(settings: StackSettings) -> list[Place]:
    """Read every entry of the streams, decoded."""
    redis = connect(settings.stream)
    try:
        places = []
        for shard in range(settings.stream.shards):
            for entry_id, fields in await redis.xrange(segments_key(shard)):
                envelope = decode_entry(fields[b"e"])
                parts = (envelope.events, envelope.visitor, repr(envelope).encode(), *fields.values())
                places += [(f"stream {shard} {entry_id!r}", part) for part in parts]
        return places
    finally:
        await redis.aclose()


async def redis_places(settings: StackSettings) -> list[Place]:
    """Read every key, whatever its type."""
    redis = connect(settings.stream)
    try:
        return [place async for place in _redis_keys(redis)]
    finally:
        await redis.aclose()


async def _redis_keys(redis: Redis) -> AsyncIterator[Place]:
    async for key in redis.scan_iter():
        kind = (await redis.type(key)).decode()
        name = f"redis {kind} {key!r}"
        yield name, key
        for value in await _redis_values(redis, kind, key):
            for form in with_frames(value):
                yield name, form


async def _redis_values(redis: Redis, kind: str, key: bytes) -> list[bytes]:
    match kind:
        case "string":
            return [await redis.get(key)]
        case "hash":
            return [part for item in (await redis.hgetall(key)).items() for part in item]
        case "stream":
            return [part for _, fields in await redis.xrange(key) for item in fields.items() for part in item]
        case "zset":
            return list(await redis.zrange(key, 0, -1))
        case "set":
            return list(await redis.smembers(key))
        case "list":
            return list(await redis.lrange(key, 0, -1))
    raise AssertionError(f"{kind} {key!r}")


async def table_places(superuser: str) -> list[Place]:
    """Read every column of every table that can hold a text, past row-level security."""
    async with await psycopg.AsyncConnection.connect(superuser) as connection:
        cursor = await connection.execute(
            "SELECT c.oid::regclass::text, a.attname, c.oid::regclass FROM pg_class c"
            " JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_attribute a ON a.attrelid = c.oid"
            " WHERE c.relkind IN ('r', 'm') AND n.nspname NOT IN ('pg_catalog', 'information_schema')"
            " AND n.nspname NOT LIKE 'pg_toast%' AND n.nspname NOT LIKE 'pg_temp%'"
            " AND a.attnum > 0 AND NOT a.attisdropped"
            " AND a.atttypid::regtype::text"
            " IN ('text', 'json', 'jsonb', 'bytea', 'character varying', 'text[]', 'name')"
        )
        places = []
        for table, column, _ in await cursor.fetchall():
            query = sql.SQL("SELECT {} FROM {}").format(
                sql.Identifier(column), sql.Identifier(*table.replace('"', "").split("."))
            )
            for (value,) in await (await connection.execute(query)).fetchall():
                places += [(f"table {table}.{column}", form) for form in with_frames(_as_bytes(value))]
        return places


async def block_places(settings: StackSettings, superuser: str) -> list[Place]:
    """Decrypt and decompress every block of the archive that a row points to."""
    database = Database(settings.store)
    tenant_keys = StoredTenantKeys(database, root_key=read_root_key(settings.root_key_file))
    cipher, objects = SessionCipher(tenant_keys), open_object_store(settings.archive)
    places = []
    try:
        async with await psycopg.AsyncConnection.connect(superuser) as connection:
            cursor = await connection.execute(
                "SELECT DISTINCT s.tenant_id, s.project_id, s.session_id, s.wrapped_key,"
                " g.object_key, g.block_offset, g.block_length"
                " FROM sessions s JOIN segments g USING (tenant_id, project_id, session_id)"
            )
            rows = await cursor.fetchall()
        for tenant_id, project_id, session_id, wrapped_key, object_key, offset, length in rows:
            session = SessionKey(tenant_id=tenant_id, project_id=project_id, session_id=session_id)
            block_cipher = await cipher.block_cipher(session, wrapped_key=wrapped_key)
            sealed = await objects.get_range(object_key, offset=offset, length=length)
            content = b"".join(inflate_frames(block_cipher.open(sealed, object_key=object_key)))
            places.append((f"block of {session_id}", content))
    finally:
        await database.close()
    return places


async def workflow_places(settings: StackSettings) -> list[Place]:
    """Read the histories of all workflows, their payloads decrypted."""
    client = await connect_temporal(settings.workflow, payload_key=payload_key(settings))
    codec = AesGcmCodec(payload_key(settings))
    places = []
    async for execution in client.list_workflows():
        handle = client.get_workflow_handle(execution.id, run_id=execution.run_id)
        history = await handle.fetch_history()
        name = f"workflow {execution.id}"
        for event in history.events:
            places.append((name, event.SerializeToString()))
            for payload in _payloads(event):
                (opened,) = await codec.decode([payload])
                places.append((name, opened.SerializeToString()))
    return places


def _payloads(message: Message) -> Iterator[Payload]:
    if isinstance(message, Payload):
        yield message
        return
    for field, value in message.ListFields():
        if field.message_type is None:
            continue
        if field.message_type.GetOptions().map_entry:
            inner = [each for each in value.values() if isinstance(each, Message)]
        else:
            inner = list(value) if field.is_repeated else [value]
        for each in inner:
            yield from _payloads(each)


def file_places(data_dir: Path) -> list[Place]:
    """Read the files that are written as they are: logs, Ray's too, Redis's and Temporal's databases."""
    folders = ("logs", "run", "redis", "temporal")
    return [
        (f"file {path.relative_to(data_dir)}", form)
        for folder in folders
        for path in sorted((data_dir / folder).rglob("*"))
        if path.is_file() and not path.is_symlink()
        for form in with_frames(path.read_bytes())
    ]


def api_places(api: Any, session_ids: list[str]) -> list[Place]:
    """Ask the API for all that it tells."""
    paths = ["/api/v1/sessions?limit=200", "/api/v1/ledger", "/metrics", "/readyz"]
    for session_id in session_ids:
        paths += [
            f"/api/v1/sessions/{session_id}{part}" for part in ("", "/recording", "/signals", "/insights")
        ]
    places = []
    for path in paths:
        answer = api.get(path, headers={"accept-encoding": "identity"})
        assert answer.status_code == 200, answer.text
        places.append((f"answer to {path}", answer.content))
    return places


def with_frames(content: bytes) -> Iterator[bytes]:
    """Yield the bytes, and what every zstd frame within them holds."""
    yield content
    start = content.find(ZSTD_MAGIC)
    while start >= 0:
        decompressor = zstandard.ZstdDecompressor().decompressobj()
        # Four bytes may look like a frame's first and be none.
        with suppress(zstandard.ZstdError):
            yield decompressor.decompress(content[start:])
        start = content.find(ZSTD_MAGIC, start + 1)


def _as_bytes(value: object) -> bytes:
    if value is None:
        return b""
    if isinstance(value, bytes | memoryview):
        return bytes(value)
    return (value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)).encode()


def everything(data_dir: Path, settings: StackSettings, api: Any, session_ids: list[str]) -> list[Place]:
    """Gather all places but the streams, whose entries are gone once they are processed."""
    superuser = read_superuser_url(data_dir, settings)

    async def gather() -> list[Place]:
        return [
            *await redis_places(settings),
            *await table_places(superuser),
            *await block_places(settings, superuser),
            *await workflow_places(settings),
        ]

    return [*asyncio.run(gather()), *file_places(data_dir), *api_places(api, session_ids)]
