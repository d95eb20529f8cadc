import gzip
import json
from typing import Any

import httpx
import zstandard

BASE_MS = 1_700_000_000_000
DETECT = "/api/v1/detect"


def click(at_ms: int, **more: Any) -> dict[str, Any]:
    data = {"source": 2, "type": 2, "id": 7, "x": 10, "y": 10, **more}
    return {"type": 3, "timestamp": BASE_MS + at_ms, "data": data}


RAGE = [click(0), click(200), click(400), {"type": 3, "timestamp": BASE_MS + 60_000, "data": {"source": 1}}]


async def test_a_rage_click_is_found_with_its_events_and_score(reader: httpx.AsyncClient) -> None:
    answer = await reader.post(DETECT, json={"profile": "posthog", "parameters": {}, "events": RAGE})

    report = answer.json()
    rage = next(signal for signal in report["signals"] if signal["kind"] == "rage_click")
    assert set(report) == {"signals", "features", "frustration"}
    assert rage["event_indices"] == [0, 1, 2]
    assert rage["at_ms"] == BASE_MS + 400
    assert report["features"]["clicks"] == 3
    assert report["frustration"]["score"] == sum(part["points"] for part in report["frustration"]["parts"])


async def test_parameters_change_what_is_found(reader: httpx.AsyncClient) -> None:
    body = {"profile": "posthog", "parameters": {"click_count": 4}, "events": RAGE}

    report = (await reader.post(DETECT, json=body)).json()

    assert "rage_click" not in {signal["kind"] for signal in report["signals"]}


async def test_profile_and_parameters_may_be_left_out(reader: httpx.AsyncClient) -> None:
    report = (await reader.post(DETECT, json={"events": []})).json()

    assert report["signals"] == []
    assert report["frustration"] == {"score": 0.0, "parts": []}


async def test_a_compressed_body_gives_the_same(reader: httpx.AsyncClient) -> None:
    body = json.dumps({"profile": "posthog", "events": RAGE}).encode()
    headers = {"content-type": "application/json; charset=utf-8"}
    plain = await reader.post(DETECT, content=body, headers=headers)

    for encoding, compressed in (("gzip", gzip.compress(body)), ("zstd", zstandard.compress(body))):
        answer = await reader.post(
            DETECT, content=compressed, headers={**headers, "content-encoding": encoding}
        )
        assert (answer.status_code, answer.json()) == (200, plain.json())


async def test_what_events_hold_beyond_the_schema_is_no_error(reader: httpx.AsyncClient) -> None:
    events = (
        b'[{"type":3,"timestamp":1,"data":{"text":"\\ud800","n":1e999}},'
        b'{"type":99,"timestamp":2.5},{"type":2,"timestamp":3,"data":null,"data":{}}]'
    )
    headers = {"content-type": "application/json"}

    answer = await reader.post(DETECT, content=b'{"events":%b}' % events, headers=headers)

    assert answer.status_code == 200
    assert answer.json()["features"]["events"] == 3


async def test_a_large_body_is_taken(reader: httpx.AsyncClient) -> None:
    events = [click(number * 10_000, note="x" * 200) for number in range(2000)]

    answer = await reader.post(DETECT, json={"profile": "sentry", "events": events})

    assert answer.status_code == 200
    assert answer.json()["features"]["clicks"] == 2000


async def test_profiles_list_their_thresholds_with_reasons(reader: httpx.AsyncClient) -> None:
    profiles = {each["name"]: each for each in (await reader.get(f"{DETECT}/profiles")).json()["items"]}

    posthog = {each["name"]: each["value"] for each in profiles["posthog"]["parameters"]}
    assert posthog == {
        "threshold_px": 30,
        "timeout_ms": 1000,
        "click_count": 3,
        "mutation_threshold_ms": 2500,
        "scroll_threshold_ms": 100,
        "selection_change_threshold_ms": 100,
        "absolute_timeout_ms": 2750,
    }
    assert all(each["reason"] for profile in profiles.values() for each in profile["parameters"])
