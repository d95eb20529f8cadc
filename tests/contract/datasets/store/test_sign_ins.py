import asyncio
import secrets
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from traceflow.datasets.store.key_store import KeyStore
from traceflow.datasets.store.memory_sign_ins import MemorySignIns
from traceflow.datasets.store.user_store import UserStore
from traceflow.models.access.scope import Scope
from traceflow.models.access.web_session import (
    SIGN_IN_TOKEN_LIFETIME,
    WEB_SESSION_LIFETIME,
    SignedIn,
    new_web_secret,
)
from traceflow.models.errors import SignInExpired, Unauthenticated
from traceflow.models.ports import SignIns

NOW = datetime(2026, 1, 2, tzinfo=UTC)
A_MOMENT = timedelta(milliseconds=1)


def digest() -> bytes:
    return new_web_secret(choose=secrets.choice).sha256


@dataclass(frozen=True)
class Door:
    sign_ins: SignIns
    tenant_id: str
    token: Callable[[], Awaitable[bytes]]


def memory_door(tenant_id: str) -> Door:
    memory = MemorySignIns()
    user = SignedIn(user_id="user-1", name="admin", tenant_id=tenant_id, projects=("blog", "shop"))

    async def give() -> bytes:
        token = digest()
        memory.give_token(user, token_sha256=token, now=NOW)
        return token

    return Door(memory, tenant_id, give)


@pytest.fixture(params=["memory", pytest.param("postgres", marks=pytest.mark.integration)])
def door(request: pytest.FixtureRequest) -> Door:
    tenant_id = f"t-{uuid.uuid4().hex[:10]}"
    if request.param == "memory":
        return memory_door(tenant_id)
    database = request.getfixturevalue("database")
    keys, users = KeyStore(database), UserStore(database)

    async def give() -> bytes:
        await users.ensure_user(tenant_id=tenant_id, name="admin", now=NOW)
        if not await keys.project_keys(tenant_id=tenant_id, project_id="shop"):
            for project_id in ("shop", "blog"):
                await keys.create_key(tenant_id=tenant_id, project_id=project_id, scope=Scope.READ, now=NOW)
        return (await users.new_sign_in_token(tenant_id=tenant_id, name="admin", now=NOW)).sha256

    return Door(users, tenant_id, give)


async def test_a_token_becomes_a_session_of_its_user_with_the_tenants_projects(door: Door) -> None:
    session = digest()

    begun = await door.sign_ins.begin_session(
        token_sha256=await door.token(), session_sha256=session, now=NOW
    )
    found = await door.sign_ins.find_session(session_sha256=session, now=NOW)

    assert found == begun
    assert (begun.name, begun.tenant_id, begun.projects) == ("admin", door.tenant_id, ("blog", "shop"))


async def test_a_token_is_spent_by_its_first_use(door: Door) -> None:
    token, second = await door.token(), digest()
    await door.sign_ins.begin_session(token_sha256=token, session_sha256=digest(), now=NOW)

    with pytest.raises(SignInExpired):
        await door.sign_ins.begin_session(token_sha256=token, session_sha256=second, now=NOW)
    with pytest.raises(Unauthenticated):
        await door.sign_ins.find_session(session_sha256=second, now=NOW)


async def test_of_those_who_spend_a_token_at_once_one_gets_in(door: Door) -> None:
    token = await door.token()

    ends = await asyncio.gather(
        *(
            door.sign_ins.begin_session(token_sha256=token, session_sha256=digest(), now=NOW)
            for _ in range(5)
        ),
        return_exceptions=True,
    )

    assert sorted(type(end).__name__ for end in ends) == ["SignInExpired"] * 4 + ["SignedIn"]


async def test_a_token_works_until_its_time_is_over(door: Door) -> None:
    in_time, late = await door.token(), await door.token()
    end = NOW + SIGN_IN_TOKEN_LIFETIME

    await door.sign_ins.begin_session(token_sha256=in_time, session_sha256=digest(), now=end - A_MOMENT)

    with pytest.raises(SignInExpired):
        await door.sign_ins.begin_session(token_sha256=late, session_sha256=digest(), now=end)


async def test_a_session_lasts_until_its_time_is_over(door: Door) -> None:
    session = digest()
    await door.sign_ins.begin_session(token_sha256=await door.token(), session_sha256=session, now=NOW)
    end = NOW + WEB_SESSION_LIFETIME

    await door.sign_ins.find_session(session_sha256=session, now=end - A_MOMENT)

    with pytest.raises(Unauthenticated):
        await door.sign_ins.find_session(session_sha256=session, now=end)


async def test_an_ended_session_is_gone_and_others_are_not(door: Door) -> None:
    ended, other = digest(), digest()
    for session in (ended, other):
        await door.sign_ins.begin_session(token_sha256=await door.token(), session_sha256=session, now=NOW)

    for _ in range(2):
        await door.sign_ins.end_session(session_sha256=ended, tenant_id=door.tenant_id)

    assert await door.sign_ins.find_session(session_sha256=other, now=NOW)
    with pytest.raises(Unauthenticated):
        await door.sign_ins.find_session(session_sha256=ended, now=NOW)


async def test_another_tenant_cannot_end_a_session(door: Door) -> None:
    session = digest()
    await door.sign_ins.begin_session(token_sha256=await door.token(), session_sha256=session, now=NOW)

    await door.sign_ins.end_session(session_sha256=session, tenant_id="somebody-else")

    assert await door.sign_ins.find_session(session_sha256=session, now=NOW)


async def test_an_unknown_secret_is_refused(door: Door) -> None:
    with pytest.raises(SignInExpired):
        await door.sign_ins.begin_session(token_sha256=digest(), session_sha256=digest(), now=NOW)
    with pytest.raises(Unauthenticated):
        await door.sign_ins.find_session(session_sha256=digest(), now=NOW)
