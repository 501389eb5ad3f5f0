"""Polls of engines: who refuses, who is gone, and what becomes of a poll that dies."""

import asyncio
from functools import partial
from typing import cast

import pytest

from dolmetsch_core import supervise
from dolmetsch_core.engine_client import CallerRefused, EngineAway, EngineClient
from dolmetsch_core.wire.engine import EngineStatus
from dolmetsch_operator import engine_polls, observe
from dolmetsch_operator.engine_polls import EnginePolls
from dolmetsch_operator.facts import GONE
from tests.unit.operator.test_observe import facts, pod
from tests.waiting import until


class Answers:
    """Engines that answer what the test gave them, then nothing more."""

    def __init__(self, *answers: EngineStatus | Exception) -> None:
        self.left = list(answers)

    async def status(self, _address: str, _after: int, *, audience: str) -> EngineStatus:
        if not self.left:
            await asyncio.Event().wait()
        found = self.left[0] if len(self.left) == 1 and isinstance(self.left[0], EngineAway) else None
        answer = found or self.left.pop(0)
        if isinstance(answer, Exception):
            # A call is never over at once, so that others run.
            await asyncio.sleep(0)
            raise answer
        return answer


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine_polls, "AGAIN_S", 0.01)
    monkeypatch.setattr(engine_polls, "MAX_AGAIN_S", 0.01)
    monkeypatch.setattr(engine_polls, "for_ever", partial(supervise.for_ever, pause=0.01))


async def test_an_engine_that_refuses_this_operator_was_reached(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(observe, "REFUSED_S", 0.05)
    known, told = facts(pod()), list[str]()
    monkeypatch.setattr(known, "_changed", lambda kind, room: told.append(kind))
    polls = EnginePolls(known, cast("EngineClient", Answers(CallerRefused("another key"))))
    polls.sync()
    await until(lambda: "engine" in told, "word of the engine")
    heard = known.heard["uid-p1"]
    assert (heard.unreachable_since, heard.refused_since is not None) == (None, True)
    await polls.stop()


async def test_an_engine_out_of_reach_wakes_its_room_once_that_matters(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(observe, "UNREACHABLE_ON_LOST_NODE_S", 0.05)
    known, told = facts(pod()), list[str]()
    monkeypatch.setattr(known, "_changed", lambda kind, room: told.append(kind))
    polls = EnginePolls(known, cast("EngineClient", Answers(EngineStatus(ready=True), EngineAway("gone"))))
    polls.sync()
    await until(lambda: told.count("engine") >= 2, "its first word, then that there is none")
    assert known.heard["uid-p1"].unreachable_since is not None
    await polls.stop()


async def test_a_poll_that_dies_is_told_of_and_begun_again(caplog: pytest.LogCaptureFixture) -> None:
    known = facts(pod())
    answers = Answers(RuntimeError("a secret"), EngineStatus(ready=True))
    polls = EnginePolls(known, cast("EngineClient", answers))
    polls.sync()
    await until(lambda: "uid-p1" in known.heard and known.heard["uid-p1"].status, "a status")
    assert "the status of p1 ended unexpectedly" in caplog.text
    assert "a secret" not in caplog.text
    await polls.stop()


async def test_a_poll_that_was_ended_is_replaced() -> None:
    known = facts(pod())
    polls = EnginePolls(known, cast("EngineClient", Answers(EngineStatus(ready=True))))
    polls.sync()
    (task,) = polls._tasks.values()
    task.cancel()
    await until(task.done, "the poll is over")
    polls.sync()
    await until(lambda: "uid-p1" in known.heard and known.heard["uid-p1"].status, "a status")
    await polls.stop()


async def test_what_an_engine_says_that_is_gone_is_kept_nowhere() -> None:
    known = facts(pod())
    polls = EnginePolls(known, cast("EngineClient", Answers()))
    gone = known.pods["p1"]
    known.take_pod(GONE, pod(version=2))
    polls.take(gone, EngineStatus(ready=True))
    assert not known.heard
    again = pod(version=3)
    again["metadata"]["uid"] = "another"
    known.take_pod(None, again)
    polls.take(known.pods["p1"], EngineStatus(ready=True))
    polls.take(gone, EngineStatus(ready=True))
    assert set(known.heard) == {"another"}


def test_a_pod_that_took_the_name_of_another_leaves_nothing_of_it() -> None:
    known = facts(pod())
    known.heard_of(known.pods["p1"])
    again = pod(version=3)
    again["metadata"]["uid"] = "another"
    known.take_pod(None, again)
    assert not known.heard
    assert set(known.seen) == {"another"}
