"""What the api reads out of the cluster's Rooms: by room id, each version parsed once."""

import logging
from collections.abc import Mapping

from dolmetsch_core.cluster import names
from dolmetsch_core.cluster.api import Json
from dolmetsch_core.cluster.objects import NotAsAgreed, room_of
from dolmetsch_core.wire.room import Room

log = logging.getLogger(__name__)


class ClusterRooms:
    """Leaves out what can't be read, and Rooms under a wrong name: the operator fails those.

    The name follows from the room id, so no two Rooms of one view have the same id.
    """

    def __init__(self) -> None:
        self._read: dict[str, tuple[str, Room | None]] = {}
        """By name: the version, and the Room if it can be shown."""
        self._told: set[str] = set()

    def by_id(self, objects: Mapping[str, Json]) -> dict[str, Room]:
        """Return the Rooms by room id."""
        self._read = {name: self._latest(name, obj) for name, obj in objects.items()}
        return {room.spec.room_id: room for _, room in self._read.values() if room is not None}

    def _latest(self, name: str, obj: Json) -> tuple[str, Room | None]:
        version = obj["metadata"]["resourceVersion"]
        known = self._read.get(name)
        return known if known and known[0] == version else (version, self._room(obj))

    def _room(self, obj: Json) -> Room | None:
        try:
            room = room_of(obj)
        except NotAsAgreed as error:
            if obj["metadata"]["uid"] not in self._told:
                log.error("left out: %s", error)
            self._told.add(obj["metadata"]["uid"])
            return None
        return room if names.room_name(room.spec.room_id) == room.name else None
