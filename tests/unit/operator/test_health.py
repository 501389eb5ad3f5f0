"""What the probes say: the truth about this process, and nothing about the API server."""

import asyncio

import httpx
import pytest

from dolmetsch_core.tasks import end_tasks
from dolmetsch_core.wire.room import EnginePoolStatus
from dolmetsch_operator import health as health_module
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


async def test_a_process_that_does_not_even_try_to_look_is_stuck(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health_module, "SECOND_LOOK_OVERDUE_S", 0.0)
    found = health()
    await asyncio.sleep(0)
    assert found.problem() == "", "who waits for the Lease looks at nothing"
    found.leading = True
    assert found.problem() == "no second look for 0 s"


async def test_the_probes_say_what_the_problem_is() -> None:
    found = health()
    await found.serve("127.0.0.1", 0)
    assert found._runner is not None
    ((_, port),) = found._runner.addresses
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", trust_env=False) as http:

        async def asked(path: str) -> tuple[int, str]:
            answer = await http.get(path)
            return answer.status_code, answer.text

        assert await asked("/healthz") == (200, "ok")
        assert await asked("/readyz") == (503, "another operator holds the Lease")
        found.leading = True
        assert await asked("/readyz") == (200, "ok")
        dies = asyncio.create_task(asyncio.sleep(0))
        found.watch("pool", dies)
        await dies
        assert await asked("/healthz") == await asked("/readyz") == (503, "ended: pool")
    await found.stop()
