"""The circuit breaker, as a table of what happens when."""

import pytest

from dolmetsch_worker.backends.breaker import Breaker, BreakerLimits, Circuit

LIMITS = BreakerLimits(failures=2, first_pause=1.0, longest_pause=5.0)


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


CASES: list[tuple[str, list[tuple[str, object]]]] = [
    ("a new one lets calls through", [("state", Circuit.CLOSED), ("admit", True), ("wait", 0.0)]),
    ("one failure does not open it", [("fail", None), ("state", Circuit.CLOSED), ("admit", True)]),
    ("enough failures in a row open it", [
        ("fail", None), ("fail", None), ("state", Circuit.OPEN), ("admit", False), ("wait", 1.0),
    ]),
    ("a success between failures starts the count anew", [
        ("fail", None), ("succeed", None), ("fail", None), ("state", Circuit.CLOSED),
    ]),
    ("after the pause one call looks, others are refused", [
        ("fail", None), ("fail", None), ("pass", 1.0), ("wait", 0.0),
        ("admit", True), ("state", Circuit.HALF_OPEN), ("admit", False), ("wait", 1.0),
    ]),
    ("a good look closes it", [
        ("fail", None), ("fail", None), ("pass", 1.0), ("admit", True), ("succeed", None),
        ("state", Circuit.CLOSED), ("admit", True), ("admit", True),
    ]),
    ("a bad look doubles the pause, up to the longest", [
        ("fail", None), ("fail", None), ("pass", 1.0), ("admit", True), ("fail", None), ("wait", 2.0),
        ("pass", 2.0), ("admit", True), ("fail", None), ("wait", 4.0),
        ("pass", 4.0), ("admit", True), ("fail", None), ("wait", 5.0),
    ]),
    ("a good look makes the next pause short again", [
        ("fail", None), ("fail", None), ("pass", 1.0), ("admit", True), ("fail", None), ("pass", 2.0),
        ("admit", True), ("succeed", None), ("fail", None), ("fail", None), ("wait", 1.0),
    ]),
    ("a wish of the backend opens it at once", [("fail", 3.0), ("state", Circuit.OPEN), ("wait", 3.0)]),
    ("no wish is longer than the longest pause", [("fail", 86400.0), ("wait", 5.0)]),
    ("a look that was given up leaves the next to look", [
        ("fail", None), ("fail", None), ("pass", 1.0), ("admit", True), ("abandon", None), ("admit", True),
    ]),
    ("a straggler's failure does not lengthen the pause", [
        ("fail", None), ("fail", None), ("pass", 0.5), ("fail", None), ("wait", 0.5),
    ]),
]  # fmt: skip


@pytest.mark.parametrize(("rule", "steps"), CASES, ids=[rule for rule, _ in CASES])
def test_breaker(rule: str, steps: list[tuple[str, object]]) -> None:
    clock = Clock()
    breaker = Breaker(LIMITS, clock)
    for step, value in steps:
        match step:
            case "state":
                assert breaker.state is value
            case "admit":
                assert breaker.admit() is value
            case "wait":
                assert breaker.wait() == value
            case "fail":
                assert value is None or isinstance(value, float)
                breaker.failed(value)
            case "pass":
                assert isinstance(value, float)
                clock.now += value
            case "succeed":
                breaker.succeeded()
            case "abandon":
                breaker.abandoned()
