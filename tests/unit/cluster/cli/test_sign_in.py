from pathlib import Path
from urllib.parse import urlsplit

import pytest

from traceflow.cluster.cli.sign_in import sign_in, sign_in_url
from traceflow.cluster.cli.up import script_tag
from traceflow.models.errors import Unavailable


def test_the_token_stands_where_no_server_is_sent_it() -> None:
    link = urlsplit(sign_in_url("http://127.0.0.1:8700", "secret"))

    assert (link.path, link.query, link.fragment) == ("/sign-in", "", "token=secret")


def test_a_stack_that_does_not_run_gives_no_link(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="traceflow up"):
        sign_in(data_dir=tmp_path / "data")


def test_the_script_tag_loads_the_sdk_of_this_stack_with_the_ingest_key() -> None:
    assert script_tag("http://127.0.0.1:8700", "tf_ingest_k_s") == (
        '<script async src="http://127.0.0.1:8700/ingest/v1/sdk.js" data-key="tf_ingest_k_s"></script>'
    )
