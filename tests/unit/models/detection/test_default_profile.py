import pytest


def test_three_fast_clicks_on_a_button_that_throws_are_a_rage_and_an_error_click(recording):
    recording.page()
    for at_ms in (1000, 1300, 1600):
        recording.click(at_ms).error(at_ms + 5)
    recording.end(20_000)

    assert recording.found("default") == [("error_click", 1005, (2, 3)), ("rage_click", 1600, (2, 4, 6))]


def test_an_error_does_not_make_a_click_answered(recording):
    recording.page()
    for at_ms in (1000, 1300, 1600):
        recording.click(at_ms).change(at_ms + 2).error(at_ms + 5)
    recording.end(20_000)

    assert recording.kinds("default") == ["error_click", "rage_click"]


def test_a_banner_that_does_nothing_is_a_dead_click(recording, nodes):
    recording.page().click(1000, nodes["div"]).end(8000)

    assert recording.found("default") == [("dead_click", 1000, (2,))]


@pytest.mark.parametrize(
    ("action_ms", "found"),
    [(3999, []), (4000, [("dead_click", 1000, (2,))]), (7999, [("dead_click", 1000, (2,))])],
)
def test_who_goes_on_after_three_seconds_has_given_up(recording, nodes, action_ms, found):
    recording.page().click(1000, nodes["div"]).click(action_ms, nodes["text"]).end(7999)

    assert recording.found("default") == found


def test_what_comes_after_the_next_action_is_no_answer(recording, nodes):
    recording.page().click(1000, nodes["div"]).click(5000, nodes["button"]).change(5100).end(7000)

    assert recording.found("default") == [("dead_click", 1000, (2,))]


@pytest.mark.parametrize(
    ("delay_ms", "found"),
    [
        (2999, []),
        (3000, [("slow_click", 4000, (2, 3))]),
        (6999, [("slow_click", 7999, (2, 3))]),
        (7000, [("dead_click", 1000, (2,))]),
    ],
)
def test_a_click_is_slow_or_dead_and_never_both(recording, delay_ms, found):
    recording.page().click(1000).change(1000 + delay_ms).end(9000)

    assert recording.found("default") == found


@pytest.mark.parametrize("name", ["text", "body", "html", "download", "blank"])
def test_nothing_is_expected_of_fields_the_page_and_links_that_lead_elsewhere(recording, nodes, name):
    recording.page().click(1000, nodes[name]).end(9000)

    assert recording.kinds("default") == []


def test_a_link_to_another_page_is_answered_by_it(recording, nodes):
    recording.page().click(1000, nodes["link"]).page(1400, href="https://shop.example/").end(9000)

    assert recording.kinds("default") == []


def test_a_link_that_led_off_the_recorded_pages_is_no_dead_click(recording, nodes):
    recording.page().click(1000, nodes["link"]).page(600_000).end(620_000)

    assert recording.kinds("default") == []


def test_double_clicks_are_no_rage_click(recording):
    recording.page().clicks(1000, 1150).change(1160).clicks(4000, 4150).change(4160).end(9000)

    assert recording.kinds("default") == []


def test_a_stepper_that_counts_is_no_rage_click(recording, nodes):
    recording.page()
    for at_ms in range(1000, 2500, 250):
        recording.click(at_ms, nodes["button"]).change(at_ms + 20)
    recording.end(9000)

    assert recording.kinds("default") == []


def test_a_triple_click_that_selects_a_line_is_no_rage_click(recording, nodes):
    recording.page().click(1000, nodes["div"]).select(1100).click(1110, nodes["div"]).select(1200)
    recording.click(1210, nodes["div"]).end(9000)

    assert recording.kinds("default") == []


@pytest.mark.parametrize(("gap_ms", "is_rage"), [(999, True), (1000, False)])
def test_the_time_between_rage_clicks_has_a_bound(recording, gap_ms, is_rage):
    recording.page().clicks(1000, 1000 + gap_ms, 1000 + 2 * gap_ms)

    assert recording.kinds("default") == (["rage_click"] if is_rage else [])


@pytest.mark.parametrize(("step_px", "is_rage"), [(49, True), (50, False)])
def test_the_distance_between_rage_clicks_has_a_bound(recording, step_px, is_rage):
    for place in range(3):
        recording.click(1000 + 100 * place, x=place * step_px)

    assert recording.kinds("default") == (["rage_click"] if is_rage else [])


@pytest.mark.parametrize(("delay_ms", "kinds"), [(0, ["error_click"]), (2000, ["error_click"]), (2001, [])])
def test_an_error_within_two_seconds_is_the_clicks(recording, delay_ms, kinds):
    recording.page().click(1000).error(1000 + delay_ms).change(3500).end(4000)

    assert recording.kinds("default") == kinds


def test_an_error_belongs_to_the_last_click_before_it(recording, nodes):
    recording.page().click(1000, nodes["button"]).change(1010).click(1500, nodes["div"]).error(1600).end(9000)

    assert recording.found("default") == [("error_click", 1600, (4, 5))]


def test_an_error_without_a_click_is_no_signal(recording):
    recording.page().error(500).end(9000)

    assert recording.kinds("default") == []


def _shake(recording, turns, *, step_ms, stretch_px=60):
    for place in range(turns + 1):
        point = {"x": 100 + (place % 2) * stretch_px, "y": 50, "id": 1, "timeOffset": 0}
        recording.add(1000 + place * step_ms, 3, source=1, positions=[point])


@pytest.mark.parametrize(
    ("turns", "step_ms", "stretch_px", "kinds"),
    [
        (11, 200, 60, ["thrashed_cursor"]),
        (10, 200, 60, []),
        (30, 223, 60, []),
        (30, 222, 60, ["thrashed_cursor"]),
        (30, 100, 39, []),
        (30, 100, 40, ["thrashed_cursor"]),
    ],
)
def test_a_shaken_cursor_is_told_once_from_its_tenth_turn(recording, turns, step_ms, stretch_px, kinds):
    _shake(recording, turns, step_ms=step_ms, stretch_px=stretch_px)

    assert recording.kinds("default") == kinds


def test_the_points_of_a_batch_count_with_their_own_times(recording):
    offsets = range(-2200, 0, 200)
    points = [{"x": 100 * (place % 2), "y": 0, "timeOffset": offset} for place, offset in enumerate(offsets)]
    recording.add(5000, 3, source=1, positions=points[:6]).add(5000, 3, source=1, positions=points[6:])

    assert recording.kinds("default") == []
    assert recording.found("default", thrash_turns=9) == [("thrashed_cursor", 5000, (0, 1))]


def test_one_sign_of_each_strong_kind_scores_over_fifty(recording, nodes):
    recording.page().click(1000, nodes["div"]).end(9000)
    for at_ms in (10_000, 10_300, 10_600):
        recording.click(at_ms).error(at_ms + 5)

    frustration = recording.report("default", {}).frustration

    assert frustration.score == 60.0
    assert [(part.kind, part.count, part.points) for part in frustration.parts] == [
        ("rage_click", 1, 25.0),
        ("dead_click", 1, 15.0),
        ("error_click", 1, 20.0),
    ]


def test_a_label_passes_its_click_on_to_the_field(recording):
    field = {"id": 3, "type": 2, "tagName": "input", "attributes": {"type": "checkbox"}, "childNodes": []}
    label = {"id": 2, "type": 2, "tagName": "label", "attributes": {}, "childNodes": [field]}
    recording.add(0, 2, node={"id": 1, "type": 0, "childNodes": [label]})
    for at_ms in (1000, 1300, 1600):
        recording.click(at_ms, 2).click(at_ms + 1, 3).change(at_ms + 2, source=5)
    recording.end(9000)

    assert recording.kinds("default") == []


def test_time_that_steps_back_stands_still(recording, nodes):
    recording.page(5000).click(5000, nodes["div"]).change(1000).end(13_000)

    assert recording.kinds("default") == []


def test_a_click_that_changes_a_field_is_answered(recording, nodes):
    recording.page().click(1000, nodes["div"]).change(1300, source=5).end(9000)

    assert recording.kinds("default") == []


def test_typing_later_on_is_the_visitors_own_doing(recording, nodes):
    recording.page().click(1000, nodes["div"]).change(1301, source=5).end(9000)

    assert recording.kinds("default") == ["dead_click"]
