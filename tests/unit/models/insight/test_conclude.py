import pytest

from traceflow.models.evidence import Evidence
from traceflow.models.insight.check import Refusal, RefusedFinding
from traceflow.models.insight.conclude import CheckedAnswer, chosen_answer, conclude, wants_second_answer
from traceflow.models.insight.finding import Finding

FITTING = Finding(
    kind="error",
    text="Paying threw an error",
    evidence=(Evidence(window_id="w1", segment_id=0, event_index=0, at_ms=1),),
)
REFUSED = RefusedFinding(reason=Refusal.WRONG_TIME, objection="Finding 1 gives another at_ms.")


def _answer(
    provider: str = "openai_compatible",
    *,
    fitting: tuple[Finding, ...] = (FITTING,),
    refused: tuple[RefusedFinding, ...] = (),
    invalid_answers: int = 0,
) -> CheckedAnswer:
    return CheckedAnswer(
        provider=provider,
        model="m",
        summary=f"Summary of {provider}.",
        fitting=fitting,
        refused=refused,
        invalid_answers=invalid_answers,
    )


@pytest.mark.parametrize(
    ("answer", "wanted"),
    [
        (_answer(refused=(REFUSED,)), True),
        (_answer(), False),
        (_answer("rules", refused=(REFUSED,)), False),
        (_answer(refused=(REFUSED,), invalid_answers=1), False),
    ],
)
def test_a_model_is_asked_once_more_for_a_refused_finding_and_never_a_third_time(
    answer: CheckedAnswer, wanted: bool
) -> None:
    assert wants_second_answer(answer) is wanted


def test_the_second_answer_replaces_the_first() -> None:
    first, second = _answer(refused=(REFUSED,)), _answer()

    assert chosen_answer([first, second]) is second


def test_a_second_answer_in_which_nothing_fits_does_not_undo_the_first() -> None:
    first, second = _answer(refused=(REFUSED,)), _answer(fitting=(), refused=(REFUSED,))

    assert chosen_answer([first, second]) is first


def test_findings_of_a_model_are_kept_where_its_second_answer_is_the_rules_one() -> None:
    first, second = _answer(refused=(REFUSED,)), _answer("rules")

    assert chosen_answer([first, second]) is first


def test_the_rules_answer_counts_where_nothing_of_the_model_fits() -> None:
    first, second = _answer(fitting=(), refused=(REFUSED,)), _answer("rules")

    assert chosen_answer([first, second]) is second


def test_a_model_that_found_nothing_leaves_the_word_to_the_rules() -> None:
    assert chosen_answer([_answer(fitting=())]) is None


def test_the_summary_of_a_model_stands_beside_all_of_its_findings() -> None:
    answer = _answer()

    insight = conclude(answer, answers=[answer], insight_id="i")

    assert insight.summary == "Summary of openai_compatible."


def test_the_summary_is_made_of_the_findings_where_one_was_refused() -> None:
    answer = _answer(refused=(REFUSED,))

    insight = conclude(answer, answers=[answer], insight_id="i")

    assert insight.summary == "Paying threw an error."


def test_refusals_of_every_answer_are_counted_by_reason() -> None:
    answers = [
        _answer(fitting=(), refused=(REFUSED, REFUSED)),
        _answer(fitting=(), refused=(RefusedFinding(reason=Refusal.NO_EVIDENCE, objection=""),)),
        _answer("rules", invalid_answers=2),
    ]

    insight = conclude(answers[-1], answers=answers, insight_id="i")

    assert insight.rejected == {"answer_invalid": 2, "no_evidence": 1, "wrong_time": 2}
