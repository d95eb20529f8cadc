import uuid

import pytest

from traceflow.datasets.vault.memory_tenant_keys import MemoryTenantKeys
from traceflow.datasets.vault.tenant_keys import StoredTenantKeys
from traceflow.models.ports import TenantKeys

LABELS = ("token", "content_hash", "archive")


@pytest.fixture(params=["memory", pytest.param("postgres", marks=pytest.mark.integration)])
def keys(request: pytest.FixtureRequest) -> TenantKeys:
    if request.param == "memory":
        return MemoryTenantKeys()
    return StoredTenantKeys(request.getfixturevalue("database"), root_key=b"r" * 32)


@pytest.fixture
def tenants() -> tuple[str, str]:
    return f"t-{uuid.uuid4().hex}", f"t-{uuid.uuid4().hex}"


async def test_every_tenant_and_label_has_a_key_of_its_own(
    keys: TenantKeys, tenants: tuple[str, str]
) -> None:
    derived = [await keys.derived_key(tenant, label=label) for tenant in tenants for label in LABELS]

    assert len(set(derived)) == len(derived)
    assert {len(key) for key in derived} == {32}


async def test_a_key_stays_the_same(keys: TenantKeys, tenants: tuple[str, str]) -> None:
    first = await keys.derived_key(tenants[0], label="token")

    assert await keys.derived_key(tenants[0], label="token") == first
