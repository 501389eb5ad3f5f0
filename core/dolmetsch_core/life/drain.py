"""How a room ends: flushed, its engine stopped, then gone or Closed."""

from datetime import datetime, timedelta

from dolmetsch_core.life.observed import EngineSeen, EngineState, Observation
from dolmetsch_core.life.plan import Action, EndSession, Forget, Plan, Stop
from dolmetsch_core.life.report import changed, report
from dolmetsch_core.wire.room import ConditionType, Phase, Reason, Room

DRAIN_DEADLINE = timedelta(seconds=20)
"""Catching up on the last words takes seconds; an engine that hangs does not hold a room longer."""
STUCK = timedelta(seconds=60)
"""What an engine gets for stopping after that. One that is stuck (a dead node) does not hold the room: it has
lost the pen, and is taken away with the room that owns it.
"""


def drain(room: Room, seen: Observation, now: datetime, why: str = "") -> Plan:
    """Flush the session, stop the engines, and let the room go once none is left."""
    draining = room.status.phase is Phase.DRAINING
    deadline = room.status.deadline if draining and room.status.deadline else now + DRAIN_DEADLINE
    deadline = min(deadline, now + DRAIN_DEADLINE)
    if not seen.engines:
        return _drained(room, now, "Closed")
    all_stopping = all(each.state is EngineState.STOPPING for each in seen.engines)
    if all_stopping and draining and now >= deadline + STUCK:
        stuck = ", ".join(each.name for each in seen.engines)
        return _drained(room, now, f"Closed; {stuck} has not ended: its node may be lost")
    message = room.status.message if draining else (why or "Closing")
    reason = Reason.DELETED if room.deleted else Reason.NO_HOST
    status = report(
        room,
        now,
        Phase.DRAINING,
        (ConditionType.DRAINING, True, reason, message),
        (ConditionType.ENGINE_READY, False, Reason.CLOSED, ""),
    )
    status = changed(status, deadline=deadline, close_at=None, message=message)
    actions = tuple(_end(room, each, now >= deadline) for each in seen.engines)
    return Plan(
        status,
        tuple(each for each in actions if each),
        wake_at=deadline if now < deadline else deadline + STUCK,
    )


def rest(room: Room, seen: Observation, now: datetime) -> Plan:
    """Closed or Failed: hold no engine, keep the status."""
    stops = tuple(Stop(each.name) for each in seen.engines if each.state is not EngineState.STOPPING)
    return Plan(changed(room.status, observed_generation=room.generation), stops)


def _end(room: Room, engine: EngineSeen, overdue: bool) -> Action | None:
    if engine.state is EngineState.STOPPING:
        return None
    says = engine.status
    if says is None and room.status.serves_with(engine.uid) and not overdue:
        # It served, and this observer has not heard it yet: it may have words to write.
        return None
    # Whichever activation's: a new one may have been asked for in the meantime.
    ours = says is not None and says.session is not None and says.session.startswith(f"{room.uid}.")
    has_session = says is not None and ours and not says.drained and not says.fenced
    if engine.state is EngineState.RUNNING and has_session and not overdue:
        return EndSession(engine.name, engine.address)
    return Stop(engine.name)


def _drained(room: Room, now: datetime, message: str) -> Plan:
    if room.deleted:
        return Plan(room.status, (Forget(),))
    status = report(room, now, Phase.CLOSED, (ConditionType.DRAINING, False, Reason.CLOSED, ""))
    status = changed(status, engine=None, deadline=None, close_at=None, unplaced_since=None)
    return Plan(changed(status, message=message))
