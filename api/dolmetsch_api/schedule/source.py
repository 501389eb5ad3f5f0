"""The schedule while the platform runs: asked for again and again, the last good one is kept."""

import asyncio
import logging
import time
from collections.abc import Collection
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import httpx

from dolmetsch_api.schedule.fetching import (
    Fetch,
    Unavailable,
    from_address,
    from_file,
    is_address,
    without_secrets,
)
from dolmetsch_api.schedule.keeping import ScheduleKeeping
from dolmetsch_api.schedule.pretalx import Schedule, ScheduleInvalid, parse_schedule
from dolmetsch_core.archive.schedules import KeptSchedule
from dolmetsch_core.supervise import for_ever
from dolmetsch_core.tasks import end_tasks

log = logging.getLogger(__name__)
FIRST_ANSWER_S: Final = 2.0
"""How long a start waits for the schedule: one that comes later is taken when it comes."""
UNEXPECTED: Final = "an unexpected error, see the log"


class ScheduleSource:
    """Where the schedule comes from, and the last good one."""

    def __init__(
        self,
        location: str,
        *,
        refresh: float = 60.0,
        timeout: float = 10.0,
        hide_tracks: Collection[str] = (),
        keeping: ScheduleKeeping | None = None,
    ) -> None:
        self._location = location if is_address(location) else str(Path(location).expanduser())
        self._refresh = refresh
        self._timeout = timeout
        self._hide_tracks = hide_tracks
        self._keeping = keeping
        self._client: httpx.AsyncClient | None = None
        self._tasks: list[asyncio.Task[None]] = []
        self._looked = asyncio.Event()
        self._schedule: Schedule | None = None
        self._stamp: Any = None
        self._confirmed_at = float("-inf")
        self._error = ""
        self._complaints: tuple[str, ...] = ()

    @property
    def schedule(self) -> Schedule | None:
        """The last good one; None: there was none yet."""
        return self._schedule

    @property
    def age(self) -> float | None:
        """Seconds since its source confirmed it; None: there was none yet."""
        return time.monotonic() - self._confirmed_at if self._schedule else None

    @property
    def error(self) -> str:
        """Why the last look brought nothing; empty when it did."""
        return self._error

    async def start(self) -> None:
        """Begin to look; wait a moment for the first answer, whatever it is."""
        if is_address(self._location):
            # No proxies or certificates from the environment: as all other clients here.
            self._client = httpx.AsyncClient(timeout=self._timeout, trust_env=False)
            fetch = from_address(self._client, self._location)
        else:
            fetch = from_file(Path(self._location))
        run = for_ever("schedule", lambda: self._run(fetch), store_away=(), restarted=self._surprised)
        self._tasks.append(asyncio.create_task(run, name="schedule"))
        if keeping := self._keeping:
            keep = for_ever("kept schedule", lambda: keeping.run(self._recall), store_away=())
            self._tasks.append(asyncio.create_task(keep, name="kept schedule"))
        with suppress(TimeoutError):
            async with asyncio.timeout(FIRST_ANSWER_S):
                await self._looked.wait()

    async def stop(self) -> None:
        """End looking."""
        await end_tasks(*self._tasks)
        if self._client:
            await self._client.aclose()

    async def _run(self, fetch: Fetch) -> None:
        while True:
            try:
                await self._look(fetch)
            except (Unavailable, ScheduleInvalid) as error:
                self._failed(str(error))
            except TimeoutError:
                self._failed(f"no whole answer within {self._timeout:g} s")
            self._looked.set()
            await asyncio.sleep(self._refresh)

    async def _look(self, fetch: Fetch) -> None:
        """Take what has changed. Raises Unavailable, ScheduleInvalid, TimeoutError."""
        # Of the whole answer: httpx's own timeout begins anew with every byte of a slow server.
        async with asyncio.timeout(self._timeout):
            document = await fetch(self._stamp)
        if document is not None:
            schedule = await self._parsed(document.content)
            # Only now: with the stamp of a broken one, "not modified" would keep it out for good.
            self._stamp = document.stamp
            self._take(schedule)
            if self._keeping:
                self._keeping.keep(document.content)
        self._confirmed_at = time.monotonic()
        if self._error:
            self._error = ""
            log.info("the schedule is back")

    async def _parsed(self, content: bytes) -> Schedule:
        """Read it in a thread: a large export takes a second, and captions must not wait for it."""
        return await asyncio.to_thread(parse_schedule, content, hide_tracks=self._hide_tracks)

    async def _recall(self, kept: KeptSchedule) -> None:
        """Use the one from before the restart, unless its source has answered by now."""
        try:
            schedule = await self._parsed(kept.content)
        except ScheduleInvalid as error:
            log.warning("the schedule from before the restart can't be used: %s", error)
            return
        if self._schedule is None:
            since = datetime.fromtimestamp(kept.fetched, UTC)
            log.info("until the schedule answers, the one of %s is used", since.isoformat(" ", "minutes"))
            self._take(schedule)
            self._confirmed_at = time.monotonic() - max(0.0, time.time() - kept.fetched)

    def _take(self, schedule: Schedule) -> None:
        if self._schedule is None:
            log.info("schedule: %d events from %s", len(schedule.events), without_secrets(self._location))
        self._schedule = schedule
        if schedule.complaints and schedule.complaints != self._complaints:
            log.warning("schedule: %s", "; ".join(schedule.complaints))
        self._complaints = schedule.complaints

    def _failed(self, why: str) -> None:
        if not self._error:
            kept = (
                "the last good one is used" if self._schedule else "there are no scheduled talks until then"
            )
            log.warning(
                "the schedule of %s can't be used (%s): tried again every %g s, %s",
                without_secrets(self._location),
                why,
                self._refresh,
                kept,
            )
        self._error = why

    def _surprised(self) -> None:
        self._error = UNEXPECTED
        self._looked.set()
