import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest

pytestmark = pytest.mark.e2e


def token_of(link: str, url: str) -> str:
    page, _, token = link.strip().partition("#token=")
    assert page == f"{url}/sign-in"
    return token


@contextmanager
def signed_in(url: str, token: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=url, timeout=30, trust_env=False) as browser:
        answer = browser.post("/api/v1/sign-in", json={"token": token})
        assert answer.status_code == 200, answer.text
        browser.headers["x-traceflow-csrf"] = answer.json()["csrf_token"]
        yield browser


def test_the_link_of_up_signs_the_first_user_in_once(stack: Any) -> None:
    told = json.loads(stack.run("up", "--json").stdout)
    token = token_of(told["sign_in_url"], stack.url)

    with signed_in(stack.url, token) as browser:
        me = browser.get("/api/v1/me").json()
        sessions = browser.get("/api/v1/sessions", params={"project_id": "default"})
        again = browser.post("/api/v1/sign-in", json={"token": token})

    assert (me["user"]["name"], me["tenant_id"]) == ("admin", "default")
    assert {"project_id": "default"} in me["projects"]
    assert sessions.status_code == 200
    assert (again.status_code, again.json()["code"]) == (401, "sign_in_expired")


def test_the_command_prints_a_fresh_link_and_nothing_else_on_stdout(stack: Any) -> None:
    first, second = stack.run("sign-in"), stack.run("sign-in", "--json")

    tokens = {
        token_of(first.stdout, stack.url),
        token_of(json.loads(second.stdout)["sign_in_url"], stack.url),
    }
    assert len(tokens) == 2
    assert first.stdout.count("\n") == 1


def test_up_in_words_shows_the_link_and_the_script_tag(stack: Any) -> None:
    told = stack.run("up", "--detach").stdout

    assert f"{stack.url}/sign-in#token=" in told
    assert f'<script async src="{stack.url}/ingest/v1/sdk.js" data-key="{stack.ingest_key}"></script>' in told


def test_the_dashboards_page_comes_through_the_stacks_own_door(stack: Any) -> None:
    with httpx.Client(base_url=stack.url, timeout=30, trust_env=False) as browser:
        page = browser.get("/p/default/sessions")
        api = browser.get("/api/v1/nothing")

    assert page.headers["content-type"].startswith("text/html")
    assert "frame-ancestors 'none'" in page.headers["content-security-policy"]
    assert api.headers["content-type"] == "application/problem+json"


def test_a_key_revoked_in_the_dashboard_is_not_told_by_up_any_more(toolbox: Any, environment: Any) -> None:
    with toolbox.running_stack(environment) as stack:
        key_id = stack.ingest_key.split("_")[2]
        with signed_in(stack.url, token_of(stack.run("sign-in").stdout, stack.url)) as browser:
            browser.delete(f"/api/v1/keys/{key_id}").raise_for_status()

        told = json.loads(stack.run("up", "--json").stdout)

    assert told["ingest_key"] is None
    assert told["read_key"] == stack.read_key


def test_no_log_of_the_stack_holds_a_sign_in_token(stack: Any) -> None:
    token = token_of(stack.run("sign-in").stdout, stack.url)
    with signed_in(stack.url, token) as browser:
        session = browser.cookies["tf_session"]
        browser.get("/api/v1/me")

    logs = [path for path in (stack.data_dir / "logs").rglob("*") if path.is_file()]
    assert logs
    for path in logs:
        content = path.read_bytes()
        assert token.encode() not in content, path
        assert session.encode() not in content, path
