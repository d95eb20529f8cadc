import math
from dataclasses import asdict
from pathlib import Path

import pytest

from traceflow.models.detection.profile import PROFILES, profile_with
from traceflow.models.detection.report import profiles_document
from traceflow.models.errors import RequestInvalid


def test_the_promised_parameters_have_the_promised_values():
    assert asdict(PROFILES["posthog"].parameters) == {
        "threshold_px": 30,
        "timeout_ms": 1000,
        "click_count": 3,
        "mutation_threshold_ms": 2500,
        "scroll_threshold_ms": 100,
        "selection_change_threshold_ms": 100,
        "absolute_timeout_ms": 2750,
    }
    assert asdict(PROFILES["sentry"].parameters) == {
        "slow_click_threshold_ms": 3000,
        "slow_click_timeout_ms": 7000,
        "scroll_timeout_ms": 300,
        "rage_click_count": 5,
    }


@pytest.mark.parametrize("value", ["3", None, True, [], {}, -1, math.nan, math.inf, -math.inf, 10**400])
def test_a_value_that_is_no_threshold_is_refused_with_its_path(value):
    with pytest.raises(RequestInvalid) as refused:
        profile_with("posthog", {"timeout_ms": value})

    assert refused.value.context == {"path": "parameters.timeout_ms"}


@pytest.mark.parametrize("value", [0, 2.5, 3.0, -3, 1001])
def test_a_count_is_a_whole_number_from_1_to_1000(value):
    with pytest.raises(RequestInvalid) as refused:
        profile_with("sentry", {"rage_click_count": value})

    assert refused.value.context == {"path": "parameters.rage_click_count"}


def test_unknown_names_are_refused_with_their_path():
    with pytest.raises(RequestInvalid) as profile:
        profile_with("clarity", {})
    with pytest.raises(RequestInvalid) as parameter:
        profile_with("sentry", {"click_count": 3})

    assert profile.value.context == {"path": "profile"}
    assert parameter.value.context == {"path": "parameters.click_count"}


def test_replacing_a_threshold_leaves_the_profile_as_it_was():
    changed = profile_with("posthog", {"timeout_ms": 500.5})

    assert asdict(changed.parameters)["timeout_ms"] == 500.5
    assert asdict(PROFILES["posthog"].parameters)["timeout_ms"] == 1000


def test_every_threshold_is_documented_with_unit_and_reason():
    document = profiles_document()

    assert [profile.name for profile in document.items] == ["default", "posthog", "sentry"]
    for profile in document.items:
        assert {each.name for each in profile.parameters} == set(asdict(PROFILES[profile.name].parameters))
        assert all(each.unit and each.reason for each in profile.parameters)
        assert set(profile.weights) == set(profile.kinds)


def test_the_page_in_the_documentation_says_what_the_profiles_say():
    page = (Path(__file__).parents[4] / "docs/api/detection.md").read_text()
    tables = dict(zip(PROFILES, page.split("\n## `")[1:], strict=True))

    for profile in profiles_document().items:
        for each in profile.parameters:
            assert f"| `{each.name}` | {each.value} |" in tables[profile.name]
        for kind, weight in profile.weights.items():
            assert f"| `{kind}` | {weight:g} |" in page
