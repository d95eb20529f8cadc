"""Brings the store up to date before anything uses it: schema, partitions, role, the first keys and user."""

import asyncio
import json
from datetime import UTC, datetime
from pathlib import Path

from traceflow.cluster.embedded.secret_files import write_secret
from traceflow.cluster.stack_keys import DEFAULT_PROJECT, DEFAULT_TENANT, FIRST_USER
from traceflow.datasets.store.database import Database
from traceflow.datasets.store.key_store import KeyStore
from traceflow.datasets.store.migrate import migrate
from traceflow.datasets.store.partitions import ensure_partitions
from traceflow.datasets.store.settings import StoreSettings
from traceflow.datasets.store.user_store import UserStore
from traceflow.datasets.vault.root_key import read_root_key
from traceflow.models.access.scope import Scope


async def prepare_store(settings: StoreSettings, *, keys_file: Path, root_key_file: Path) -> None:
    """Migrate, check the role, and make the first tenant, project, keys and user; idempotent.

    Raises Misconfigured where the role would see through row-level security, or the root key is unsafe.
    """
    read_root_key(root_key_file)
    now = datetime.now(UTC)
    if settings.owner_url is not None:
        await asyncio.to_thread(migrate, settings)
        await asyncio.to_thread(ensure_partitions, settings, now=now)
    database = Database(settings)
    try:
        await database.check_role()
        if not await asyncio.to_thread(keys_file.exists):
            await _make_first_keys(KeyStore(database), keys_file, now)
        await UserStore(database).ensure_user(tenant_id=DEFAULT_TENANT, name=FIRST_USER, now=now)
    finally:
        await database.close()


async def _make_first_keys(store: KeyStore, keys_file: Path, now: datetime) -> None:
    keys = {}
    for scope in Scope:
        issued = await store.create_key(
            tenant_id=DEFAULT_TENANT, project_id=DEFAULT_PROJECT, scope=scope, now=now
        )
        keys[f"{scope.value}_key"] = issued.text
    write_secret(keys_file, json.dumps(keys, indent=1).encode())
