"""Tasks that run for ever: what ends them unexpectedly is told, and they start again."""

import asyncio
import logging
from types import SimpleNamespace

import pytest

from dolmetsch_core import supervise
from dolmetsch_core.supervise import for_ever
from dolmetsch_core.tasks import end_tasks

PAUSE_S = 0.2


async def test_between_two_unexpected_ends_lies_the_pause_that_the_owner_wants_and_each_is_told(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    order: list[str | float] = []
    thrice = asyncio.Event()

    async def fails() -> None:
        order.append("start")
        if order.count("start") == 3:
            thrice.set()
        raise ValueError("what was said")

    async def sleep(seconds: float) -> None:
        order.append(seconds)
        await asyncio.sleep(0)

    monkeypatch.setattr(supervise, "asyncio", SimpleNamespace(sleep=sleep))
    task = asyncio.create_task(for_ever("a job", fails, pause=PAUSE_S))
    await thrice.wait()
    await end_tasks(task)
    assert order[:5] == ["start", PAUSE_S, "start", PAUSE_S, "start"]
    told = [each.getMessage() for each in caplog.records if each.levelno == logging.ERROR]
    assert told[0].startswith("a job ended unexpectedly and starts again in 0.2 s: ValueError at ")
    assert "what was said" not in caplog.text
