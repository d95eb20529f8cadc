import json
from typing import Any

import pytest
from hypothesis import given, strategies as st

from traceflow.models.enrichment.page_facts import PageFacts, read_page_facts

SENT = {
    "release": "2026.11.3",
    "environment": "production",
    "user_agent": "Mozilla/5.0 (X11; Linux x86_64) Chrome/142.0",
    "language": "de",
    "timezone": "Europe/Berlin",
    "screen": {"width": 2560, "height": 1440, "pixel_ratio": 2},
    "viewport": {"width": 1280, "height": 720},
    "referrer": "",
    "device": "desktop",
    "browser": {"name": "Chrome", "version": "142.0"},
    "os": {"name": "Linux", "version": ""},
}


def read(payload: Any) -> PageFacts:
    return read_page_facts(json.dumps(payload).encode())


def test_what_the_sdk_sends_is_read_by_name() -> None:
    assert read(SENT) == PageFacts(
        device="desktop",
        browser="Chrome",
        os="Linux",
        release="2026.11.3",
        environment="production",
        user_agent="Mozilla/5.0 (X11; Linux x86_64) Chrome/142.0",
    )


@pytest.mark.parametrize("payload", [None, 3, "x", [], {}, {"browser": 4, "os": [], "release": {"a": 1}}])
def test_what_has_another_shape_is_not_known(payload: Any) -> None:
    assert read(payload) == PageFacts()


def test_one_field_of_another_shape_takes_none_of_the_others_with_it() -> None:
    assert read({**SENT, "browser": {"name": 7}, "os": "Haiku"}) == PageFacts(
        device="desktop",
        os="Haiku",
        release="2026.11.3",
        environment="production",
        user_agent=SENT["user_agent"],  # type: ignore[arg-type]
    )


@pytest.mark.parametrize(("device", "read_as"), [("Mobile", "mobile"), ("fridge", None), ("", None)])
def test_a_device_is_one_of_three(device: str, read_as: str | None) -> None:
    assert read({"device": device}).device == read_as


@pytest.mark.parametrize("blank", ["", "  ", "\t\n", "\x00"])
def test_a_name_of_blanks_is_none(blank: str) -> None:
    assert read({"release": blank, "environment": blank}) == PageFacts()


def test_names_are_cut_to_what_an_index_takes() -> None:
    facts = read({"browser": {"name": "b" * 500}, "release": "r" * 500, "environment": "e" * 500})

    assert [len(text or "") for text in (facts.browser, facts.release, facts.environment)] == [64, 200, 64]


@given(st.binary(max_size=200))
def test_no_bytes_raise(payload: bytes) -> None:
    assert isinstance(read_page_facts(payload), PageFacts)
