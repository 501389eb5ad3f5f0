"""Running jobs together, and ending tasks for certain."""

import asyncio
from collections.abc import Coroutine, Iterable
from typing import Any

AGAIN_S = 0.5


async def first_of(*jobs: Coroutine[Any, Any, None]) -> None:
    """Run jobs together until the first ends; its exception is raised, the others are cancelled."""
    tasks = [asyncio.create_task(job) for job in jobs]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        _drop_results(done)
        for task in done:
            task.result()
    finally:
        # Who is ended in the very moment in which a job fails is told by nobody that it did.
        _drop_results(task for task in tasks if task.done())
        await end_tasks(*tasks)


async def end_tasks(*tasks: "asyncio.Future[Any] | None") -> None:
    """Cancel tasks until all have ended; their results and exceptions are dropped.

    Once is not enough: the Redis client sends through asyncio.wait_for, which in Python 3.11 swallows a
    cancellation that arrives together with its result. (asyncio.TaskGroup cancels once, and waits for ever.)
    Who is cancelled meanwhile ends the tasks all the same, and is cancelled then.
    """
    running = {task for task in tasks if task is not None and not task.done()}
    cancelled = False
    while running:
        for task in running:
            task.cancel()
        try:
            await asyncio.wait(running, timeout=AGAIN_S)
        except asyncio.CancelledError:
            cancelled = True
        ended = {task for task in running if task.done()}
        running -= ended
        _drop_results(ended)
    if cancelled:
        raise asyncio.CancelledError


async def until_ended(task: "asyncio.Task[None]") -> None:
    """Wait for a task's end without ending it. Raises what it raises."""
    await asyncio.shield(task)


async def finish(job: Coroutine[Any, Any, None]) -> None:
    """Run the last job of a task, which ends by itself, to its end: `end_tasks` cancels more than once.

    If the caller is cancelled meanwhile, CancelledError is raised after the job has ended. Raises what the
    job raises.
    """
    task = asyncio.create_task(job)
    cancelled = False
    while not task.done():
        try:
            await asyncio.wait([task])
        except asyncio.CancelledError:
            cancelled = True
    task.result()
    if cancelled:
        raise asyncio.CancelledError


def _drop_results(ended: "Iterable[asyncio.Future[Any]]") -> None:
    """Look at exceptions, or asyncio logs them, message and all, as never retrieved."""
    for task in ended:
        if not task.cancelled():
            task.exception()
