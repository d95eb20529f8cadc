import asyncio
import uuid

import pytest
from sqlalchemy import text

from traceflow.datasets.store.database import Database
from traceflow.datasets.store.settings import StoreSettings
from traceflow.datasets.vault.tenant_keys import StoredTenantKeys
from traceflow.models.errors import Misconfigured, StoreUnavailable

pytestmark = pytest.mark.integration

ROOT_KEY = b"r" * 32


@pytest.fixture
def tenant_id() -> str:
    return f"t-{uuid.uuid4().hex}"


async def test_processes_that_need_a_new_tenants_key_at_once_agree_on_it(
    database: Database, tenant_id: str
) -> None:
    processes = [StoredTenantKeys(database, root_key=ROOT_KEY) for _ in range(8)]

    derived = await asyncio.gather(*(each.derived_key(tenant_id, label="token") for each in processes))

    assert len(set(derived)) == 1


async def test_a_key_survives_its_process(database: Database, tenant_id: str) -> None:
    first = await StoredTenantKeys(database, root_key=ROOT_KEY).derived_key(tenant_id, label="archive")

    later = StoredTenantKeys(database, root_key=ROOT_KEY)

    assert await later.derived_key(tenant_id, label="archive") == first


async def test_a_key_is_looked_up_once_per_process(store_settings: StoreSettings, tenant_id: str) -> None:
    one_connection = store_settings.model_copy(
        update={"pool_size": 1, "max_overflow": 0, "pool_timeout_s": 0.1}
    )
    database = Database(one_connection)
    keys = StoredTenantKeys(database, root_key=ROOT_KEY)
    known = await keys.derived_key(tenant_id, label="token")

    async with database.service_transaction():
        again = await keys.derived_key(tenant_id, label="token")
        other = await keys.derived_key(tenant_id, label="archive")
        with pytest.raises(StoreUnavailable):
            await keys.derived_key("unknown", label="token")

    assert again == known
    assert other != known
    await database.close()


async def test_another_root_key_does_not_open_it(database: Database, tenant_id: str) -> None:
    await StoredTenantKeys(database, root_key=ROOT_KEY).derived_key(tenant_id, label="token")

    with pytest.raises(Misconfigured, match="root key"):
        await StoredTenantKeys(database, root_key=b"x" * 32).derived_key(tenant_id, label="token")


async def test_one_tenants_wrapped_key_opens_for_no_other(database: Database, tenant_id: str) -> None:
    other = f"{tenant_id}-other"
    await StoredTenantKeys(database, root_key=ROOT_KEY).derived_key(tenant_id, label="token")
    async with database.tenant_transaction(tenant_id) as connection:
        wrapped = (await connection.execute(text("SELECT wrapped_key FROM tenant_keys"))).scalar_one()
    async with database.tenant_transaction(other) as connection:
        row = {"tenant": other, "wrapped": wrapped}
        await connection.execute(text("INSERT INTO tenant_keys VALUES (:tenant, 1, :wrapped)"), row)

    with pytest.raises(Misconfigured):
        await StoredTenantKeys(database, root_key=ROOT_KEY).derived_key(other, label="token")


async def test_the_key_itself_is_nowhere_in_the_table(database: Database, tenant_id: str) -> None:
    made = iter([b"n" * 12, b"k" * 32])
    keys = StoredTenantKeys(database, root_key=ROOT_KEY, random_bytes=lambda _: next(made))

    await keys.derived_key(tenant_id, label="token")

    async with database.tenant_transaction(tenant_id) as connection:
        wrapped = (await connection.execute(text("SELECT wrapped_key FROM tenant_keys"))).scalar_one()
    assert wrapped.startswith(b"n" * 12)
    assert b"k" * 32 not in wrapped
