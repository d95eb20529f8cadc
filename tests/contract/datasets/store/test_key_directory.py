import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest

from traceflow.datasets.store.key_store import KeyStore
from traceflow.datasets.store.memory_key_directory import MemoryKeyDirectory
from traceflow.models.access.api_key import IssuedApiKey, new_api_key
from traceflow.models.access.scope import Principal, Scope
from traceflow.models.errors import Unauthenticated
from traceflow.models.ports import KeyDirectory

NOW = datetime(2026, 1, 2, tzinfo=UTC)


@dataclass(frozen=True)
class Keys:
    directory: KeyDirectory
    issue: Callable[[str, Scope], Awaitable[IssuedApiKey]]
    revoke: Callable[[str], Awaitable[object]]


def memory_keys() -> Keys:
    directory = MemoryKeyDirectory()
    numbers = iter(range(10**6))

    async def issue(tenant_id: str, scope: Scope) -> IssuedApiKey:
        issued = new_api_key(scope, choose=lambda letters: letters[next(numbers) % len(letters)])
        principal = Principal(key_id=issued.key_id, tenant_id=tenant_id, project_id="shop", scope=scope)
        directory.add(principal, secret_sha256=issued.secret_sha256)
        return issued

    async def revoke(key_id: str) -> None:
        directory.revoke(key_id)

    return Keys(directory, issue, revoke)


@pytest.fixture(params=["memory", pytest.param("postgres", marks=pytest.mark.integration)])
def keys(request: pytest.FixtureRequest) -> Keys:
    if request.param == "memory":
        return memory_keys()
    store = KeyStore(request.getfixturevalue("database"))

    async def issue(tenant_id: str, scope: Scope) -> IssuedApiKey:
        return await store.create_key(tenant_id=tenant_id, project_id="shop", scope=scope, now=NOW)

    async def revoke(key_id: str) -> None:
        await store.revoke_key(key_id, now=NOW)

    return Keys(store, issue, revoke)


@pytest.fixture
def tenant_id() -> str:
    return f"t-{uuid.uuid4().hex[:10]}"


async def test_a_key_speaks_for_its_project_with_its_scope(keys: Keys, tenant_id: str) -> None:
    issued = await keys.issue(tenant_id, Scope.INGEST)

    principal = await keys.directory.find_principal(key_id=issued.key_id, secret_sha256=issued.secret_sha256)

    assert principal == Principal(
        key_id=issued.key_id, tenant_id=tenant_id, project_id="shop", scope=Scope.INGEST
    )


async def test_an_unknown_key_a_wrong_secret_and_a_revoked_key_are_told_alike(
    keys: Keys, tenant_id: str
) -> None:
    issued, revoked = await keys.issue(tenant_id, Scope.READ), await keys.issue(tenant_id, Scope.READ)
    await keys.revoke(revoked.key_id)

    told = set()
    for key_id, digest in (
        ("A" * 12, issued.secret_sha256),
        (issued.key_id, b"\x00" * 32),
        (issued.key_id, b""),
        (issued.key_id, revoked.secret_sha256),
        (revoked.key_id, revoked.secret_sha256),
    ):
        with pytest.raises(Unauthenticated) as refused:
            await keys.directory.find_principal(key_id=key_id, secret_sha256=digest)
        told.add(refused.value.message)

    assert len(told) == 1
