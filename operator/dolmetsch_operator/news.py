"""Which news of a room are written at once, and which may wait a moment for more."""

from datetime import UTC, datetime, timedelta

from dolmetsch_core.life.report import changed
from dolmetsch_core.wire.room import Phase, Room, RoomStatus

DELAY_TOLD_EVERY = timedelta(seconds=30)
"""The delay goes up and down with the speaker; the status is no place for figures."""
START_UNTOLD = timedelta(seconds=0.3)
"""A start that is over by then costs one write, Ready; a host hears so much later that it has a place."""


class News:
    """What was decided of one room and waits to be written; to whoever decides next it counts as written.

    What is to be written now does not: a write that fails is decided again from what was there before it.
    Of one thing at most nobody but this object knows: the epoch that follows the written one, and it alone,
    and only while nothing is written of the activation (docs/adr/0013).
    """

    def __init__(self) -> None:
        self._kept: tuple[Room, RoomStatus] | None = None
        self._start_known = datetime.min.replace(tzinfo=UTC)
        self._delay_told = datetime.min.replace(tzinfo=UTC)

    def believed(self, room: Room) -> Room:
        """Return the room with the status that was decided last."""
        if self._kept is None:
            return room
        of, status = self._kept
        if (of.uid, of.status) != (room.uid, room.status):
            # Another Room, or somebody wrote: what was decided of it is out of date.
            self._kept = None
            return room
        return room.model_copy(update={"status": status})

    def keep(self, room: Room, decided: RoomStatus, now: datetime) -> datetime | None:
        """Return when to write what was decided of `room` (as it is written); None: nothing is to be."""
        if decided == room.status:
            self._kept = None
            return None
        due = self._due(room.status, decided, now)
        if due > now:
            self._kept = room, decided
        return due

    def _due(self, written: RoomStatus, decided: RoomStatus, now: datetime) -> datetime:
        if _only_the_delay(written, decided):
            return self._delay_told + DELAY_TOLD_EVERY
        if _a_first_start(written, decided):
            self._start_known = now if self._kept is None else self._start_known
            return self._start_known + START_UNTOLD
        return now

    def written(self, before: RoomStatus, after: RoomStatus, now: datetime) -> None:
        """Note that it is told by now."""
        self._kept = None
        if before.delay is not after.delay:
            self._delay_told = now


def _only_the_delay(written: RoomStatus, decided: RoomStatus) -> bool:
    return changed(decided, delay=written.delay) == written


def _a_first_start(written: RoomStatus, decided: RoomStatus) -> bool:
    """Whoever was told that the room waits or is refused is told at once that it does not any more."""
    starts = not written.conditions and decided.phase is Phase.STARTING
    return starts and decided.epoch == written.epoch + 1
