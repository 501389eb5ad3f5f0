"""Rooms of a form that this version does not know: told why, and let go when they are deleted."""

import asyncio
import logging

from dolmetsch_core.cluster import names
from dolmetsch_core.cluster.api import ApiError, Away
from dolmetsch_operator.apply import Writer
from dolmetsch_operator.facts import Facts, Unreadable

log = logging.getLogger(__name__)
AGAIN_S = 5.0


class UnreadableRooms:
    """Looks at each version of such a Room once."""

    def __init__(self, facts: Facts, writer: Writer) -> None:
        self._facts = facts
        self._writer = writer
        self._wake = asyncio.Event()
        self._wake.set()
        self._done: dict[str, str] = {}

    def wake(self) -> None:
        """Have a look now."""
        self._wake.set()

    async def run(self) -> None:
        """Look after every change."""
        while True:
            await self._wake.wait()
            self._wake.clear()
            try:
                await self._look()
            except (ApiError, Away) as error:
                log.warning("unreadable rooms: %s", error)
                await asyncio.sleep(AGAIN_S)
                self._wake.set()

    async def _look(self) -> None:
        self._done = {name: done for name, done in self._done.items() if name in self._facts.unreadable}
        for name, found in list(self._facts.unreadable.items()):
            version = found.obj["metadata"]["resourceVersion"]
            if self._done.get(name) != version:
                await self._treat(found)
                self._done[name] = version

    async def _treat(self, found: Unreadable) -> None:
        meta = found.obj["metadata"]
        if meta["name"] in self._facts.rooms:
            # It lives, and its driver says how it is.
            log.warning("%s; it goes on as it was", found.why)
        elif "deletionTimestamp" in meta:
            if names.FINALIZER in meta.get("finalizers", ()):
                await self._writer.let_go_unread(found.obj)
        elif found.obj.get("status", {}).get("message") != found.why:
            log.warning("%s", found.why)
            await self._writer.unreadable(found.obj, found.why)
