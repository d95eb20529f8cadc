import pytest


def test_the_third_near_click_completes_a_rage_click_and_it_is_told_once(recording):
    for x, at_ms in ((0, 10), (10, 20), (5, 40), (5, 50), (5, 80)):
        recording.click(at_ms, x=x, y=x)

    assert recording.found("posthog") == [("rage_click", 40, (0, 1, 2))]


def test_a_pause_of_the_timeout_starts_a_new_streak(recording):
    recording.clicks(10, 20, 40, 110, 1120, 1121, 1122)

    assert [at_ms for kind, at_ms, _ in recording.found("posthog") if kind == "rage_click"] == [40, 1122]


@pytest.mark.parametrize(("gap_ms", "kinds"), [(999, ["rage_click"]), (1000, []), (1001, [])])
def test_clicks_must_come_in_less_than_the_timeout(recording, gap_ms, kinds):
    recording.clicks(0, gap_ms, 2 * gap_ms)

    assert recording.kinds("posthog") == kinds


@pytest.mark.parametrize(("step", "kinds"), [((14, 15), ["rage_click"]), ((15, 15), []), ((0, 31), [])])
def test_the_distance_is_manhattan_and_less_than_the_threshold(recording, step, kinds):
    for place in range(3):
        recording.click(place * 100, x=place * step[0], y=place * step[1])

    assert recording.kinds("posthog") == kinds


def test_moving_on_by_the_threshold_starts_a_new_streak(recording):
    for at_ms, x in ((10, 0), (20, 10), (40, 5), (110, 5), (120, 36), (130, 36), (140, 36)):
        recording.click(at_ms, x=x, y=5)

    assert [at_ms for _, at_ms, _ in recording.found("posthog")] == [40, 140]


def test_parameters_replace_the_thresholds(new_recording):
    assert new_recording().clicks(0, 100).kinds("posthog", click_count=2) == ["rage_click"]
    assert new_recording().clicks(0, 50, 500).kinds("posthog", timeout_ms=100) == []
    far = new_recording().click(0, x=0).click(50, x=6).click(80, x=6)
    assert far.kinds("posthog", threshold_px=5) == []


@pytest.mark.parametrize("name", ["text", "stepper", "marked", "inside_marked"])
def test_fields_steppers_and_marked_elements_are_never_rage_clicked(recording, nodes, name):
    recording.page().clicks(10, 20, 30, node=nodes[name])

    assert "rage_click" not in recording.kinds("posthog")


@pytest.mark.parametrize(
    ("label", "kinds"),
    [("Next", []), ("next page", []), ("Preview", ["rage_click"]), ("sign-up", ["rage_click"])],
)
def test_a_pager_is_told_by_whole_words(recording, label, kinds):
    button = {"id": 2, "type": 2, "tagName": "button", "attributes": {"aria-label": label}, "childNodes": []}
    recording.add(0, 2, node={"id": 1, "type": 0, "childNodes": [button]}).clicks(10, 20, 30, node=2)

    assert recording.kinds("posthog") == kinds


def test_a_missing_snapshot_and_a_missing_node_id_are_no_error(recording):
    recording.clicks(0, 10, 20, node=None).end(2750)

    assert recording.kinds("posthog") == ["dead_click", "rage_click"]


@pytest.mark.parametrize(("end_ms", "found"), [(3649, []), (3650, [("dead_click", 900, (0,))])])
def test_a_click_is_dead_when_nothing_came_by_the_absolute_timeout(recording, end_ms, found):
    recording.click(900).end(end_ms)

    assert recording.found("posthog") == found


@pytest.mark.parametrize(
    ("effect", "delay_ms", "is_dead"),
    [
        ("change", 0, False),
        ("change", 2499, False),
        ("change", 2500, True),
        ("change", 2501, True),
        ("scroll", 99, False),
        ("scroll", 100, True),
        ("select", 99, False),
        ("select", 100, True),
    ],
)
def test_an_effect_saves_the_click_only_below_its_threshold(recording, effect, delay_ms, is_dead):
    recording.click(900)
    getattr(recording, effect)(900 + delay_ms)
    recording.end(9000)

    expected = [("dead_click", 900 + delay_ms, (0, 1))] if is_dead else []
    assert recording.found("posthog") == expected


def test_a_late_mutation_decides_without_waiting_for_the_absolute_timeout(recording):
    recording.click(900).change(900 + 2501)

    assert recording.kinds("posthog") == ["dead_click"]


def test_a_quick_mutation_saves_a_click_whose_scroll_was_late(recording):
    recording.click(900).scroll(1050).change(1500).end(9000)

    assert recording.kinds("posthog") == []


@pytest.mark.parametrize("source", [7, 8, 9, 13, 15, 5, 1])
def test_only_a_change_of_the_tree_counts_as_a_mutation(recording, source):
    recording.click(900).change(1000, source=source).end(9000)

    assert recording.kinds("posthog") == ["dead_click"]


@pytest.mark.parametrize(
    ("seen_ms", "kinds"), [(4001, []), (5999, []), (4000, ["dead_click"]), (6000, ["dead_click"])]
)
def test_a_click_within_a_second_of_the_window_being_shown_is_not_dead(recording, seen_ms, kinds):
    tag = {"tag": "window visible", "payload": {}}
    if seen_ms < 5000:
        recording.add(seen_ms, 5, **tag).click(5000)
    else:
        recording.click(5000).add(seen_ms, 5, **tag)
    recording.end(9000)

    assert recording.kinds("posthog") == kinds


def test_clicks_on_one_element_within_a_second_are_one_candidate(recording):
    recording.click(1000).click(1999, x=500).click(2000, x=900).end(9000)

    assert recording.found("posthog") == [("dead_click", 1000, (0,)), ("dead_click", 2000, (2,))]


@pytest.mark.parametrize("name", ["link", "img", "html", "marked", "inside_marked"])
def test_links_what_is_in_them_the_page_and_marked_elements_are_never_dead(recording, nodes, name):
    recording.page().click(1000, nodes[name]).end(9000)

    assert recording.kinds("posthog") == []


@pytest.mark.parametrize("name", ["button", "icon", "submit", "text", "div", "body", "unknown"])
def test_everything_else_can_be_dead(recording, nodes, name):
    recording.page().click(1000, nodes[name]).end(9000)

    assert recording.kinds("posthog") == ["dead_click"]


def test_press_focus_and_release_around_a_click_neither_count_nor_answer(recording):
    for kind in (1, 5, 0, 2):
        recording.add(1000, 3, source=2, type=kind, id=10, x=1, y=1)
    recording.end(9000)

    assert recording.found("posthog") == [("dead_click", 1000, (3,))]
