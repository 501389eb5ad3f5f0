"""Tells the scribe what may be kept: what the Rooms say, and the talk's heading, again and again.

Every api process does it for every room: a Room that a person edits, a store that was lost and a process that
was killed need no care of their own.
"""

import asyncio
from contextlib import suppress

from redis.asyncio import Redis

from dolmetsch_api.rooms.programme import Programme, is_active
from dolmetsch_api.rooms.talks import UNKNOWN, Talk
from dolmetsch_core.directory import RoomView
from dolmetsch_core.live import consents
from dolmetsch_core.live.store import STORE_AWAY
from dolmetsch_core.supervise import for_ever
from dolmetsch_core.tasks import end_tasks
from dolmetsch_core.wire.consent import Consent, TalkFacts
from dolmetsch_core.wire.room import Room

EVERY_S = 3.0
AWAY_S = 0.25


class ConsentTeller:
    """Keeps the consents of active rooms in the live store."""

    def __init__(self, store: Redis, view: RoomView, programme: Programme) -> None:
        self._store = store
        self._view = view
        self._programme = programme
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin to tell."""
        self._task = asyncio.create_task(for_ever("consents", self._tell), name="consents")

    async def stop(self) -> None:
        """End."""
        await end_tasks(self._task)

    def of(self, room: Room) -> Consent:
        """Return what holds for a room's session. Nobody asked is nothing allowed."""
        talk = self._programme.find(room.spec.room_id)
        return Consent(
            room=room.spec.room_id,
            session=room.session,
            store=bool(room.spec.store_transcript) and talk is not None,
            public=bool(room.spec.public_transcript),
            owner=room.spec.owner,
            source_lang=room.spec.source_lang,
            generation=room.generation,
            planned=self._programme.planned(room.spec.room_id) is not None,
            keep_days=talk.keep_days if talk else None,
            talk=facts_of(talk) if talk else TalkFacts(),
        )

    async def _tell(self) -> None:
        while True:
            rooms = self._view.rooms
            try:
                await consents.tell(
                    self._store, [self.of(room) for room in rooms.values() if _concerns(room)]
                )
            except STORE_AWAY:
                await asyncio.sleep(AWAY_S)
                continue
            # A change while we were telling made other rooms of them.
            if self._view.rooms is rooms:
                with suppress(TimeoutError):
                    async with asyncio.timeout(EVERY_S):
                        await self._view.next_change()


def _concerns(room: Room) -> bool:
    """Active rooms, and those of which a person says that nothing may be kept, ended or not."""
    return is_active(room) or room.spec.store_transcript is False


def facts_of(talk: Talk) -> TalkFacts:
    """Return what a transcript of the talk is headed with."""
    return TalkFacts(
        title=talk.title,
        code=talk.code,
        persons=tuple(name for name in talk.speakers if name != UNKNOWN),
        location=talk.location,
        track=talk.track.name,
        track_color=talk.track.color,
    )
