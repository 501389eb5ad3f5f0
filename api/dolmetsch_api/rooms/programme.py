"""Which talks there are: the one place that says what is listed, activated, viewed and voted for.

Sources, the first that knows an id counts: the rooms file, rooms made while running, the schedule; and active
rooms that none of them knows (any more).
"""

from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta, tzinfo

from dolmetsch_api.rooms.talks import Talk
from dolmetsch_api.schedule.now import Clock
from dolmetsch_api.schedule.pretalx import Schedule
from dolmetsch_core.directory import RoomView
from dolmetsch_core.wire.room import ConditionType, Phase, Room

ENDED = (Phase.CLOSED, Phase.FAILED)


def is_active(room: Room) -> bool:
    """Whether the room is admitted and not ended; a starting one is."""
    return is_at_work(room) and room.deleted is None and room.status.phase is not Phase.DRAINING


def is_at_work(room: Room) -> bool:
    """Whether the room is active, or writes its last words: more may come to be stored of it."""
    scheduled = room.status.condition(ConditionType.ENGINE_SCHEDULED)
    return scheduled is not None and scheduled.status and room.status.phase not in ENDED


class Programme:
    """The talks of all sources. Do-not-record in any of them bars a talk, active or not."""

    def __init__(
        self,
        fixed: Mapping[str, Talk],
        view: RoomView,
        schedule: Callable[[], Schedule | None] = lambda: None,
        *,
        clock: Clock | None = None,
        lead: timedelta = timedelta(minutes=30),
    ) -> None:
        """`fixed`: rooms of the file; `lead`: how long before its start a talk is listed."""
        self._fixed = fixed
        self._view = view
        self._schedule = schedule
        self._lead = lead
        self.clock = clock or Clock()
        self.adhoc: Mapping[str, Talk] = {}
        """Rooms made while running, by id. Whoever makes them sets this."""

    @property
    def schedule(self) -> Schedule | None:
        """The last good schedule."""
        return self._schedule()

    def now(self) -> datetime:
        """Return the time that the schedule goes by."""
        return self.clock.now()

    def listed(self, now: datetime) -> list[Talk]:
        """Return what everybody sees: rooms of the file, rooms made while running, scheduled talks from
        `lead` before their start until their end, and every active room, whatever the clock says."""
        active = {room_id: room for room_id, room in self._view.rooms.items() if is_active(room)}
        found = dict(self._fixed)
        for room_id, talk in self.adhoc.items():
            found.setdefault(room_id, talk)
        for talk in self._scheduled():
            if talk.id in active or self._in_window(talk, now):
                found.setdefault(talk.id, talk)
        for room_id, room in active.items():
            found.setdefault(room_id, _of_room(room))
        return [talk for talk in found.values() if not self.bars(talk.id)]

    def unlisted(self) -> list[Talk]:
        """Return the active rooms that `listed` leaves out: their talk became do-not-record meanwhile."""
        active = (room for room in self._view.rooms.values() if is_active(room))
        return [_of_room(room) for room in active if self.bars(room.spec.room_id)]

    def find(self, room_id: str) -> Talk | None:
        """Return the talk that may be activated or viewed under this id.

        A scheduled one also outside of its window: one that overruns can be resumed after a fault, and a
        speaker can try the microphone the day before. None: unknown, hidden, or not to be recorded.
        """
        if self.bars(room_id):
            return None
        found = self.planned(room_id)
        if found is None:
            room = self._view.rooms.get(room_id)
            found = _of_room(room) if room is not None and is_active(room) else None
        return found

    def planned(self, room_id: str) -> Talk | None:
        """Return what file, admins or schedule say of a talk; None: none of them knows it now."""
        schedule = self.schedule
        found = self._fixed.get(room_id) or self.adhoc.get(room_id)
        return found or (schedule.by_code.get(room_id) if schedule is not None else None)

    def recordable(self) -> list[Talk]:
        """Return all scheduled talks that may be activated, by start."""
        return [talk for talk in self._scheduled() if not self.bars(talk.id)]

    def next_day(self, now: datetime) -> list[Talk]:
        """Return the recordable talks of the calendar day after `now`, by the conference's calendar."""
        return [talk for talk in self.recordable() if self._days_ahead(talk, now) == 1]

    def votable(self, code: str, now: datetime) -> bool:
        """Whether a vote may be given to the talk: one of the next day."""
        return any(talk.code == code for talk in self.next_day(now))

    def revocable(self, code: str, now: datetime) -> bool:
        """Whether a vote may be taken back: until the talk begins, so that a page that was opened before
        midnight still can."""
        return self.votable(code, now) or any(
            talk.code == code and talk.start is not None and now < talk.start
            for talk in self.recordable()
            if self._days_ahead(talk, now) == 0
        )

    def _scheduled(self) -> tuple[Talk, ...]:
        schedule = self.schedule
        return schedule.events if schedule else ()

    def _in_window(self, talk: Talk, now: datetime) -> bool:
        return talk.start is not None and talk.end is not None and talk.start - self._lead <= now < talk.end

    def _days_ahead(self, talk: Talk, now: datetime) -> int | None:
        """In how many calendar days it begins."""
        schedule = self.schedule
        if talk.start is None or schedule is None:
            return None
        return (_day(talk.start, schedule.zone) - _day(now, schedule.zone)).days

    def bars(self, room_id: str) -> bool:
        """Whether a talk is not to be recorded, whatever else is known of it."""
        schedule = self.schedule
        if schedule is not None and room_id in schedule.barred:
            return True
        return any(source[room_id].do_not_record for source in (self._fixed, self.adhoc) if room_id in source)


def _day(moment: datetime, zone: tzinfo) -> date:
    return moment.astimezone(zone).date()


def _of_room(room: Room) -> Talk:
    """Return what an active room says of itself, for want of anything better."""
    spec = room.spec
    return Talk(
        id=spec.room_id,
        title=spec.title or spec.room_id,
        source_lang=spec.source_lang,
        vocabulary=spec.vocabulary,
    )
