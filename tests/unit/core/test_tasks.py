"""Tasks end for certain, also those that swallow a cancellation."""

import asyncio
import gc

import pytest

from dolmetsch_core import tasks
from dolmetsch_core.tasks import end_tasks, finish, first_of
from tests.waiting import until


async def test_a_task_that_swallows_its_first_cancellation_is_ended() -> None:
    async def stubborn() -> None:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            await asyncio.Event().wait()

    task = asyncio.create_task(stubborn())
    await asyncio.sleep(0)
    await end_tasks(task, None)
    assert task.cancelled()


async def test_jobs_that_swallow_a_cancellation_end_with_who_runs_them_however_often_it_is_cancelled(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(tasks, "AGAIN_S", 0.05)
    begun, ended = [], []

    async def stubborn() -> None:
        begun.append("once")
        for _ in range(4):
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                ended.append("once more")

    running = asyncio.create_task(first_of(stubborn(), first_of(stubborn())))
    await until(lambda: len(begun) == 2, "both jobs")
    await end_tasks(running)
    assert running.cancelled()
    assert len(ended) == 8, "both have ended, not only who ran them"


async def test_the_last_job_of_a_task_is_done_however_often_the_task_is_cancelled(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(tasks, "AGAIN_S", 0.01)
    begun, may_end, done = asyncio.Event(), asyncio.Event(), []

    async def gives_up_leases() -> None:
        begun.set()
        await may_end.wait()
        done.append("leases")

    async def works() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            await finish(gives_up_leases())

    task = asyncio.create_task(works())
    await asyncio.sleep(0)
    ending = asyncio.create_task(end_tasks(task))
    await begun.wait()
    for _ in range(3):
        task.cancel()
        await asyncio.sleep(0)
    assert not task.done()
    may_end.set()
    await ending
    assert done == ["leases"]
    assert task.cancelled()


async def test_what_the_last_job_raises_is_raised() -> None:
    async def fails() -> None:
        raise ValueError("lease")

    with pytest.raises(ValueError, match="lease"):
        await finish(fails())


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


async def test_exceptions_that_nobody_is_told_of_are_not_logged_with_their_words() -> None:
    told: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: told.append(context))

    async def fails_when_ended() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            raise ValueError("what was said")

    async def fails() -> None:
        await asyncio.sleep(0)
        raise ValueError("what was said")

    with pytest.raises(ValueError, match="what was said"):
        await first_of(fails(), fails(), fails_when_ended())
    gc.collect()
    assert not told


async def test_a_job_that_fails_in_the_moment_in_which_all_are_ended_is_not_logged_either() -> None:
    told: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: told.append(context))
    now = asyncio.Event()

    async def fails() -> None:
        await now.wait()
        raise ValueError("what was said")

    both = asyncio.create_task(first_of(fails(), asyncio.sleep(3600)))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    now.set()
    await asyncio.sleep(0)
    await end_tasks(both)
    del both
    gc.collect()
    assert not told
