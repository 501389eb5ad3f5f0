"""Tasks that run for ever: what ends them unexpectedly is told, and they start again."""

import asyncio
import logging

import pytest

from dolmetsch_core.supervise import for_ever
from dolmetsch_core.tasks import end_tasks

PAUSE_S = 0.2


async def test_between_two_unexpected_ends_lies_the_pause_that_the_owner_wants_and_each_is_told(
    caplog: pytest.LogCaptureFixture,
) -> None:
    loop = asyncio.get_running_loop()
    started: list[float] = []
    thrice = asyncio.Event()

    async def fails() -> None:
        started.append(loop.time())
        if len(started) == 3:
            thrice.set()
        raise ValueError("what was said")

    task = asyncio.create_task(for_ever("a job", fails, pause=PAUSE_S))
    async with asyncio.timeout(30):
        await thrice.wait()
    await end_tasks(task)
    assert started[1] - started[0] >= PAUSE_S
    assert started[2] - started[1] >= PAUSE_S
    told = [each.getMessage() for each in caplog.records if each.levelno == logging.ERROR]
    assert told[0].startswith("a job ended unexpectedly and starts again in 0.2 s: ValueError at ")
    assert "what was said" not in caplog.text
