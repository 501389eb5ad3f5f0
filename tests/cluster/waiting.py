"""Waiting in cluster tests: for a condition, with a deadline, never for a time."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Callable
from typing import Any

from dolmetsch_core.cluster import names
from dolmetsch_core.cluster.api import Away, Cluster, Forbidden, NotFound

EVERY_S = 0.05
TIMEOUT_S = 30.0
Json = dict[str, Any]


async def _looks(
    what: str, timeout: float, last: Callable[[], object] = lambda: ""
) -> AsyncGenerator[None, None]:
    """One step per look; fails after `timeout` seconds, telling the last thing seen."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + timeout
    while loop.time() < deadline:
        yield
        await asyncio.sleep(EVERY_S)
    raise AssertionError(f"not within {timeout:g} s: {what} {last()}")


async def until(check: Callable[[], Any], what: str, timeout: float = TIMEOUT_S) -> Any:
    """Wait until `check()` is true; return what it returned."""
    async with contextlib.aclosing(_looks(what, timeout)) as looks:
        async for _ in looks:
            if found := check():
                return found
    raise AssertionError(what)


async def object_where(
    admin: Cluster, path: str, check: Callable[[Json], bool], what: str, timeout: float = TIMEOUT_S
) -> Json:
    """Wait until an object is there and as wanted; return it. An API server that is away is waited for."""
    seen: Json = {}
    async with contextlib.aclosing(_looks(f"{path} {what}", timeout, lambda: seen.get("status"))) as looks:
        async for _ in looks:
            # Right after its start the server knows no rights yet: it refuses for a moment.
            with contextlib.suppress(NotFound, Away, Forbidden):
                seen = await admin.get(path)
                if check(seen):
                    return seen
    raise AssertionError(what)


async def pod_where(
    admin: Cluster, namespace: str, name: str, check: Callable[[Json], bool], what: str
) -> Json:
    """The same for a pod."""
    return await object_where(admin, names.pods_path(namespace, name), check, what)


async def room_where(
    admin: Cluster, namespace: str, name: str, check: Callable[[Json], bool], what: str
) -> Json:
    """The same for a Room."""
    return await object_where(admin, names.rooms_path(namespace, name), check, what)


async def gone(admin: Cluster, path: str, timeout: float = TIMEOUT_S) -> None:
    """Wait until there is no such object."""
    async with contextlib.aclosing(_looks(f"{path} gone", timeout)) as looks:
        async for _ in looks:
            try:
                await admin.get(path)
            except NotFound:
                return
