"""Waiting in cluster tests: for what the API server says of an object."""

import contextlib
from collections.abc import Callable
from typing import Any

from dolmetsch_core.cluster import names
from dolmetsch_core.cluster.api import Away, Cluster, Forbidden, NotFound
from tests.waiting import TIMEOUT_S, looks

Json = dict[str, Any]


async def object_where(
    admin: Cluster, path: str, check: Callable[[Json], bool], what: str, timeout: float = TIMEOUT_S
) -> Json:
    """Wait until an object is there and as wanted; return it. An API server that is away is waited for."""
    seen: Json = {}
    async with contextlib.aclosing(looks(f"{path} {what}", timeout, lambda: seen.get("status"))) as looking:
        async for _ in looking:
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
    async with contextlib.aclosing(looks(f"{path} gone", timeout)) as looking:
        async for _ in looking:
            try:
                await admin.get(path)
            except NotFound:
                return
