"""The last good schedule outlives a restart: it is kept in the archive, once that is there."""

import asyncio
import hashlib
import time
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Final, TypeVar

from dolmetsch_core.archive import schedules
from dolmetsch_core.archive.database import ARCHIVE_AWAY
from dolmetsch_core.archive.opening import AGAIN_S, Opening
from dolmetsch_core.archive.schedules import KeptSchedule

T = TypeVar("T")


class ScheduleKeeping:
    """What the archive has of one schedule."""

    def __init__(self, opening: Opening, location: str) -> None:
        self._opening = opening
        # The address may hold a token.
        self.source: Final = hashlib.sha256(location.encode()).hexdigest()
        self._newest: KeptSchedule | None = None
        self._changed = asyncio.Event()

    def keep(self, content: bytes) -> None:
        """Have it written, as soon as that can be."""
        # A server without ETags sends the same one every minute.
        if self._newest is None or self._newest.content != content:
            self._newest = KeptSchedule(content, time.time())
            self._changed.set()

    async def run(self, recall: Callable[[KeptSchedule], Awaitable[None]]) -> None:
        """Hand over what was kept, then write what is new. Never ends."""
        await self._opening.ready.wait()
        archive = self._opening.archive
        kept = await _insisting(partial(schedules.last, archive, self.source))
        if kept:
            await recall(kept)
        while True:
            await self._changed.wait()
            self._changed.clear()
            if self._newest:
                await _insisting(partial(schedules.keep, archive, self.source, self._newest))


async def _insisting(call: Callable[[], Awaitable[T]]) -> T:
    """Call until the archive is not away."""
    while True:
        try:
            return await call()
        except ARCHIVE_AWAY:
            await asyncio.sleep(AGAIN_S)
