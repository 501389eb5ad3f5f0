"""What the engine says of itself, and the long poll that waits for a change of it."""

import asyncio
from typing import Any

from dolmetsch_core.wire.engine import EngineStatus
from dolmetsch_core.wire.room import Delay

SLOW_S, LATE_S = 5.0, 15.0


def delay_of(seconds: float) -> Delay:
    """Name a delay in seconds."""
    if seconds < SLOW_S:
        return Delay.OK
    return Delay.SLOW if seconds < LATE_S else Delay.LATE


class StatusBoard:
    """The engine's status; its revision rises with every change."""

    def __init__(self) -> None:
        self.now = EngineStatus()
        self._changed = asyncio.Condition()

    async def say(self, **fields: Any) -> None:
        """Change fields of EngineStatus; nothing happens if they are so already."""
        told = self.now.model_copy(update=fields)
        if told == self.now:
            return
        async with self._changed:
            self.now = told.model_copy(update={"rev": self.now.rev + 1})
            self._changed.notify_all()

    async def after(self, rev: int, patience: float) -> EngineStatus:
        """Return the status once its revision is above `rev`, or after `patience` seconds."""
        try:
            async with asyncio.timeout(patience), self._changed:
                await self._changed.wait_for(lambda: self.now.rev > rev)
        except TimeoutError:
            pass
        return self.now
