from typing import Any

import httpx
import pytest

from traceflow.models.access.scope import Scope
from traceflow.models.errors import StoreUnavailable
from traceflow.serve.access import CACHE_TTL_S

SIGN_IN = "/api/v1/sign-in"
ME = "/api/v1/me"
WEEK_S = 7 * 24 * 60 * 60


def problem_of(answer: httpx.Response) -> tuple[int, str]:
    assert answer.headers["content-type"] == "application/problem+json"
    return answer.status_code, answer.json()["code"]


async def test_a_sign_in_link_makes_a_session_that_scripts_and_other_sites_cannot_use(world: Any) -> None:
    async with world.client(None) as client:
        answer = await client.post(SIGN_IN, json={"token": world.users.token()})

    assert answer.status_code == 200
    assert answer.json()["user"] == {"user_id": "user-1", "name": "admin"}
    assert answer.json()["tenant_id"] == "acme"
    assert answer.json()["projects"] == [{"project_id": "blog"}, {"project_id": "shop"}]
    assert answer.headers["cache-control"] == "no-store"
    cookie, *attributes = answer.headers["set-cookie"].split("; ")
    assert cookie.startswith("tf_session=")
    assert len(cookie) == len("tf_session=") + 43
    assert set(attributes) == {"Path=/", "Max-Age=604800", "HttpOnly", "SameSite=Strict"}
    assert cookie.partition("=")[2] not in answer.text


@pytest.mark.parametrize(
    ("forwarded", "is_secure"), [("https", True), ("HTTPS, http", True), ("http", False), (None, False)]
)
async def test_behind_tls_the_cookie_never_travels_without_it(
    world: Any, forwarded: str | None, is_secure: bool
) -> None:
    headers = {} if forwarded is None else {"x-forwarded-proto": forwarded}
    async with world.client(None) as client:
        answer = await client.post(SIGN_IN, json={"token": world.users.token()}, headers=headers)

    assert ("; Secure" in answer.headers["set-cookie"]) is is_secure


async def test_a_sign_in_link_works_once(world: Any) -> None:
    token = world.users.token()
    async with world.client(None) as client:
        await client.post(SIGN_IN, json={"token": token})
        again = await client.post(SIGN_IN, json={"token": token})

    assert problem_of(again) == (401, "sign_in_expired")
    assert "set-cookie" not in again.headers


async def test_a_sign_in_link_works_for_a_quarter_of_an_hour(world: Any) -> None:
    token = world.users.token()
    world.clock.passed_s = 15 * 60
    async with world.client(None) as client:
        answer = await client.post(SIGN_IN, json={"token": token})

    assert problem_of(answer) == (401, "sign_in_expired")


@pytest.mark.parametrize("token", ["", "x", "x" * 43, "x" * 10_000, "a b", "tf_admin_" + "x" * 56])
async def test_what_is_no_sign_in_token_is_refused_alike(world: Any, token: str) -> None:
    async with world.client(None) as client:
        assert problem_of(await client.post(SIGN_IN, json={"token": token})) == (401, "sign_in_expired")


@pytest.mark.parametrize(
    ("content", "content_type", "expected"),
    [
        (b"token=x", "application/x-www-form-urlencoded", (415, "unsupported_encoding")),
        (b'{"token":"x"}', "text/plain", (415, "unsupported_encoding")),
        (b"", "application/json", (400, "request_invalid")),
        (b"{}", "application/json", (400, "request_invalid")),
        (b'{"token":1}', "application/json", (400, "request_invalid")),
        (b'{"token":"\xff"}', "application/json", (400, "request_invalid")),
        (b"[" * 100_00, "application/json", (400, "request_invalid")),
        (b'{"token":"%b"}' % (b"x" * 70_000), "application/json", (413, "envelope_too_large")),
    ],
)
async def test_a_sign_in_that_is_no_small_json_document_is_refused(
    world: Any, content: bytes, content_type: str, expected: tuple[int, str]
) -> None:
    async with world.client(None) as client:
        answer = await client.post(SIGN_IN, content=content, headers={"content-type": content_type})

    assert problem_of(answer) == expected


async def test_nobody_is_signed_in_without_a_cookie_with_a_wrong_one_or_with_a_key(world: Any) -> None:
    async with world.client(None) as client:
        assert problem_of(await client.get(ME)) == (401, "unauthenticated")
        for cookie in ("x" * 43, "x", "", '"', "\xff"):
            headers = {"cookie": f"tf_session={cookie}".encode("latin-1")}
            assert problem_of(await client.get(ME, headers=headers)) == (401, "unauthenticated")
    async with world.client(world.keys.issue(Scope.ADMIN)) as client:
        assert problem_of(await client.get(ME)) == (401, "unauthenticated")


async def test_a_session_lasts_seven_days(world: Any) -> None:
    async with await world.browser() as browser:
        world.clock.passed_s = WEEK_S - 1
        assert (await browser.get(ME)).status_code == 200

        world.clock.passed_s += CACHE_TTL_S + 1

        assert problem_of(await browser.get(ME)) == (401, "unauthenticated")


async def test_me_tells_the_same_csrf_token_again(world: Any) -> None:
    async with await world.browser() as browser:
        answer = await browser.get(ME)

        assert answer.json()["csrf_token"] == browser.headers["x-traceflow-csrf"]


async def test_two_sessions_have_csrf_tokens_of_their_own(world: Any) -> None:
    async with await world.browser() as one, await world.browser() as other:
        answer = await one.post(
            "/api/v1/views",
            json={"name": "n", "query": ""},
            headers={"x-traceflow-csrf": other.headers["x-traceflow-csrf"]},
        )

    assert problem_of(answer) == (403, "csrf")


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/api/v1/sessions/s-1/analyze"),
        ("POST", "/api/v1/detect"),
        ("POST", "/api/v1/keys"),
        ("DELETE", "/api/v1/keys/abc"),
        ("POST", "/api/v1/views"),
        ("POST", "/api/v1/sign-out"),
        ("PATCH", "/api/v1/nothing"),
    ],
)
async def test_a_browser_changes_nothing_without_the_csrf_token(world: Any, method: str, path: str) -> None:
    async with await world.browser() as browser:
        token = browser.headers.pop("x-traceflow-csrf")
        for headers in ({}, {"x-traceflow-csrf": ""}, {"x-traceflow-csrf": token[:-1]}):
            assert problem_of(await browser.request(method, path, headers=headers)) == (403, "csrf")

    assert world.starter.started == []
    assert world.register.records == []


async def test_a_browser_reads_without_a_csrf_token_and_analyses_with_one(world: Any) -> None:
    async with await world.browser(projects=("shop",)) as browser:
        token = browser.headers.pop("x-traceflow-csrf")
        assert (await browser.get("/api/v1/sessions/s-1")).status_code == 200

        answer = await browser.post("/api/v1/sessions/s-1/analyze", headers={"x-traceflow-csrf": token})

    assert answer.status_code == 202
    assert len(world.starter.started) == 1


async def test_the_key_of_a_request_counts_and_not_its_cookie(world: Any) -> None:
    other = world.keys.issue(Scope.READ, project_id="blog")
    async with await world.browser() as browser:
        in_blog = await browser.get("/api/v1/sessions", headers={"authorization": f"Bearer {other}"})
        refused = await browser.post("/api/v1/keys", headers={"authorization": f"Bearer {other}"})
        unknown = await browser.get("/api/v1/sessions", headers={"authorization": "Bearer nonsense"})
        other_scheme = await browser.get("/api/v1/sessions", headers={"authorization": "Basic eDp5"})

    assert in_blog.json()["items"] == []
    assert problem_of(refused) == (403, "forbidden")
    assert problem_of(unknown) == problem_of(other_scheme) == (401, "unauthenticated")


async def test_a_key_needs_no_csrf_token_even_beside_a_cookie(world: Any) -> None:
    key = world.keys.issue(Scope.ADMIN)
    async with await world.browser() as browser:
        del browser.headers["x-traceflow-csrf"]
        answer = await browser.post(
            "/api/v1/sessions/s-1/analyze", headers={"authorization": f"Bearer {key}"}
        )

    assert answer.status_code == 202


async def test_a_browser_switches_between_the_projects_of_its_tenant(world: Any) -> None:
    async with await world.browser(projects=("blog", "shop")) as browser:
        first = await browser.get("/api/v1/sessions")
        shop = await browser.get("/api/v1/sessions", params={"project_id": "shop"})

    assert first.json()["items"] == []
    assert [item["session_id"] for item in shop.json()["items"]] == ["s-1"]


async def test_a_browser_begins_in_the_project_default_where_there_is_one(world: Any) -> None:
    async with await world.browser(projects=("a", "default", "shop")) as browser:
        await browser.post("/api/v1/views", json={"name": "n", "query": ""})

    assert [place[:2] for place in world.views.kept] == [("acme", "default")]


@pytest.mark.parametrize("project_id", ["rival", "", "shop ", "..", "%C3%A9", "SHOP"])
async def test_a_project_of_others_is_not_there(world: Any, project_id: str) -> None:
    async with await world.browser() as browser:
        answer = await browser.get(f"/api/v1/sessions?project_id={project_id}")

    assert problem_of(answer) == (404, "not_found")


async def test_a_key_cannot_name_another_project_than_its_own(reader: httpx.AsyncClient) -> None:
    assert problem_of(await reader.get("/api/v1/sessions?project_id=blog")) == (404, "not_found")
    assert (await reader.get("/api/v1/sessions?project_id=shop")).status_code == 200


async def test_a_tenant_without_projects_shows_nothing(world: Any) -> None:
    async with await world.browser(projects=()) as browser:
        assert problem_of(await browser.get("/api/v1/sessions")) == (404, "not_found")


async def test_what_is_not_utf_8_in_a_browsers_query_is_refused(world: Any) -> None:
    async with await world.browser() as browser:
        answer = await browser.get(httpx.URL("http://api/api/v1/sessions", query=b"project_id=%ff"))

    assert problem_of(answer) == (400, "request_invalid")


async def test_signing_out_ends_the_session_at_once_and_takes_the_cookie_away(world: Any) -> None:
    async with await world.browser() as browser:
        cookie = browser.cookies["tf_session"]
        answer = await browser.post("/api/v1/sign-out")
        again = await browser.get(ME, headers={"cookie": f"tf_session={cookie}"})

    assert answer.status_code == 204
    assert answer.headers["set-cookie"].startswith("tf_session=; Path=/; Max-Age=0;")
    assert problem_of(again) == (401, "unauthenticated")


async def test_an_ended_session_is_refused_elsewhere_within_the_cache_time(world: Any) -> None:
    async with await world.browser() as browser:
        await browser.get(ME)
        for digest in list(world.users.sign_ins._sessions):
            await world.users.sign_ins.end_session(session_sha256=digest, tenant_id="acme")

        world.clock.passed_s += CACHE_TTL_S

        assert problem_of(await browser.get(ME)) == (401, "unauthenticated")


async def test_a_session_is_looked_up_once_within_the_cache_time(
    world: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with await world.browser() as browser:
        await browser.get(ME)

        async def down(**_: object) -> None:
            raise StoreUnavailable("down")

        monkeypatch.setattr(world.users.sign_ins, "find_session", down)

        assert (await browser.get(ME)).status_code == 200


async def test_the_feed_takes_the_cookie_and_the_project(world: Any) -> None:
    async with await world.browser() as browser:
        refused = await browser.get("/api/v1/stream?project_id=rival")
        bad_position = await browser.get(
            "/api/v1/stream?project_id=shop", headers={"last-event-id": "nonsense"}
        )

    assert problem_of(refused) == (404, "not_found")
    assert problem_of(bad_position) == (400, "request_invalid")
