"""Calls to engines go one at a time per engine, and none ends unheard."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

import pytest

from dolmetsch_core.engine_calls import EngineCalls
from dolmetsch_core.engine_client import EngineAway, StoreAway
from tests.unit.core.rooms import engine
from tests.waiting import until


async def test_a_second_call_to_an_engine_waits_for_the_first_one() -> None:
    said, go = [], asyncio.Event()
    calls = EngineCalls(lambda: said.append("changed"))

    async def call() -> None:
        said.append("called")
        await go.wait()

    calls.start("r", "e1", call)
    calls.start("r", "e1", call)
    calls.start("r", "e2", call)
    await until(lambda: len(said) == 2, "calls to both engines")
    go.set()
    await until(lambda: said.count("changed") == 2, "the end of both calls")
    assert said == ["called", "called", "changed", "changed"]
    calls.start("r", "e1", call)
    await until(lambda: said.count("changed") == 3, "another call to the first one")
    assert said[4:] == ["called", "changed"]


async def test_a_failure_is_told_once_kept_until_a_success_and_forgotten_with_its_engine(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dolmetsch_core.engine_calls.AGAIN_S", 0.0)
    ends: list[str] = []
    calls = EngineCalls(lambda: ends.append("changed"))

    async def fails() -> None:
        raise EngineAway("no answer")

    async def works() -> None:
        return

    async def call(of: Callable[[], Awaitable[None]]) -> None:
        before = len(ends)
        calls.start("r", "e1", of)
        await until(lambda: len(ends) > before, "the end of the call")

    for _ in range(2):
        await call(fails)
    assert calls.seen(engine()).last_words == "it does not take the session: no answer"
    assert not calls.seen(engine()).store_away
    assert [record.levelno for record in caplog.records] == [logging.WARNING]
    await call(works)
    assert calls.seen(engine()) == engine()
    await call(fails)
    assert calls.seen(engine()) != engine()
    calls.keep(["e2"])
    assert calls.seen(engine()) == engine()


async def test_an_engine_that_only_lacks_the_live_store_is_told_apart() -> None:
    calls = EngineCalls(lambda: None)

    async def waits() -> None:
        raise StoreAway("the live store is away: try again")

    calls.start("r", "e1", waits)
    await until(lambda: calls.seen(engine()).store_away, "what came of the call")
    seen = calls.seen(engine())
    assert "the live store is away" in seen.last_words
    await calls.stop()


async def test_an_unexpected_error_is_told_and_the_engine_can_be_called_again(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dolmetsch_core.engine_calls.AGAIN_S", 0.0)
    changes: list[str] = []
    calls = EngineCalls(lambda: changes.append("changed"))

    async def broken() -> None:
        raise KeyError("what was said")

    for number in (1, 2):
        calls.start("r", "e1", broken)
        await until(lambda number=number: len(changes) == number, "the end of the call")
    assert "KeyError" in caplog.text
    assert "what was said" not in caplog.text


async def test_stopping_ends_the_calls_under_way() -> None:
    begun, ended = asyncio.Event(), []
    calls = EngineCalls(lambda: None)

    async def waits() -> None:
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.append(True)

    calls.start("r", "e1", waits)
    await begun.wait()
    await calls.stop()
    assert ended == [True]
