from typing import Any

import pytest

from traceflow.models.access.scope import Scope

KEYS = "/api/v1/keys"


async def test_a_key_is_made_for_the_project_and_told_once(world: Any) -> None:
    async with await world.browser() as browser:
        made = await browser.post(f"{KEYS}?project_id=shop", json={"scope": "ingest"})
        listed = await browser.get(f"{KEYS}?project_id=shop")
        elsewhere = await browser.get(f"{KEYS}?project_id=blog")

    assert made.status_code == 201
    key, key_id = made.json()["key"], made.json()["key_id"]
    assert key.startswith(f"tf_ingest_{key_id}_")
    assert listed.json()["items"] == [
        {
            "key_id": key_id,
            "project_id": "shop",
            "scope": "ingest",
            "created_at_ms": 1_700_000_000_000,
            "revoked_at_ms": None,
            "start": f"tf_ingest_{key_id}_…",
        }
    ]
    assert key.rpartition("_")[2] not in listed.text
    assert elsewhere.json()["items"] == []
    assert made.headers["cache-control"] == "no-store"


async def test_a_revoked_key_stays_in_the_list_with_its_time(world: Any) -> None:
    async with await world.browser() as browser:
        key_id = (await browser.post(KEYS, json={"scope": "read"})).json()["key_id"]
        world.clock.passed_s = 2
        revoked = await browser.delete(f"{KEYS}/{key_id}")
        (listed,) = (await browser.get(KEYS)).json()["items"]

    assert (revoked.status_code, revoked.content) == (204, b"")
    assert listed["revoked_at_ms"] == 1_700_000_002_000


@pytest.mark.parametrize("key_id", ["unknown", "a b", "%00", "x" * 65, "..%2f"])
async def test_revoking_a_key_that_is_not_there_is_not_found(world: Any, key_id: str) -> None:
    async with await world.browser() as browser:
        assert (await browser.delete(f"{KEYS}/{key_id}")).status_code == 404


async def test_a_key_of_another_project_cannot_be_revoked(world: Any) -> None:
    async with await world.browser() as browser:
        made = await browser.post(f"{KEYS}?project_id=shop", json={"scope": "read"})
        answer = await browser.delete(f"{KEYS}/{made.json()['key_id']}?project_id=blog")

    assert answer.status_code == 404
    assert world.register.records[0].revoked_at is None


@pytest.mark.parametrize("body", [{}, {"scope": "root"}, {"scope": None}, [], {"scope": ["read"]}])
async def test_a_scope_that_is_none_is_refused(world: Any, body: object) -> None:
    async with await world.browser() as browser:
        answer = await browser.post(KEYS, json=body)

    assert (answer.status_code, answer.json()["code"]) == (400, "request_invalid")


async def test_a_read_key_sees_no_keys(world: Any) -> None:
    async with world.client(world.keys.issue(Scope.READ)) as reader:
        answer = await reader.get(KEYS)

    assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")
