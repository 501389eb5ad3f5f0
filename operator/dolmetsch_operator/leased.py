"""The API server for who holds the Lease: a write ends with it, retries and all."""

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from typing import Any

from dolmetsch_core.cluster.api import Away, Cluster, Json

OVER = "nothing is written while the Lease has run out"


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
        left = self._time_left()
        if left <= 0:
            call.close()
            raise Away(OVER)
        try:
            async with asyncio.timeout(left if left < float("inf") else None):
                return await call
        except TimeoutError as error:
            raise Away(OVER) from error
