from typing import Any

import pytest

from traceflow.models.access.scope import Scope

VIEWS = "/api/v1/views"


async def test_a_view_is_kept_for_its_project_until_it_is_removed(world: Any) -> None:
    async with await world.browser() as browser:
        made = await browser.post(
            f"{VIEWS}?project_id=shop", json={"name": " Angry checkouts ", "query": "signal=rage_click&q=%2F"}
        )
        listed = (await browser.get(f"{VIEWS}?project_id=shop")).json()["items"]
        elsewhere = (await browser.get(f"{VIEWS}?project_id=blog")).json()["items"]
        removed = await browser.delete(f"{VIEWS}/{made.json()['view_id']}?project_id=shop")
        again = await browser.delete(f"{VIEWS}/{made.json()['view_id']}?project_id=shop")

    assert made.status_code == 201
    assert listed == [made.json()]
    assert made.json() == {
        "view_id": made.json()["view_id"],
        "name": "Angry checkouts",
        "query": "signal=rage_click&q=%2F",
        "created_at_ms": 1_700_000_000_000,
    }
    assert elsewhere == []
    assert (removed.status_code, again.status_code) == (204, 404)


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({"query": ""}, "name"),
        ({"name": "n"}, "query"),
        ({"name": "  ", "query": ""}, "name"),
        ({"name": "n" * 101, "query": ""}, "name"),
        ({"name": "a\u0000b", "query": ""}, "name"),
        ({"name": "a\nb", "query": ""}, "name"),
        ({"name": "n", "query": "q" * 2001}, "query"),
        ({"name": "n", "query": "\u0000"}, "query"),
        ({"name": 7, "query": ""}, "name"),
    ],
)
async def test_a_view_that_does_not_fit_is_refused_by_its_field(world: Any, body: object, path: str) -> None:
    async with await world.browser() as browser:
        answer = await browser.post(VIEWS, json=body)

    assert (answer.status_code, answer.json()["code"], answer.json()["path"]) == (
        400,
        "request_invalid",
        path,
    )


async def test_a_read_key_sees_views_and_keeps_none(world: Any) -> None:
    async with world.client(world.keys.issue(Scope.READ)) as reader:
        assert (await reader.get(VIEWS)).status_code == 200
        assert (await reader.post(VIEWS, json={"name": "n", "query": ""})).status_code == 403
        assert (await reader.delete(f"{VIEWS}/v")).status_code == 403
