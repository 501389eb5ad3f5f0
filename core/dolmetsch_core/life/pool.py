"""Warm engines and capacity: one decision over all rooms of a pool."""

from datetime import datetime, timedelta

from dolmetsch_core.life.observed import EngineSeen, EngineState, PoolSeen
from dolmetsch_core.life.plan import PoolPlan
from dolmetsch_core.wire.room import ConditionType, EnginePoolSpec, EnginePoolStatus, Phase, Room


def decide_pool(pool: EnginePoolSpec, seen: PoolSeen, now: datetime) -> PoolPlan:
    """Admit rooms oldest first while there is capacity, refuse the rest, size the warm set.

    A room counts as active from its admission until its engine is gone; a waiting one does not.
    """
    capacity = min(pool.max_active_rooms, seen.places)
    active = [room for room in seen.rooms if _holds_a_place(room, seen)]
    waiting = sorted(
        (room for room in seen.rooms if room not in active and _wants_an_engine(room)),
        key=lambda room: (room.created, room.name),
    )
    admitted, left = waiting[: max(0, capacity - len(active))], waiting[max(0, capacity - len(active)) :]
    stopping = any(each.state is EngineState.STOPPING for each in _all_engines(seen))
    taken = len(active) + len(admitted)
    refused = {} if stopping else {room.name: _full(room, capacity) for room in left}
    refused |= {room.name: _unschedulable(room) for room in active if _waits_in_vain(room, seen, pool, now)}
    warm = [each for each in seen.warm if each.state not in (EngineState.LOST, EngineState.STOPPING)]
    # A room about to claim one takes it out of the warm set: count its place already.
    target = min(pool.warm, capacity - taken)
    claiming = sum(1 for room in [*active, *admitted] if not seen.engines.get(room.name))
    spare = max(0, len(warm) - claiming)
    running = len([each for each in _all_engines(seen) if each.state is not EngineState.LOST])
    room_for_more = max(0, capacity - running - max(0, claiming - len(warm)))
    drop = warm[::-1][: max(0, spare - max(0, target))]
    dead = [each.name for each in seen.warm if each.state is EngineState.LOST]
    return PoolPlan(
        status=EnginePoolStatus(
            capacity=capacity,
            active=taken,
            warm=len([each for each in warm if each.state is EngineState.RUNNING]),
            available=max(0, capacity - taken),
        ),
        admitted=frozenset(room.name for room in [*active, *admitted]),
        refused=refused,
        create_warm=min(room_for_more, max(0, target - spare)),
        drop_warm=(*dead, *(each.name for each in drop)),
    )


def _all_engines(seen: PoolSeen) -> list[EngineSeen]:
    return [*seen.warm, *(each for engines in seen.engines.values() for each in engines)]


def _wants_an_engine(room: Room) -> bool:
    ended = room.status.phase in (Phase.CLOSED, Phase.FAILED, Phase.DRAINING)
    return room.deleted is None and not (ended and room.status.activation == room.spec.activation)


def _holds_a_place(room: Room, seen: PoolSeen) -> bool:
    if seen.engines.get(room.name):
        return True
    scheduled = room.status.condition(ConditionType.ENGINE_SCHEDULED)
    current = room.status.activation == room.spec.activation
    return current and _wants_an_engine(room) and scheduled is not None and scheduled.status


def _waits_in_vain(room: Room, seen: PoolSeen, pool: EnginePoolSpec, now: datetime) -> bool:
    """An engine that no node takes: other pods hold what this pool counts on."""
    engines = seen.engines.get(room.name, ())
    scheduled = room.status.condition(ConditionType.ENGINE_SCHEDULED)
    if not engines or scheduled is None or any(each.state is not EngineState.PENDING for each in engines):
        return False
    return now - scheduled.last_transition_time > timedelta(seconds=pool.schedule_timeout_seconds)


def _full(room: Room, capacity: int) -> str:
    return f"Unable to activate room <{room.spec.room_id}>: Maximum capacity of {capacity} instances reached"


def _unschedulable(room: Room) -> str:
    return f"Unable to activate room <{room.spec.room_id}>: no node has a free place for its engine"
