"""A copy of one kind's objects, kept by list and watch; while the server is away it shows what it knows.

Its owner is called at every word from the server, so that it knows how old the copy is.
"""

import asyncio
import logging
import random
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import aclosing

from dolmetsch_core.cluster.api import ApiError, Away, Cluster, Expired, Json

log = logging.getLogger(__name__)
WATCH_S = 25.0
"""How long one watch lasts. The server ends it with a bookmark and in order: a word at least this often."""
SILENCE_S = 30.0
"""A watch that says nothing for so long is dead, even if its connection is not."""
FIRST_PAUSE_S, MAX_PAUSE_S = 0.2, 5.0
SHORT_S = 1.0
"""A watch that ends sooner is not begun again at once."""
LIST_AFTER = 3
"""Failures in a row until everything is read anew: whatever made the version unusable."""


class Informer:
    """Objects by name, of one path. `sight()` is called after every word from the server."""

    def __init__(
        self, cluster: Cluster, path: str, sight: Callable[[], Awaitable[None]], **query: str
    ) -> None:
        self._cluster = cluster
        self._path = path
        self._query = query
        self._sight = sight
        self._objects: dict[str, Json] = {}
        self._version = ""
        """Everything up to here is known. '': list first."""
        self._written: dict[str, Json] = {}
        """Taken since the last list began: newer than that list may be."""
        self._failures = 0

    @property
    def objects(self) -> Mapping[str, Json]:
        """What there is, by name."""
        return self._objects

    def take(self, obj: Json) -> bool:
        """Take what a call of this process returned; False: the watch brought it already, or later news."""
        name = obj["metadata"]["name"]
        if self._version and _version(obj) <= int(self._version):
            # Whatever became of it since, such as its end, is known.
            return False
        self._written[name] = obj
        return self._put(obj)

    async def run(self) -> None:
        """Keep the copy until cancelled. A server that is away is told of once and waited for."""
        while True:
            try:
                if not self._version:
                    await self._list()
                await self._follow()
            except Expired:
                self._version = ""
            except (Away, ApiError) as error:
                await self._pause(error)

    async def _list(self) -> None:
        self._written.clear()
        found = await self._cluster.get(self._path, **self._query)
        self._objects = {obj["metadata"]["name"]: obj for obj in found["items"]}
        self._version = found["metadata"]["resourceVersion"]
        for obj in self._written.values():
            if _version(obj) > int(self._version):
                self._put(obj)
        await self._confirm()

    async def _follow(self) -> None:
        """Take one watch's news. The end that was asked for is a word from the server, too."""
        began = time.monotonic()
        watch = self._cluster.watch(
            self._path, self._version, timeout=WATCH_S, silence=SILENCE_S, **self._query
        )
        async with aclosing(watch) as events:
            async for kind, obj in events:
                if kind != "BOOKMARK":
                    self._take_event(kind, obj)
                self._version = obj["metadata"]["resourceVersion"]
                await self._confirm()
        if time.monotonic() - began < SHORT_S:
            # A server that is going down ends watches in order.
            await asyncio.sleep(SHORT_S)
        else:
            await self._confirm()

    def _take_event(self, kind: str, obj: Json) -> None:
        if kind != "DELETED":
            self._put(obj)
            return
        name = obj["metadata"]["name"]
        known = self._objects.get(name)
        if known is not None and _version(known) <= _version(obj):
            del self._objects[name]

    def _put(self, obj: Json) -> bool:
        name = obj["metadata"]["name"]
        known = self._objects.get(name)
        if known is not None and _version(known) >= _version(obj):
            return False
        self._objects[name] = obj
        return True

    async def _confirm(self) -> None:
        if self._failures:
            log.info("%s: the API server is back", self._path)
            self._failures = 0
        await self._sight()

    async def _pause(self, error: Exception) -> None:
        if not self._failures:
            log.warning("%s: waiting for the API server: %s", self._path, error)
        self._failures += 1
        if self._failures % LIST_AFTER == 0:
            self._version = ""
        longest = min(FIRST_PAUSE_S * 2 ** min(self._failures, 10), MAX_PAUSE_S)
        await asyncio.sleep(longest * random.uniform(0.5, 1.0))  # noqa: S311 (not a secret)


def _version(obj: Json) -> int:
    return int(obj["metadata"]["resourceVersion"])
