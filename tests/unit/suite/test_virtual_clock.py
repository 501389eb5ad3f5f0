"""The clock that bench simulates on."""

import asyncio
import time

import pytest
from bench.virtual_clock import NothingToWaitFor, run


def busy(seconds: float) -> str:
    began = time.process_time()
    while time.process_time() - began < seconds:
        pass
    return "done"


async def test_timers_come_in_order() -> None:
    """In a loop of its own, beside the one of the tests."""

    async def job() -> list[str]:
        seen: list[str] = []

        async def after(seconds: float) -> None:
            await asyncio.sleep(seconds)
            seen.append(f"{asyncio.get_running_loop().time():.0f} s")

        await asyncio.gather(after(7200), after(3600), after(5))
        return seen

    assert await asyncio.to_thread(run, job(), 1.0) == ["5 s", "3600 s", "7200 s"]


def test_what_a_thread_does_takes_its_share_of_the_clock_while_timers_go_on() -> None:
    async def job() -> tuple[str, float, int]:
        ticks = 0

        async def tick() -> None:
            nonlocal ticks
            while True:
                await asyncio.sleep(0.01)
                ticks += 1

        ticking = asyncio.create_task(tick())
        result = await asyncio.to_thread(busy, 0.05)
        ticking.cancel()
        return result, asyncio.get_running_loop().time(), ticks

    result, took, ticks = run(job(), cores=0.25)
    assert result == "done"
    assert took >= 0.2
    assert ticks >= 19, "as many as fit in the time that the thread took"


def test_what_a_thread_raises_is_raised() -> None:
    async def job() -> None:
        await asyncio.to_thread(int, "no number")

    with pytest.raises(ValueError, match="no number"):
        run(job(), cores=1)


def test_waiting_for_nothing_is_an_error() -> None:
    async def job() -> None:
        await asyncio.Event().wait()

    with pytest.raises(NothingToWaitFor):
        run(job(), cores=1)
