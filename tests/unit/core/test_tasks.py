"""Tasks end for certain, also those that swallow a cancellation."""

import asyncio

import pytest

from dolmetsch_core.tasks import end_tasks, first_of


async def test_a_task_that_swallows_its_first_cancellation_is_ended() -> None:
    async def stubborn() -> None:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            await asyncio.Event().wait()

    task = asyncio.create_task(stubborn())
    await asyncio.sleep(0)
    async with asyncio.timeout(10):
        await end_tasks(task, None)
    assert task.cancelled()


async def test_the_first_job_to_end_ends_the_others_and_its_exception_is_raised() -> None:
    ended = []

    async def waits() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.append("waits")

    async def fails() -> None:
        await asyncio.sleep(0)
        raise ValueError("first")

    with pytest.raises(ValueError, match="first"):
        await first_of(waits(), fails())
    assert ended == ["waits"]
