"""The Directory of one machine, for the api: rooms in the live store, watched by channel and second look."""

import asyncio
import logging
import time
import uuid
from contextlib import suppress

from redis.asyncio import Redis

from dolmetsch_core.directory import RoomView, Terminating, adopt
from dolmetsch_core.errors import DirectoryAway
from dolmetsch_core.live import rooms
from dolmetsch_core.live.store import STORE_AWAY
from dolmetsch_core.supervise import for_ever
from dolmetsch_core.tasks import end_tasks
from dolmetsch_core.wire.room import EnginePoolStatus, Origin, Room, RoomSpec

log = logging.getLogger(__name__)
SECOND_LOOK_S = 1.0
AGAIN_S = 0.05
WRITE_S = 5.0
"""How long a write waits for a new store to get its rooms back; TimeoutError is one of STORE_AWAY."""


class LocalDirectory:
    """Rooms on one machine. Implements `dolmetsch_core.directory.Directory`."""

    def __init__(self, store: Redis) -> None:
        self._store = store
        self._task: asyncio.Task[None] | None = None
        self._pool = EnginePoolStatus()
        self.view = RoomView()

    async def start(self) -> None:
        """Begin to watch."""
        self._task = asyncio.create_task(for_ever("directory watch", self._watch), name="directory watch")

    async def stop(self) -> None:
        """End the watch."""
        await end_tasks(self._task)

    async def activate(self, wish: RoomSpec, *, deadline: float = 60.0) -> Room:
        """See Directory.activate."""
        until = time.monotonic() + deadline
        while True:
            try:
                room = await self._activate_once(wish)
            except (Terminating, rooms.NotReady):
                room = None
            except STORE_AWAY as error:
                raise DirectoryAway(
                    wish.room_id, "The live store is away: try again in a few seconds"
                ) from error
            if room is not None:
                return room
            if time.monotonic() > until:
                raise DirectoryAway(wish.room_id, f"Room <{wish.room_id}> is still closing: try again")
            await asyncio.sleep(AGAIN_S)

    async def _activate_once(self, wish: RoomSpec) -> Room | None:
        """One try; None: somebody else wrote in between."""
        existing = (await rooms.read(self._store)).rooms.get(wish.room_id)
        if existing is None:
            room = Room(
                name=wish.room_id, uid=uuid.uuid4().hex, created=rooms.now(), origin=Origin.API, spec=wish
            )
            return room if await rooms.put(self._store, room, replaces=None) else None
        return await self._respec(existing, adopt(existing, wish))

    async def _respec(self, room: Room, spec: RoomSpec) -> Room | None:
        if spec == room.spec:
            return room
        renewed = room.model_copy(update={"spec": spec, "generation": room.generation + 1})
        return renewed if await rooms.put(self._store, renewed, replaces=room) else None

    async def restart(self, room_id: str) -> Room | None:
        """See Directory.restart."""
        async with asyncio.timeout(WRITE_S):
            return await self._restart(room_id)

    async def _restart(self, room_id: str) -> Room | None:
        while room := (await rooms.read(self._store)).rooms.get(room_id):
            spec = room.spec.model_copy(update={"restart": room.spec.restart + 1})
            with suppress(rooms.NotReady):
                if renewed := await self._respec(room, spec):
                    return renewed
            await asyncio.sleep(AGAIN_S)
        return None

    async def close(self, room_id: str) -> bool:
        """See Directory.close."""
        async with asyncio.timeout(WRITE_S):
            return await self._close(room_id)

    async def _close(self, room_id: str) -> bool:
        while room := (await rooms.read(self._store)).rooms.get(room_id):
            if room.deleted is not None:
                return True
            marked = room.model_copy(update={"deleted": rooms.now(), "generation": room.generation + 1})
            with suppress(rooms.NotReady):
                if await rooms.put(self._store, marked, replaces=room):
                    return True
            await asyncio.sleep(AGAIN_S)
        return False

    async def capacity(self) -> EnginePoolStatus:
        """See Directory.capacity; the last known one while the store is away."""
        return self._pool

    async def _watch(self) -> None:
        """Read everything after every message, and once a second for the message that was lost."""
        while True:
            try:
                async with self._store.pubsub() as channel:
                    await channel.subscribe(rooms.CHANGED)
                    while True:
                        await self._look()
                        await channel.get_message(ignore_subscribe_messages=True, timeout=SECOND_LOOK_S)
            except STORE_AWAY:
                await asyncio.sleep(0.2)

    async def _look(self) -> None:
        reading = await rooms.read(self._store)
        if reading.ready:
            self._pool = reading.pool or self._pool
            await self.view.replace(reading.rooms)
