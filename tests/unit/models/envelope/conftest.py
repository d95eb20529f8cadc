import sys
from collections.abc import Iterator

import pytest

from traceflow.models.envelope.depth import allow_deep_json


@pytest.fixture(autouse=True)
def deep_json() -> Iterator[None]:
    before = sys.getrecursionlimit()
    allow_deep_json()
    yield
    sys.setrecursionlimit(before)
