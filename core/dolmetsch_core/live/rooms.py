"""Rooms in the live store: a hash for spec and one for status, a generation counter, one channel.

One machine needs no more: no resourceVersion, no finalizer, no watch protocol. The controller keeps the
rooms in memory too and puts them back into a store that lost them; `ready` says that it has.
"""

import time
from dataclasses import dataclass
from datetime import UTC, datetime

from redis.asyncio import Redis

from dolmetsch_core.live import keys
from dolmetsch_core.live.store import Script
from dolmetsch_core.wire.room import EnginePoolStatus, Room, RoomStatus

_READ = Script("""
return {
  redis.call('GET', KEYS[4]) or '',
  redis.call('HVALS', KEYS[1]),
  redis.call('HGETALL', KEYS[2]),
  redis.call('GET', KEYS[3]) or '',
}
""")

# Compare and set: ARGV room id, expected uid or '', expected generation, new value.
_PUT = Script("""
if redis.call('GET', KEYS[2]) == false then return -1 end
local old = redis.call('HGET', KEYS[1], ARGV[1])
if old then
  local meta = cjson.decode(old)
  if meta.uid ~= ARGV[2] or meta.generation ~= tonumber(ARGV[3]) then return 0 end
elseif ARGV[2] ~= '' then return 0 end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[4])
redis.call('PUBLISH', KEYS[3], ARGV[1])
return 1
""")

_STATUS = Script("""
local spec = redis.call('HGET', KEYS[1], ARGV[1])
if not spec or cjson.decode(spec).uid ~= ARGV[2] then return 0 end
if redis.call('HGET', KEYS[2], ARGV[1]) == ARGV[3] then return 1 end
redis.call('HSET', KEYS[2], ARGV[1], ARGV[3])
redis.call('PUBLISH', KEYS[3], ARGV[1])
return 1
""")

_FORGET = Script("""
local spec = redis.call('HGET', KEYS[1], ARGV[1])
if not spec or cjson.decode(spec).uid ~= ARGV[2] then return 0 end
redis.call('HDEL', KEYS[1], ARGV[1])
redis.call('HDEL', KEYS[2], ARGV[1])
redis.call('PUBLISH', KEYS[3], ARGV[1])
return 1
""")

SPEC, STATUS, POOL, READY, CHANGED = (
    keys.directory(part) for part in ("spec", "status", "pool", "ready", "changed")
)


class NotReady(Exception):
    """The store is new and the controller has not put the rooms back yet. Remedy: wait."""


@dataclass(frozen=True)
class Reading:
    """All rooms at one moment."""

    rooms: dict[str, Room]
    pool: EnginePoolStatus | None
    """None: the controller has not said it to this store yet."""
    ready: bool
    """False: the store is new, the controller has not put its rooms back."""


def now() -> datetime:
    """The time as resources hold it."""
    return datetime.fromtimestamp(time.time(), UTC)


async def read(store: Redis) -> Reading:
    """Read all rooms in one step."""
    ready, specs, statuses, pool = await _READ(store, [SPEC, STATUS, POOL, READY], [])
    status_of = dict(zip(statuses[::2], statuses[1::2], strict=True))
    rooms = {}
    for value in specs:
        room = Room.model_validate_json(value)
        status = status_of.get(room.spec.room_id.encode())
        if status:
            room = room.model_copy(update={"status": RoomStatus.model_validate_json(status)})
        rooms[room.spec.room_id] = room
    counts = EnginePoolStatus.model_validate_json(pool) if pool else None
    return Reading(rooms, counts, bool(ready))


async def put(store: Redis, room: Room, *, replaces: Room | None) -> bool:
    """Write spec and metadata if nobody else changed them since `replaces` (None: if there is none).

    Raises NotReady.
    """
    uid, generation = (replaces.uid, replaces.generation) if replaces else ("", 0)
    value = room.model_dump_json(exclude={"status"})
    answer = await _PUT(store, [SPEC, READY, CHANGED], [room.spec.room_id, uid, generation, value])
    if answer == -1:
        raise NotReady
    return bool(answer)


async def write_status(store: Redis, room: Room) -> bool:
    """Publish a room's status. False: the room is gone."""
    args = [room.spec.room_id, room.uid, room.status.model_dump_json()]
    return bool(await _STATUS(store, [SPEC, STATUS, CHANGED], args))


async def forget(store: Redis, room: Room) -> None:
    """Let a drained room go."""
    await _FORGET(store, [SPEC, STATUS, CHANGED], [room.spec.room_id, room.uid])


async def write_pool(store: Redis, pool: EnginePoolStatus) -> None:
    """Publish capacity."""
    await store.set(POOL, pool.model_dump_json())


async def put_back(store: Redis, rooms: list[Room]) -> None:
    """Fill a new store with the rooms that the controller knows, and say that it is complete."""
    async with store.pipeline(transaction=True) as pipe:
        for room in rooms:
            pipe.hsetnx(SPEC, room.spec.room_id, room.model_dump_json(exclude={"status"}))
            pipe.hsetnx(STATUS, room.spec.room_id, room.status.model_dump_json())
        pipe.set(READY, b"1")
        pipe.publish(CHANGED, b"")
        await pipe.execute()
