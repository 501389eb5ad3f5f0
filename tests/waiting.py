"""Waiting in tests: for a condition, with a deadline, never for a time."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Callable
from typing import Any

EVERY_S = 0.05
TIMEOUT_S = 120.0
"""No promise of anything: what a busy machine may take."""


async def looks(
    what: str, timeout: float, last: Callable[[], object] = lambda: ""
) -> AsyncGenerator[None, None]:
    """One step per look, at least one; fails after `timeout` seconds, telling the last thing seen."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + timeout
    while True:
        yield
        # After the look, so that the last one is never before the deadline.
        if loop.time() >= deadline:
            raise AssertionError(f"not within {timeout:g} s: {what} {last()}")
        await asyncio.sleep(EVERY_S)


async def until(check: Callable[[], Any], what: str, timeout: float = TIMEOUT_S) -> Any:
    """Wait until `check()` is true; return what it returned."""
    async with contextlib.aclosing(looks(what, timeout)) as looking:
        async for _ in looking:
            if found := check():
                return found
    raise AssertionError(what)
