"""Building a room's status: conditions keep the time of their last real change."""

from datetime import datetime
from typing import Any

from dolmetsch_core.wire.room import Condition, ConditionType, Phase, Reason, Room, RoomStatus

Said = tuple[ConditionType, bool, Reason, str]


def report(room: Room, now: datetime, phase: Phase, *said: Said) -> RoomStatus:
    """Return the room's status with `phase` and conditions replaced; the rest stays."""
    by_type = {each.type: each for each in room.status.conditions}
    for kind, status, reason, message in said:
        before = by_type.get(kind)
        since = before.last_transition_time if before and before.status == status else now
        by_type[kind] = Condition(
            type=kind,
            status=status,
            reason=reason,
            message=message,
            last_transition_time=since,
            observed_generation=room.generation,
        )
    ready = by_type.get(ConditionType.ENGINE_READY)
    if ready is not None and not ready.status and ConditionType.ROUTABLE in by_type:
        by_type[ConditionType.ROUTABLE] = _not_routable(by_type[ConditionType.ROUTABLE], ready, now)
    return changed(
        room.status,
        phase=phase,
        conditions=tuple(by_type[kind] for kind in ConditionType if kind in by_type),
        activation=room.spec.activation,
        observed_generation=room.generation,
    )


def _not_routable(before: Condition, ready: Condition, now: datetime) -> Condition:
    since = before.last_transition_time if not before.status else now
    return ready.model_copy(update={"type": ConditionType.ROUTABLE, "last_transition_time": since})


def changed(status: RoomStatus, **fields: Any) -> RoomStatus:
    """Return `status` with some fields replaced (of the types that RoomStatus declares)."""
    return status.model_copy(update=fields)
