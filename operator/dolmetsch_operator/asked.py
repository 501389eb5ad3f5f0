"""What came of asking for a room's engine, until it serves: what there is to know beside the pods."""

from dataclasses import replace

from dolmetsch_core.life.observed import EngineState, Observation
from dolmetsch_core.wire.room import Phase, Room


class AskedFor:
    """One room's last request for an engine, by this process. Each failure is told to one decision."""

    def __init__(self) -> None:
        self._uid = ""
        """The engine that was got, until it serves or is stopped from here."""
        self._refused = ""
        self._delayed = ""
        self._vanished = False

    def got(self, uid: str) -> None:
        """It was made or claimed."""
        self._uid, self._delayed = uid, ""

    def refused(self, why: str) -> None:
        """It can't be made as things are."""
        self._refused = why

    def delayed(self, why: str) -> None:
        """It was not made, by the API server's own trouble."""
        self._delayed = why

    def stopped(self, uid: str) -> None:
        """An engine is ended from here: its going is no news."""
        self._uid = "" if uid == self._uid else self._uid

    def add_to(self, seen: Observation, room: Room) -> Observation:
        """Return what is seen of a room with what came of asking."""
        starts = room.status.phase in (Phase.STARTING, Phase.RECOVERING)
        if not starts or room.status.serves_with(self._uid):
            self._uid = ""
        there = {each.uid for each in seen.engines if each.state is not EngineState.STOPPING}
        self._vanished = bool(self._uid) and self._uid not in there
        return replace(
            seen, cannot_create=self._refused, create_delayed=self._delayed, vanished=self._vanished
        )

    def decided(self) -> None:
        """A decision took it in: a failure counts once."""
        self._refused = ""
        self._uid = "" if self._vanished else self._uid
