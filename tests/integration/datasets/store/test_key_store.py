import uuid
from datetime import UTC, datetime, timedelta

import pytest

from traceflow.datasets.store.database import Database
from traceflow.datasets.store.key_store import KeyStore
from traceflow.models.access.api_key import parse_api_key
from traceflow.models.access.scope import Scope
from traceflow.models.errors import NotFound, RequestInvalid, Unauthenticated

pytestmark = pytest.mark.integration

NOW = datetime(2026, 1, 2, tzinfo=UTC)


@pytest.fixture
def keys(database: Database) -> KeyStore:
    return KeyStore(database)


async def test_a_key_is_made_with_its_tenant_and_listed_without_its_secret(keys: KeyStore) -> None:
    tenant_id = f"new-{uuid.uuid4().hex[:8]}"

    issued = await keys.create_key(tenant_id=tenant_id, project_id="shop", scope=Scope.INGEST, now=NOW)
    second = await keys.create_key(tenant_id=tenant_id, project_id="shop", scope=Scope.READ, now=NOW)

    listed = [one for one in await keys.list_keys() if one.tenant_id == tenant_id]
    assert {one.key_id for one in listed} == {issued.key_id, second.key_id}
    assert {(one.project_id, one.created_at, one.revoked_at) for one in listed} == {("shop", NOW, None)}
    assert parse_api_key(issued.text).secret_sha256.hex() not in repr(listed)


async def test_a_revoked_key_lets_nobody_in_and_keeps_its_first_time(keys: KeyStore, tenant_id: str) -> None:
    issued = await keys.create_key(tenant_id=tenant_id, project_id="shop", scope=Scope.READ, now=NOW)

    first = await keys.revoke_key(issued.key_id, now=NOW)
    again = await keys.revoke_key(issued.key_id, now=NOW + timedelta(days=1))

    assert (first.revoked_at, again.revoked_at) == (NOW, NOW)
    with pytest.raises(Unauthenticated):
        await keys.find_principal(key_id=issued.key_id, secret_sha256=issued.secret_sha256)


async def test_revoking_a_key_that_is_not_there_is_not_found(keys: KeyStore) -> None:
    with pytest.raises(NotFound):
        await keys.revoke_key("A" * 12, now=NOW)


@pytest.mark.parametrize("name", ["", "a/b", "a b", "x" * 65, "nul\x00", "ä"])
async def test_a_name_that_streams_could_not_carry_is_refused(keys: KeyStore, name: str) -> None:
    with pytest.raises(RequestInvalid) as as_tenant:
        await keys.create_key(tenant_id=name, project_id="shop", scope=Scope.READ, now=NOW)
    with pytest.raises(RequestInvalid) as as_project:
        await keys.create_key(tenant_id="acme", project_id=name, scope=Scope.READ, now=NOW)

    assert (as_tenant.value.context["path"], as_project.value.context["path"]) == ("tenant", "project")


async def test_a_project_lists_and_revokes_its_own_keys_only(keys: KeyStore, tenant_id: str) -> None:
    mine = await keys.create_key(tenant_id=tenant_id, project_id="blog", scope=Scope.READ, now=NOW)
    owner = {"tenant_id": tenant_id, "project_id": "blog"}

    for stranger in ({**owner, "project_id": "shop"}, {**owner, "tenant_id": "somebody-else"}):
        with pytest.raises(NotFound):
            await keys.revoke_project_key(mine.key_id, **stranger, now=NOW)
    await keys.revoke_project_key(mine.key_id, **owner, now=NOW)
    await keys.revoke_project_key(mine.key_id, **owner, now=NOW + timedelta(days=1))

    (listed,) = await keys.project_keys(**owner)
    assert (listed.key_id, listed.revoked_at) == (mine.key_id, NOW)
    with pytest.raises(Unauthenticated):
        await keys.find_principal(key_id=mine.key_id, secret_sha256=mine.secret_sha256)
