"""Kubernetes events on Rooms, for `kubectl describe`. Written beside the work, never before it."""

import asyncio
import logging
import secrets
from datetime import UTC, datetime

from dolmetsch_core.cluster import names
from dolmetsch_core.cluster.api import ApiError, Away, Cluster
from dolmetsch_core.wire.room import ConditionType, Phase, Reason, Room, RoomStatus

log = logging.getLogger(__name__)
KEPT = 1000
"""Events that wait to be written; in a flood the oldest are the least interesting."""
WARNINGS = (Phase.RECOVERING, Phase.FAILED)
EVERY_S = 0.05
"""Between two events: in a rush of activations the rooms come first."""
UNSAID = (Phase.STARTING,)
"""Lasts moments, and what follows says it."""


class Events:
    """Queues events and writes them one after the other."""

    def __init__(self, cluster: Cluster, namespace: str) -> None:
        self._cluster = cluster
        self._namespace = namespace
        self._queue: asyncio.Queue[tuple[Room, str, str, str]] = asyncio.Queue(KEPT)

    def tell(self, room: Room, status: RoomStatus) -> None:
        """Say what became of a room, if a person would want to know."""
        log.info("room %s: %s %s", room.name, status.phase, status.message)
        refused = self._refusal(status)
        if refused and refused != self._refusal(room.status):
            self._put(room, "Warning", "NoCapacity", refused)
        elif status.phase is not room.status.phase and status.phase not in UNSAID:
            kind = "Warning" if status.phase in WARNINGS else "Normal"
            self._put(room, kind, status.phase.value, _words(room, status))

    def _refusal(self, status: RoomStatus) -> str:
        scheduled = status.condition(ConditionType.ENGINE_SCHEDULED)
        return scheduled.message if scheduled and scheduled.reason is Reason.NO_CAPACITY else ""

    def _put(self, room: Room, kind: str, reason: str, message: str) -> None:
        if self._queue.full():
            self._queue.get_nowait()
        self._queue.put_nowait((room, kind, reason, message))

    async def run(self) -> None:
        """Write for ever; an event that can't be written is logged and left."""
        while True:
            room, kind, reason, message = await self._queue.get()
            try:
                await self._cluster.create(
                    f"/api/v1/namespaces/{self._namespace}/events", self._event(room, kind, reason, message)
                )
            except (ApiError, Away) as error:
                log.info("event %s of room %s was not written: %s", reason, room.name, error)
            await asyncio.sleep(EVERY_S)

    def _event(self, room: Room, kind: str, reason: str, message: str) -> dict[str, object]:
        now = datetime.now(UTC).replace(tzinfo=None).isoformat(timespec="seconds") + "Z"
        return {
            "apiVersion": "v1",
            "kind": "Event",
            "metadata": {"name": f"{room.name}.{secrets.token_hex(6)}", "namespace": self._namespace},
            "involvedObject": {
                "apiVersion": names.API_VERSION,
                "kind": "Room",
                "name": room.name,
                "namespace": self._namespace,
                "uid": room.uid,
            },
            "type": kind,
            "reason": reason,
            "message": message[:1000],
            "source": {"component": "dolmetsch-operator"},
            "firstTimestamp": now,
            "lastTimestamp": now,
            "count": 1,
        }


def _words(room: Room, status: RoomStatus) -> str:
    engine = status.engine
    match status.phase:
        case Phase.READY if room.status.phase is Phase.ACTIVE:
            return f"The host left; the room closes at {status.close_at:%H:%M:%S} UTC"
        case Phase.READY if engine:
            return f"Engine {engine.pod_name} serves the room (epoch {engine.epoch}, {engine.source_lang})"
        case Phase.ACTIVE:
            return "The host's audio reaches the engine"
        case _:
            return status.message or status.phase.value
