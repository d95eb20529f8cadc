import httpx
import pytest

from traceflow.cluster.demo.shop_server import serve_shop

pytestmark = pytest.mark.integration


def test_every_page_of_the_shop_carries_the_script_tag_and_nothing_else_does() -> None:
    with (
        serve_shop(sdk_url='http://127.0.0.1:1/sdk.js?"', ingest_key="tf_ingest_a_b") as shop,
        # Only browsers know names under localhost by themselves.
        httpx.Client(base_url=shop.replace("shop.localhost", "127.0.0.1"), trust_env=False) as client,
    ):
        pages = {
            path: client.get(path) for path in ("/", "/product.html?id=fjord", "/cart.html", "/checkout.html")
        }
        script, missing, outside = (client.get(path) for path in ("/shop.js", "/none", "/../hand.py"))

    tag = '<script async src="http://127.0.0.1:1/sdk.js?&quot;" data-key="tf_ingest_a_b"></script></head>'
    assert all(page.text.count(tag) == 1 for page in pages.values())
    assert all(page.headers["content-type"] == "text/html" for page in pages.values())
    assert (script.status_code, missing.status_code, outside.status_code) == (200, 404, 404)
    assert "data-key" not in script.text


def test_the_shop_is_gone_when_the_block_ends() -> None:
    with serve_shop(sdk_url="http://127.0.0.1:1/sdk.js", ingest_key="k") as shop:
        pass

    with pytest.raises(httpx.ConnectError):
        httpx.get(shop.replace("shop.localhost", "127.0.0.1"), trust_env=False)
