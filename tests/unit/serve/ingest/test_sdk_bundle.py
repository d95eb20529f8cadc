import gzip
from typing import Any

import pytest

BUNDLE = b"record();" * 200


async def test_the_bundle_needs_no_key_and_is_cached_for_five_minutes(sdk_door: Any) -> None:
    reply = await sdk_door.request(method="GET", path="/ingest/v1/sdk.js")

    assert (reply.status, reply.body) == (200, BUNDLE)
    assert reply.headers["content-type"] == "text/javascript; charset=utf-8"
    assert reply.headers["cache-control"] == "public, max-age=300"
    assert reply.headers["content-length"] == str(len(BUNDLE))
    assert reply.headers["access-control-allow-origin"] == "*"
    assert reply.headers["cross-origin-resource-policy"] == "cross-origin"
    assert "content-encoding" not in reply.headers


@pytest.mark.parametrize("offer", ["gzip", "br, GZIP;q=0.5", "*", "gzip;q=1.0"])
async def test_the_bundle_is_compressed_for_whom_takes_it(sdk_door: Any, offer: str) -> None:
    reply = await sdk_door.request(method="GET", path="/ingest/v1/sdk.js", headers={"accept-encoding": offer})

    assert reply.headers["content-encoding"] == "gzip"
    assert reply.headers["vary"] == "accept-encoding"
    assert gzip.decompress(reply.body) == BUNDLE


@pytest.mark.parametrize("offer", ["", "br", "gzip;q=0", "identity, gzip; q=0.0"])
async def test_the_bundle_is_left_as_it_is_for_whom_does_not(sdk_door: Any, offer: str) -> None:
    reply = await sdk_door.request(method="GET", path="/ingest/v1/sdk.js", headers={"accept-encoding": offer})

    assert reply.body == BUNDLE


async def test_a_page_that_has_the_bundle_gets_304(sdk_door: Any) -> None:
    first = await sdk_door.request(method="GET", path="/ingest/v1/sdk.js")

    again = await sdk_door.request(
        method="GET", path="/ingest/v1/sdk.js", headers={"if-none-match": f'"x", {first.headers["etag"]}'}
    )

    assert (again.status, again.body) == (304, b"")
    assert again.headers["etag"] == first.headers["etag"]


async def test_a_page_that_has_another_bundle_gets_this_one(sdk_door: Any) -> None:
    reply = await sdk_door.request(
        method="GET", path="/ingest/v1/sdk.js", headers={"if-none-match": 'W/"another"'}
    )

    assert (reply.status, reply.body) == (200, BUNDLE)


async def test_a_part_named_by_its_content_is_cached_for_a_year(sdk_door: Any) -> None:
    reply = await sdk_door.request(method="GET", path="/ingest/v1/sdk/traceflow-gzip.0123abcdef.js")

    assert reply.status == 200
    assert reply.headers["cache-control"] == "public, max-age=31536000, immutable"


@pytest.mark.parametrize(
    "path",
    [
        "/ingest/v1/sdk/traceflow-gzip.ffff.js",
        "/ingest/v1/sdk/traceflow.js",
        "/ingest/v1/sdk/../sdk.js",
        "/ingest/v1/sdk/traceflow-../../reader.js",
        "/ingest/v1/sdk/",
        "/ingest/v1/sdk.js/",
    ],
)
async def test_no_other_file_is_given(sdk_door: Any, path: str) -> None:
    reply = await sdk_door.request(method="GET", path=path)

    assert (reply.status, reply.document["code"]) == (404, "not_found")


async def test_a_bundle_that_was_not_built_says_how_to_build_it(door: Any) -> None:
    reply = await door.request(method="GET", path="/ingest/v1/sdk.js")

    assert (reply.status, reply.document["code"]) == (404, "not_built")
    assert "make web" in reply.document["detail"]


async def test_another_method_is_refused(sdk_door: Any) -> None:
    reply = await sdk_door.request(method="POST", path="/ingest/v1/sdk/traceflow-gzip.0123abcdef.js")

    assert (reply.status, reply.headers["allow"]) == (405, "GET, OPTIONS")
