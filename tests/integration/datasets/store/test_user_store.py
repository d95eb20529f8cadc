from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from sqlalchemy import text

from traceflow.datasets.store.database import Database
from traceflow.datasets.store.user_store import UserStore
from traceflow.models.access.web_session import SIGN_IN_TOKEN_LIFETIME, WEB_SESSION_LIFETIME
from traceflow.models.errors import NotFound

pytestmark = pytest.mark.integration

NOW = datetime(2026, 1, 2, tzinfo=UTC)


@pytest.fixture
async def users(database: Database, tenant_id: str) -> UserStore:
    users = UserStore(database)
    await users.ensure_user(tenant_id=tenant_id, name="admin", now=NOW)
    return users


async def sign_in(users: UserStore, tenant_id: str, *, session: bytes, now: datetime) -> str:
    token = await users.new_sign_in_token(tenant_id=tenant_id, name="admin", now=now)
    signed_in = await users.begin_session(token_sha256=token.sha256, session_sha256=session, now=now)
    return signed_in.user_id


async def test_a_user_is_made_once(users: UserStore, tenant_id: str) -> None:
    first = await sign_in(users, tenant_id, session=b"1" * 32 + b"", now=NOW)

    await users.ensure_user(tenant_id=tenant_id, name="admin", now=NOW + timedelta(days=1))

    assert await sign_in(users, tenant_id, session=tenant_id.encode().ljust(32), now=NOW) == first


async def test_nobody_gets_a_link_for_a_user_that_is_not_there(users: UserStore, tenant_id: str) -> None:
    with pytest.raises(NotFound):
        await users.new_sign_in_token(tenant_id=tenant_id, name="nobody", now=NOW)
    with pytest.raises(NotFound):
        await users.new_sign_in_token(tenant_id="somebody-else", name="admin", now=NOW)


async def test_expired_rows_go_when_others_are_made(
    users: UserStore, database: Database, tenant_id: str
) -> None:
    await users.new_sign_in_token(tenant_id=tenant_id, name="admin", now=NOW)
    await sign_in(users, tenant_id, session=b"a".ljust(16) + tenant_id.encode().ljust(16), now=NOW)
    later = NOW + WEB_SESSION_LIFETIME + SIGN_IN_TOKEN_LIFETIME

    await sign_in(users, tenant_id, session=b"b".ljust(16) + tenant_id.encode().ljust(16), now=later)

    async with database.tenant_transaction(tenant_id) as connection:
        assert (await connection.execute(text("SELECT count(*) FROM sign_in_tokens"))).scalar() == 0
        ends = (await connection.execute(text("SELECT expires_at FROM web_sessions"))).scalars().all()
    assert ends == [later + WEB_SESSION_LIFETIME]


async def test_the_database_holds_no_secret_of_a_sign_in(
    users: UserStore, tenant_id: str, superuser_url: str
) -> None:
    token = await users.new_sign_in_token(tenant_id=tenant_id, name="admin", now=NOW)

    with psycopg.connect(superuser_url) as connection:
        rows = connection.execute("SELECT t::text FROM sign_in_tokens t").fetchall()

    assert any(token.sha256.hex() in row for (row,) in rows)
    assert not any(token.text in row or token.text.encode().hex() in row for (row,) in rows)


async def test_naming_a_digest_shows_its_row_and_no_other(
    users: UserStore, database: Database, tenant_id: str
) -> None:
    first = await users.new_sign_in_token(tenant_id=tenant_id, name="admin", now=NOW)
    await users.new_sign_in_token(tenant_id=tenant_id, name="admin", now=NOW)

    async with database.service_transaction() as connection:
        await connection.execute(
            text("SELECT set_config('app.web_secret', :digest, true)"), {"digest": first.sha256.hex()}
        )
        seen = (await connection.execute(text("SELECT token_sha256 FROM sign_in_tokens"))).scalars().all()
        removed = await connection.execute(text("DELETE FROM sign_in_tokens"))

    assert [bytes(each) for each in seen] == [first.sha256]
    assert removed.rowcount == 0
