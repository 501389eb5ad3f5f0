"""API server and engines for who holds the Lease: a write or a call ends with it, retries and all."""

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from typing import Any, TypeVar

from dolmetsch_core.cluster.api import Away, Cluster, Json
from dolmetsch_core.engine_client import EngineAway, EngineClient
from dolmetsch_core.wire.engine import EngineStatus, SessionRequest

OVER = "nothing is written while the Lease has run out"
NO_CALLS = "no engine is called while the Lease has run out"
T = TypeVar("T")


class Leased:
    """Cluster's calls; each raises Away too once `time_left()` seconds are over.

    Cluster tries on for up to a minute where the server throttles or hangs: another operator may
    work by then.
    """

    def __init__(self, cluster: Cluster, time_left: Callable[[], float]) -> None:
        self._cluster = cluster
        self._time_left = time_left

    async def get(self, path: str, **query: str) -> Json:
        """See Cluster."""
        return await self._in_time(self._cluster.get(path, **query))

    async def create(self, path: str, obj: Mapping[str, Any], **query: str) -> Json:
        """See Cluster."""
        return await self._in_time(self._cluster.create(path, obj, **query))

    async def merge(self, path: str, patch: Mapping[str, Any]) -> Json:
        """See Cluster."""
        return await self._in_time(self._cluster.merge(path, patch))

    async def patch(self, path: str, *operations: Mapping[str, Any]) -> Json:
        """See Cluster."""
        return await self._in_time(self._cluster.patch(path, *operations))

    async def delete(self, path: str, *, uid: str) -> Json:
        """See Cluster."""
        return await self._in_time(self._cluster.delete(path, uid=uid))

    async def _in_time(self, call: Coroutine[Any, Any, Json]) -> Json:
        try:
            return await _in_time(call, self._time_left())
        except TimeoutError as error:
            raise Away(OVER) from error


class LeasedEngines:
    """EngineClient's calls that change an engine; each raises EngineAway too once `time_left()` is over.

    A session that this operator ends or opens may be the one that another operator has just given out.
    Asking for a status needs no Lease: it changes nothing.
    """

    def __init__(self, engines: EngineClient, time_left: Callable[[], float]) -> None:
        self._engines = engines
        self._time_left = time_left

    async def open_session(
        self, address: str, request: SessionRequest, *, audience: str = ""
    ) -> EngineStatus:
        """See EngineClient."""
        return await self._in_time(self._engines.open_session(address, request, audience=audience))

    async def end_session(self, address: str, *, audience: str = "") -> EngineStatus:
        """See EngineClient."""
        return await self._in_time(self._engines.end_session(address, audience=audience))

    async def _in_time(self, call: Coroutine[Any, Any, EngineStatus]) -> EngineStatus:
        try:
            return await _in_time(call, self._time_left())
        except TimeoutError as error:
            raise EngineAway(NO_CALLS) from error


async def _in_time(call: Coroutine[Any, Any, T], left: float) -> T:
    """Await a call for `left` seconds at most; without any left it is not begun. Raises TimeoutError."""
    if left <= 0:
        call.close()
        raise TimeoutError
    async with asyncio.timeout(left if left < float("inf") else None):
        return await call
