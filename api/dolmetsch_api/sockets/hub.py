"""All caption views of this process, and which languages they are read in."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from redis.asyncio import Redis

from dolmetsch_api.sockets.captions import CaptionView
from dolmetsch_core.live.store import STORE_AWAY
from dolmetsch_core.live.wanted import Wanted, want
from dolmetsch_core.supervise import for_ever
from dolmetsch_core.tasks import end_tasks

SAY_AGAIN_S = 5.0


class Hub:
    """Opens a view for the first socket of a session and closes it after the last."""

    def __init__(self, store: Redis) -> None:
        self._store = store
        self._views: dict[tuple[str, str], CaptionView] = {}
        self._sockets: Counter[tuple[str, str]] = Counter()
        self._read: Counter[Wanted] = Counter()
        self._new = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin to say which languages are read."""
        self._task = asyncio.create_task(
            for_ever("wanted languages", self._say_wanted), name="wanted languages"
        )

    async def stop(self) -> None:
        """Close all views."""
        await end_tasks(self._task)
        await asyncio.gather(*(view.stop() for view in self._views.values()))

    @asynccontextmanager
    async def reading(self, room: str, session: str, lang: str) -> AsyncIterator[CaptionView]:
        """A view, read in `lang` as long as the context lasts. Whoever reads waits until it is loaded."""
        view = self._views.get((room, session))
        if view is None:
            view = self._views[room, session] = CaptionView(self._store, room, session)
        async with self.following(view):
            self._want(Wanted(room, session, lang), 1)
            try:
                yield view
            finally:
                self._want(Wanted(room, session, lang), -1)

    @asynccontextmanager
    async def following(self, view: CaptionView) -> AsyncIterator[None]:
        """Keep a view of this hub as long as the context lasts, though nobody may read it."""
        key = (view.room, view.session)
        self._sockets[key] += 1
        try:
            yield
        finally:
            self._sockets[key] -= 1
            if not self._sockets[key]:
                del self._sockets[key]
                del self._views[key]
                await view.stop()

    def _want(self, wanted: Wanted, change: int) -> None:
        self._read[wanted] += change
        if not self._read[wanted]:
            del self._read[wanted]
        elif change > 0:
            self._new.set()

    async def _say_wanted(self) -> None:
        while True:
            self._new.clear()
            try:
                await want(self._store, list(self._read))
            except STORE_AWAY:
                await asyncio.sleep(0.25)
                continue
            with suppress(TimeoutError):
                async with asyncio.timeout(SAY_AGAIN_S):
                    await self._new.wait()
