"""Waiting in cluster tests: for what the API server says of an object, as it says it."""

import asyncio
import contextlib
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from typing import Any

from dolmetsch_core.cluster import names
from dolmetsch_core.cluster.api import Away, Cluster, Expired, Forbidden
from tests import waiting
from tests.waiting import looks

Json = dict[str, Any]
PATIENCE_S = 240.0
"""No promise of the product: what a busy machine may take for anything that is waited for."""
AGAIN_S = 0.1
UNHEARD = (Away, Forbidden, Expired)
"""The API server is away; or knows no rights yet, right after its start; or has forgotten the version."""


def wait_for(check: Callable[[], Any], what: str, timeout: float = PATIENCE_S) -> None:
    """Wait in a test that has no loop of its own until `check()` is true."""
    deadline = time.monotonic() + timeout
    while not check():
        assert time.monotonic() < deadline, f"not within {timeout:g} s: {what}"
        time.sleep(AGAIN_S)


async def until(check: Callable[[], Any], what: str, timeout: float = PATIENCE_S) -> Any:
    """Wait until `check()` is true; return what it returned."""
    return await waiting.until(check, what, timeout)


async def until_so(check: Callable[[], Awaitable[Any]], what: str, timeout: float = PATIENCE_S) -> Any:
    """Wait until `await check()` is true; return what it returned."""
    last: Any = None
    async with contextlib.aclosing(looks(what, timeout, lambda: last)) as looking:
        async for _ in looking:
            if last := await check():
                return last
    raise AssertionError(what)


async def object_where(
    admin: Cluster,
    path: str,
    check: Callable[[Json], bool],
    what: str,
    *,
    since: Json | None = None,
    timeout: float = PATIENCE_S,
) -> Json:
    """Wait until an object is there and as wanted; return it. An API server that is away is waited for.

    Every state of it counts, however short: from now on, or those that came after `since`.
    """
    seen: Json | None = None
    try:
        async with asyncio.timeout(timeout), contextlib.aclosing(_states(admin, path, since)) as states:
            async for seen in states:
                if seen is not None and check(seen):
                    return seen
    except TimeoutError:
        last = (seen or {}).get("status")
        raise AssertionError(f"not within {timeout:g} s: {path} {what} {last}") from None
    raise AssertionError(what)


async def pod_where(
    admin: Cluster, namespace: str, name: str, check: Callable[[Json], bool], what: str
) -> Json:
    """The same for a pod."""
    return await object_where(admin, names.pods_path(namespace, name), check, what)


async def room_where(  # noqa: PLR0917 (they read as a sentence)
    admin: Cluster,
    namespace: str,
    name: str,
    check: Callable[[Json], bool],
    what: str,
    since: Json | None = None,
) -> Json:
    """The same for a Room."""
    return await object_where(admin, names.rooms_path(namespace, name), check, what, since=since)


async def gone(admin: Cluster, path: str, timeout: float = PATIENCE_S) -> None:
    """Wait until there is no such object."""
    try:
        async with asyncio.timeout(timeout), contextlib.aclosing(_states(admin, path, None)) as states:
            async for seen in states:
                if seen is None:
                    return
    except TimeoutError:
        raise AssertionError(f"not within {timeout:g} s: {path} gone") from None


async def _states(admin: Cluster, path: str, since: Json | None) -> AsyncGenerator[Json | None, None]:
    """What an object is now (None: it is not there), then every change of it, for ever."""
    collection, name = path.rsplit("/", 1)
    only = {"fieldSelector": f"metadata.name={name}"}
    version = since["metadata"]["resourceVersion"] if since else ""
    while True:
        with contextlib.suppress(*UNHEARD):
            if not version:
                listed = await admin.get(collection, **only)
                version = listed["metadata"]["resourceVersion"]
                yield next(iter(listed["items"]), None)
            watch = admin.watch(collection, version, timeout=PATIENCE_S, silence=PATIENCE_S, **only)
            async with contextlib.aclosing(watch) as events:
                async for kind, obj in events:
                    version = obj["metadata"]["resourceVersion"]
                    if kind != "BOOKMARK":
                        yield None if kind == "DELETED" else obj
            continue
        version = ""
        await asyncio.sleep(AGAIN_S)
