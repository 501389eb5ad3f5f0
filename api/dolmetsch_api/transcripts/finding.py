"""What somebody may have of the stored transcripts, from an archive that may be away."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import tzinfo

from dolmetsch_api.auth.callers import viewer_of
from dolmetsch_api.auth.tokens import Person
from dolmetsch_api.platform import Platform
from dolmetsch_api.rooms.programme import is_at_work
from dolmetsch_core.archive import deleting, reading, reviews
from dolmetsch_core.archive.database import ARCHIVE_AWAY
from dolmetsch_core.archive.reading import Listed, Part


class ArchiveAway(Exception):
    """The archive can't be asked now. Remedy: try again later."""


class Transcripts:
    """Reads, reviews and deletes stored transcripts for one person at a time."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform

    @property
    def zone(self) -> tzinfo | None:
        """The conference's time zone, in which people read times of day; None: this machine's."""
        schedule = self._platform.programme.schedule
        return schedule.zone if schedule else None

    async def listed(self, person: Person | None) -> list[Listed]:
        """Return what the person may read, a room each. Raises ArchiveAway."""
        with self._asking():
            return await reading.listed(self._platform.archive, viewer_of(person))

    async def parts(self, room_id: str, person: Person | None) -> list[Part]:
        """Return what the person may read of a room, by time. Raises ArchiveAway."""
        if "\0" in room_id:
            return []
        with self._asking():
            return await reading.parts(self._platform.archive, room_id, viewer_of(person))

    async def review(self, room_id: str, person: Person, *, reviewed: bool) -> int:
        """Note of what is the person's of a room whether it was reviewed. Returns of how many parts.

        Raises ArchiveAway.
        """
        if "\0" in room_id:
            return 0
        with self._asking():
            return await reviews.review_room(
                self._platform.archive, room_id, viewer_of(person), reviewed=reviewed
            )

    async def delete(self, room_id: str, person: Person) -> int | None:
        """Delete what is the person's of a room, for good; a running session is stored no more.

        Returns how many transcripts there were, None when nothing there is the person's. Raises ArchiveAway.
        """
        if "\0" in room_id:
            return None
        viewer = viewer_of(person)
        room = self._platform.directory.view.rooms.get(room_id)
        mine = room is not None and (viewer.admin or room.spec.owner == person.subject)
        # Also of a room that drains: the scribe may not even have begun.
        running = [room.session] if room and mine and is_at_work(room) else []
        with self._asking():
            gone = await deleting.delete_room(self._platform.archive, room_id, viewer, running)
        return gone if gone or running else None

    @contextmanager
    def _asking(self) -> Iterator[None]:
        """Raises ArchiveAway. Until it could be reached for the first time, `Opening` tells why not."""
        if not self._platform.archive_ready:
            raise ArchiveAway
        try:
            yield
        except ARCHIVE_AWAY as error:
            self._platform.outage.began(error)
            raise ArchiveAway from error
        self._platform.outage.ended()
