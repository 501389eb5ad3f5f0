"""What a pod that ended said last."""

from typing import Any

from dolmetsch_operator.reduced import pod_of

FETCHED = {"state": {"terminated": {"reason": "Completed", "exitCode": 0, "message": "the model is there"}}}
NOT_FETCHED = {"state": {"terminated": {"reason": "Error", "exitCode": 1, "message": "no such model\n"}}}
CRASHED = {"state": {"terminated": {"reason": "OOMKilled", "exitCode": 137, "message": ""}}}
NEVER_STARTED = {"state": {"waiting": {"reason": "PodInitializing"}}}


def last_words(init: Any, engine: Any) -> str:
    status = {"phase": "Failed", "initContainerStatuses": [init], "containerStatuses": [engine]}
    metadata = {"name": "p1", "uid": "u1", "resourceVersion": "1"}
    return pod_of({"metadata": metadata, "status": status}).last_words


def test_a_crash_is_told_and_not_that_the_model_was_fetched_before() -> None:
    assert last_words(FETCHED, CRASHED) == "OOMKilled (exit code 137)"


def test_a_model_that_could_not_be_fetched_is_told() -> None:
    assert last_words(NOT_FETCHED, NEVER_STARTED) == "Error (exit code 1) no such model"
