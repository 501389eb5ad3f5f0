"""What the probes say: the truth about this process, and nothing about the API server."""

import asyncio

from dolmetsch_core.tasks import end_tasks
from dolmetsch_core.wire.room import EnginePoolStatus
from dolmetsch_operator.health import Health


def health() -> Health:
    return Health(list, EnginePoolStatus, lambda: 0)


async def test_a_part_that_ended_is_named() -> None:
    found = health()
    lives, dies = asyncio.create_task(asyncio.Event().wait()), asyncio.create_task(asyncio.sleep(0))
    found.watch("pool", lives)
    assert found.problem() == ""
    found.watch("second look", dies)
    await dies
    assert found.problem() == "ended: second look"
    await end_tasks(lives)


async def test_an_api_server_that_is_away_is_no_reason_to_be_killed() -> None:
    found = health()
    found.leading = True
    found.tried(read=False)
    assert found.problem() == ""
