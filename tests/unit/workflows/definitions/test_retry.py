from datetime import timedelta

from traceflow.serve.neurorouter.settings import LlmSettings
from traceflow.workflows.definitions.retry import COMPLETE, FETCH


def test_facts_are_fetched_three_times_at_growing_distances() -> None:
    assert FETCH.retry.maximum_attempts == 3
    assert FETCH.retry.backoff_coefficient > 1.0


def test_a_completion_is_tried_twice_for_ten_seconds_each() -> None:
    assert COMPLETE.retry.maximum_attempts == 2
    assert COMPLETE.timeout == timedelta(seconds=10)


def test_the_rules_can_answer_before_the_workflow_stops_waiting() -> None:
    longest = next(one.le for one in LlmSettings.model_fields["timeout_s"].metadata if hasattr(one, "le"))

    assert longest < COMPLETE.timeout.total_seconds()
