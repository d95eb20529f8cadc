import pytest


@pytest.mark.parametrize(
    ("delay_ms", "found"),
    [
        (2999, []),
        (3000, [("slow_click", 4000, (2, 3))]),
        (6999, [("slow_click", 7999, (2, 3))]),
        (7000, [("dead_click", 1000, (2,))]),
    ],
)
def test_a_click_is_slow_from_the_threshold_and_dead_from_the_timeout(recording, delay_ms, found):
    recording.page().click(1000).change(1000 + delay_ms).end(9000)

    assert recording.found("sentry") == found


@pytest.mark.parametrize(("end_ms", "kinds"), [(7999, []), (8000, ["dead_click"])])
def test_a_click_is_undecided_until_the_timeout_has_run_out(recording, end_ms, kinds):
    recording.page().click(1000).end(end_ms)

    assert recording.kinds("sentry") == kinds


@pytest.mark.parametrize(("delay_ms", "kinds"), [(299, []), (300, []), (301, ["dead_click"])])
def test_a_scroll_clears_up_to_its_timeout(recording, delay_ms, kinds):
    recording.page().click(1000).scroll(1000 + delay_ms).end(9000)

    assert recording.kinds("sentry") == kinds


@pytest.mark.parametrize("source", [0, 7, 8, 9, 13, 14, 15])
def test_each_of_sentrys_sources_is_a_reaction(recording, source):
    recording.page().click(1000).change(1500, source=source).end(9000)

    assert recording.kinds("sentry") == []


@pytest.mark.parametrize("source", [1, 4, 5, 6, 10, 11, 12, 16])
def test_no_other_source_is_a_reaction(recording, source):
    recording.page().click(1000).change(1500, source=source).end(9000)

    assert recording.kinds("sentry") == ["dead_click"]


def test_a_full_snapshot_of_the_same_page_is_no_reaction(recording):
    recording.page().click(1000).page(1500).end(9000)

    assert recording.kinds("sentry") == ["dead_click"]


def test_another_page_is_a_reaction(recording):
    recording.page().click(1000).page(1500, href="https://shop.example/thanks").end(9000)

    assert recording.kinds("sentry") == []


@pytest.mark.parametrize("name", ["button", "icon", "link", "img", "submit"])
def test_links_buttons_and_submit_inputs_are_waited_on_and_what_is_in_them(recording, nodes, name):
    recording.page().click(1000, nodes[name]).end(9000)

    assert recording.kinds("sentry") == ["dead_click"]


@pytest.mark.parametrize("name", ["div", "text", "download", "blank", "unknown", "body"])
def test_nothing_else_is_waited_on(recording, nodes, name):
    recording.page().click(1000, nodes[name]).end(9000)

    assert recording.kinds("sentry") == []


@pytest.mark.parametrize(
    ("tag", "attributes", "is_waited_on"),
    [
        ("div", {}, False),
        ("button", {}, True),
        ("a", {}, True),
        ("input", {}, False),
        ("input", {"type": "text"}, False),
        ("input", {"type": "button"}, True),
        ("input", {"type": "submit"}, True),
        ("a", {"target": "_self"}, True),
        ("a", {"target": "_blank"}, False),
        ("a", {"download": ""}, False),
        ("a", {"download": True}, False),
        ("a", {"href": "xx"}, True),
        ("A", {"href": "mailto:x"}, True),
    ],
)
def test_elements_are_told_apart_as_sentry_does(recording, tag, attributes, is_waited_on):
    node = {"id": 2, "type": 2, "tagName": tag, "attributes": attributes, "childNodes": []}
    add = {"parentId": 1, "nextId": None, "node": node}
    recording.add(0, 3, source=0, adds=[add], removes=[], texts=[], attributes=[]).click(1000, 2).end(9000)

    assert recording.kinds("sentry") == (["dead_click"] if is_waited_on else [])


def test_clicks_on_one_element_within_a_second_are_merged(recording):
    recording.page().clicks(1000, 1200, 2200).end(9999)

    assert recording.found("sentry", slow_click_threshold_ms=1000, slow_click_timeout_ms=3000) == [
        ("dead_click", 1000, (2,)),
        ("dead_click", 2200, (4,)),
    ]


@pytest.mark.parametrize(("count", "kinds"), [(4, ["dead_click"]), (5, ["dead_click", "rage_click"])])
def test_a_dead_click_with_enough_clicks_is_a_rage_click_too(recording, count, kinds):
    recording.page().clicks(*(1000 + 100 * place for place in range(count))).end(9999)

    assert recording.kinds("sentry") == kinds


def test_many_clicks_that_were_answered_are_no_rage_click(recording):
    recording.page().clicks(*range(1000, 1900, 100)).change(1950).end(9999)

    assert recording.kinds("sentry") == []


def test_each_element_has_its_own_clock(recording, nodes):
    recording.page().click(1000, nodes["button"]).click(1000, nodes["submit"]).click(1000, nodes["link"]).end(
        9000
    )

    assert recording.kinds("sentry") == ["dead_click"] * 3
