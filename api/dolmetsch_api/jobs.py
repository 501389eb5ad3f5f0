"""Several jobs of one socket, of which the first to end ends all."""

import asyncio
from collections.abc import Coroutine
from typing import Any

from dolmetsch_core.tasks import end_tasks


async def first_of(*jobs: Coroutine[Any, Any, None]) -> None:
    """Run jobs together until the first ends; its exception is raised, the others are cancelled."""
    tasks = [asyncio.create_task(job) for job in jobs]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        await end_tasks(*tasks)
