"""Rooms made by hand while the platform runs: kept in the archive, known to every api within seconds."""

import asyncio
from contextlib import suppress

from dolmetsch_api.rooms.programme import Programme
from dolmetsch_api.rooms.talks import DEFAULT_COLOR, Talk, Track
from dolmetsch_core.archive import rooms
from dolmetsch_core.archive.database import ARCHIVE_AWAY
from dolmetsch_core.archive.opening import Opening
from dolmetsch_core.archive.rooms import AdhocRoom
from dolmetsch_core.supervise import for_ever
from dolmetsch_core.tasks import end_tasks

EVERY_S = 2.0


class AdhocRooms:
    """Keeps the programme's rooms made by hand as the archive has them; the last known while it is away."""

    def __init__(self, opening: Opening, programme: Programme) -> None:
        self._opening = opening
        self._programme = programme
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin to look."""
        self._task = asyncio.create_task(
            for_ever("rooms made by hand", self._look, store_away=()), name="adhoc rooms"
        )

    async def stop(self) -> None:
        """End."""
        await end_tasks(self._task)

    async def refresh(self) -> None:
        """Read them now. Raises ARCHIVE_AWAY."""
        found = await rooms.all_rooms(self._opening.archive)
        self._programme.adhoc = {each.id: talk_of(each) for each in found}

    async def _look(self) -> None:
        await self._opening.ready.wait()
        while True:
            with suppress(*ARCHIVE_AWAY):
                await self.refresh()
            await asyncio.sleep(EVERY_S)


def talk_of(room: AdhocRoom) -> Talk:
    """Return what the programme has of a room made by hand."""
    return Talk(
        id=room.id,
        title=room.title,
        description=room.description,
        presenter=room.presenter,
        persons=(room.presenter,) if room.presenter else (),
        location=room.location,
        source_lang=room.source_lang,
        track=Track(name=room.track, color=room.track_color or DEFAULT_COLOR),
        vocabulary=room.vocabulary,
        keep_days=room.keep_days,
    )
