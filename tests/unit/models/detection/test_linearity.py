import json
import time

import pytest

from traceflow.models.detection.node import Node, path_to_root
from traceflow.models.detection.profile import PROFILES
from traceflow.models.detection.report import detect_report

FEW, FACTOR = 1_000, 8


def click(at_ms, *, node_id):
    where = {"source": 2, "type": 2, "id": node_id, "x": 1, "y": 1}
    return json.dumps({"type": 3, "timestamp": at_ms, "data": where}).encode()


def seconds(events, profile):
    started = time.process_time()
    detect_report(events, profile=PROFILES[profile])
    return time.process_time() - started


@pytest.mark.parametrize("profile", sorted(PROFILES))
@pytest.mark.parametrize("pause_ms", [0, 999, 1001])
def test_the_cost_of_many_clicks_on_one_element_grows_with_their_number_and_not_with_its_square(
    profile, pause_ms
):
    clicks = [click(pause_ms * number, node_id=5) for number in range(FEW * FACTOR)]

    few = min(seconds(clicks[:FEW], profile) for _ in range(3))
    many = min(seconds(clicks, profile) for _ in range(2))

    assert many < few * FACTOR * 3 + 0.1


def test_a_chain_of_ancestors_that_no_browser_builds_is_followed_for_512_of_them():
    page = {node_id: Node(node_id=node_id, parent_id=node_id - 1, tag="div") for node_id in range(1, 100_000)}

    path = path_to_root(page, 99_999)

    assert len(path) == 512
    assert path[0].node_id == 99_999
