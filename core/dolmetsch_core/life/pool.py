"""Warm engines and capacity: one decision over all rooms of a pool."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from dolmetsch_core.life.drain import STUCK
from dolmetsch_core.life.observed import EngineSeen, EngineState, PoolSeen
from dolmetsch_core.life.plan import PoolPlan
from dolmetsch_core.wire.room import ConditionType, EnginePoolSpec, EnginePoolStatus, Phase, Room

WARM_PAUSE = (0.0, 1.0, 5.0, 15.0, 60.0)
"""Seconds before the next warm engine, by those that died in a row before they were ready."""
PLACES_COME_BACK = timedelta(minutes=1)
"""A device plugin that starts again takes its devices away for seconds. Engines that run keep theirs."""


def warm_pause(deaths: int) -> timedelta:
    """How long to wait after `deaths` warm engines in a row that were never ready."""
    return timedelta(seconds=WARM_PAUSE[min(max(deaths - 1, 0), len(WARM_PAUSE) - 1)])


def decide_pool(pool: EnginePoolSpec, seen: PoolSeen, now: datetime) -> PoolPlan:
    """Admit rooms oldest first while there is capacity, refuse the rest, size the warm set.

    A room counts as active from its admission until its engine is gone; a waiting one does not.
    """
    awaited = sum(lost.count for lost in seen.lost_places if now < lost.since + PLACES_COME_BACK)
    capacity = min(pool.max_active_rooms, seen.places + awaited)
    active = {room.name: room for room in seen.rooms if _holds_a_place(room, seen, now)}
    waiting = sorted(
        (room for room in seen.rooms if room.name not in active and _wants_an_engine(room)),
        key=lambda room: (room.name not in seen.admitted, room.created, room.name),
    )
    refused = {room.name: why for room in waiting if (why := _never(room, seen))}
    waiting = [room for room in waiting if room.name not in refused]
    places_left = max(0, capacity - len(active))
    admitted, left = waiting[:places_left], waiting[places_left:]
    if not any(_frees_a_place(each, now) for each in _all_engines(seen)):
        refused |= {room.name: _full(room, capacity) for room in left}
        refused |= {
            room.name: _unschedulable(room)
            for room in active.values()
            if not awaited and _waits_in_vain(room, seen, pool, now)
        }
    create_warm, drop_warm = _size_warm_set(pool, seen, [*active.values(), *admitted], capacity, now)
    taken = len(active) + len(admitted)
    return PoolPlan(
        status=EnginePoolStatus(
            capacity=capacity,
            active=taken,
            warm=len([each for each in seen.warm if each.state is EngineState.RUNNING]),
            available=max(0, capacity - taken),
        ),
        admitted=frozenset([*active, *(room.name for room in admitted)]),
        refused=refused,
        create_warm=create_warm,
        drop_warm=drop_warm,
    )


def _size_warm_set(
    pool: EnginePoolSpec, seen: PoolSeen, rooms: list[Room], capacity: int, now: datetime
) -> tuple[int, tuple[str, ...]]:
    """Return how many warm engines to make, and which to drop."""
    dead = tuple(each.name for each in seen.warm if each.state is EngineState.LOST)
    warm = [each for each in seen.warm if each.state not in (EngineState.LOST, EngineState.STOPPING)]
    target = max(0, min(pool.warm, capacity - len(rooms)))
    # A room about to claim one takes it out of the warm set: count its place already.
    claiming = sum(1 for room in rooms if not seen.engines.get(room.name))
    spare = max(0, len(warm) - claiming)
    if spare > target:
        # Old templates first, then those that are not ready, the newest first.
        first_to_go = sorted(
            enumerate(warm),
            key=lambda each: (each[1].outdated, each[1].state is not EngineState.RUNNING, each[0]),
            reverse=True,
        )
        return 0, (*dead, *(each.name for _, each in first_to_go[: spare - target]))
    running = sum(1 for each in _all_engines(seen) if each.state is not EngineState.LOST)
    room_for_more = max(0, capacity - running - max(0, claiming - len(warm)))
    pausing = seen.warm_not_before is not None and now < seen.warm_not_before
    create = 0 if pausing else min(room_for_more, max(0, target - spare))
    return create, (*dead, *(() if pausing or create else _next_outdated(warm)))


def _never(room: Room, seen: PoolSeen) -> str:
    """Why no engine will do for this room, '' where one may."""
    unable = f"Unable to activate room <{room.spec.room_id}>"
    if seen.no_engines:
        return f"{unable}: {seen.no_engines}"
    if seen.languages and room.spec.source_lang not in seen.languages:
        return f"{unable}: the engines' model does not know the language '{room.spec.source_lang}'"
    return ""


def _frees_a_place(engine: EngineSeen, now: datetime) -> bool:
    """An engine that is ending, unless it is stuck in that (a dead node), or its place is taken already."""
    ending = engine.state is EngineState.STOPPING and not engine.displaced
    return ending and not _stuck(engine, now)


def _stuck(engine: EngineSeen, now: datetime) -> bool:
    return engine.deleted is not None and now >= engine.deleted + STUCK


def _next_outdated(warm: list[EngineSeen]) -> tuple[str, ...]:
    """One warm engine of an older template, once those of the present one are up: a bad image costs one."""
    if any(not each.outdated and each.state is not EngineState.RUNNING for each in warm):
        return ()
    return tuple(each.name for each in warm if each.outdated)[:1]


def _all_engines(seen: PoolSeen) -> Iterable[EngineSeen]:
    yield from seen.warm
    for engines in seen.engines.values():
        yield from engines


def _wants_an_engine(room: Room) -> bool:
    ended = room.status.phase in (Phase.CLOSED, Phase.FAILED, Phase.DRAINING)
    over = room.refused or (ended and room.status.activation == room.spec.activation)
    return room.deleted is None and not over


def _holds_a_place(room: Room, seen: PoolSeen, now: datetime) -> bool:
    # What is stuck on a dead node holds no place: capacity has lost that node already.
    if not all(_stuck(each, now) for each in seen.engines.get(room.name, ())):
        return True
    scheduled = room.status.condition(ConditionType.ENGINE_SCHEDULED)
    current = room.status.activation == room.spec.activation
    return current and _wants_an_engine(room) and scheduled is not None and scheduled.status


def _waits_in_vain(room: Room, seen: PoolSeen, pool: EnginePoolSpec, now: datetime) -> bool:
    """An engine that no node takes or keeps: other pods hold what this pool counts on."""
    engines, unplaced_since = seen.engines.get(room.name, ()), room.status.unplaced_since
    if any(each.state is not EngineState.PENDING and not each.displaced for each in engines):
        return False
    if not engines and unplaced_since is None:
        return False
    since = unplaced_since or max((each.created for each in engines if each.created), default=now)
    since = max(since, seen.freed_at or since)
    return now - since > timedelta(seconds=pool.schedule_timeout_seconds)


def _full(room: Room, capacity: int) -> str:
    return f"Unable to activate room <{room.spec.room_id}>: Maximum capacity of {capacity} instances reached"


def _unschedulable(room: Room) -> str:
    ready = room.status.condition(ConditionType.ENGINE_READY)
    why = f" ({ready.message})" if ready and ready.message and room.status.unplaced_since else ""
    return f"Unable to activate room <{room.spec.room_id}>: no node has a free place for its engine{why}"
