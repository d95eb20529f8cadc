import asyncio
import hashlib

import pytest

from traceflow.models.access.scope import Principal, Scope
from traceflow.models.errors import Forbidden, StoreUnavailable, TraceFlowError, Unauthenticated
from traceflow.serve.access import CACHE_TTL_S, OUTAGE_TTL_S, Authenticator, bearer_token, require_scope

SECRET = "S" * 43
TOKEN = f"tf_read_{'k' * 12}_{SECRET}"
OWNER = Principal(key_id="k" * 12, tenant_id="acme", project_id="shop", scope=Scope.READ)


class Directory:
    def __init__(self) -> None:
        self.lookups = 0
        self.owners = {(OWNER.key_id, hashlib.sha256(SECRET.encode()).digest()): OWNER}
        self.failure: TraceFlowError | None = None

    async def find_principal(self, *, key_id: str, secret_sha256: bytes) -> Principal:
        self.lookups += 1
        await asyncio.sleep(0)
        if self.failure:
            raise self.failure
        if (key_id, secret_sha256) not in self.owners:
            raise Unauthenticated("This API key is unknown or revoked.")
        return self.owners[key_id, secret_sha256]


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def directory() -> Directory:
    return Directory()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def authenticator(directory: Directory, clock: Clock) -> Authenticator:
    return Authenticator(directory, clock=clock)


async def test_a_known_key_is_its_owner(authenticator: Authenticator) -> None:
    assert await authenticator.authenticate(TOKEN) == OWNER


async def test_a_key_is_looked_up_once_within_the_cache_time(
    authenticator: Authenticator, directory: Directory
) -> None:
    for _ in range(10):
        await authenticator.authenticate(TOKEN)

    assert directory.lookups == 1


async def test_many_requests_at_once_share_one_lookup(
    authenticator: Authenticator, directory: Directory
) -> None:
    owners = await asyncio.gather(*(authenticator.authenticate(TOKEN) for _ in range(64)))

    assert set(owners) == {OWNER}
    assert directory.lookups == 1


async def test_a_revoked_key_is_refused_once_the_cache_time_is_over(
    authenticator: Authenticator, directory: Directory, clock: Clock
) -> None:
    await authenticator.authenticate(TOKEN)
    directory.owners.clear()

    clock.now += CACHE_TTL_S

    with pytest.raises(Unauthenticated):
        await authenticator.authenticate(TOKEN)


async def test_an_unknown_key_is_asked_for_once_within_the_cache_time(
    authenticator: Authenticator, directory: Directory
) -> None:
    for _ in range(5):
        with pytest.raises(Unauthenticated):
            await authenticator.authenticate(f"tf_read_{'x' * 12}_{SECRET}")

    assert directory.lookups == 1


@pytest.mark.parametrize(
    "token",
    [
        None,
        "",
        "tf_read",
        "Bearer",
        TOKEN + "x",
        TOKEN.replace("read", "root"),
        TOKEN.replace("read", "admin"),
        "\ud800" * 66,
        "t" * 100_000,
    ],
)
async def test_what_is_no_key_is_refused(authenticator: Authenticator, token: str | None) -> None:
    with pytest.raises(Unauthenticated):
        await authenticator.authenticate(token)


async def test_a_failed_lookup_is_not_remembered(authenticator: Authenticator, directory: Directory) -> None:
    directory.failure = StoreUnavailable("down")
    with pytest.raises(StoreUnavailable):
        await authenticator.authenticate(TOKEN)

    directory.failure = None

    assert await authenticator.authenticate(TOKEN) == OWNER


async def test_a_key_that_the_store_knew_lately_is_let_in_while_the_store_is_away(
    authenticator: Authenticator, directory: Directory, clock: Clock
) -> None:
    await authenticator.authenticate(TOKEN)
    directory.failure = StoreUnavailable("down")
    clock.now += OUTAGE_TTL_S - 1

    assert await authenticator.authenticate(TOKEN) == OWNER
    asked = directory.lookups
    assert await authenticator.authenticate(TOKEN) == OWNER
    assert directory.lookups == asked


async def test_an_outage_does_not_keep_a_key_alive_for_ever(
    authenticator: Authenticator, directory: Directory, clock: Clock
) -> None:
    await authenticator.authenticate(TOKEN)
    directory.failure = StoreUnavailable("down")
    for _ in range(int(OUTAGE_TTL_S) + 1):
        clock.now += 1
        await asyncio.gather(authenticator.authenticate(TOKEN), return_exceptions=True)

    with pytest.raises(StoreUnavailable):
        await authenticator.authenticate(TOKEN)


async def test_a_key_revoked_during_an_outage_is_refused_once_the_store_is_back(
    authenticator: Authenticator, directory: Directory, clock: Clock
) -> None:
    await authenticator.authenticate(TOKEN)
    directory.failure = StoreUnavailable("down")
    clock.now += CACHE_TTL_S + 1
    await authenticator.authenticate(TOKEN)
    directory.failure = None
    directory.owners.clear()
    clock.now += CACHE_TTL_S + 1

    with pytest.raises(Unauthenticated):
        await authenticator.authenticate(TOKEN)


async def test_a_client_that_hangs_up_does_not_cancel_the_lookup_of_others(
    authenticator: Authenticator, directory: Directory
) -> None:
    first = asyncio.create_task(authenticator.authenticate(TOKEN))
    second = asyncio.create_task(authenticator.authenticate(TOKEN))
    await asyncio.sleep(0)

    first.cancel()

    assert await second == OWNER
    assert directory.lookups == 1


def test_a_scope_that_is_not_allowed_is_forbidden() -> None:
    require_scope(OWNER, {Scope.READ, Scope.ADMIN})
    with pytest.raises(Forbidden):
        require_scope(OWNER, {Scope.ADMIN})


@pytest.mark.parametrize(
    ("header", "token"),
    [
        ("Bearer abc", "abc"),
        ("bearer  abc ", "abc"),
        ("Basic abc", None),
        ("Bearer", None),
        ("", None),
        (None, None),
    ],
)
def test_only_a_bearer_header_carries_a_key(header: str | None, token: str | None) -> None:
    assert bearer_token(header) == token
