"""How a room gets its engine, what counts as losing one, and when it is given up."""

from datetime import datetime, timedelta

from dolmetsch_core.life.observed import EngineSeen, EngineState, Observation
from dolmetsch_core.life.plan import Action, Claim, Create, Plan, Stop
from dolmetsch_core.life.report import changed, report
from dolmetsch_core.life.serve import CLAIM_DEADLINE, deadline_of, in_session, was_served
from dolmetsch_core.wire.room import ConditionType, Phase, Reason, Room, RoomStatus

FAILURE_BUDGET = 5
BACKOFF = (0.0, 0.0, 2.0, 5.0, 15.0)
"""Seconds before the next engine, by failures so far: the first replacements go at once."""
SHORTEST_PAUSE, LONGEST_PAUSE = timedelta(seconds=1), timedelta(seconds=30)
"""A pause in the search for a node that keeps the engine is as long as that search so far, within these."""


def get_engine(room: Room, seen: Observation, now: datetime, strays: tuple[Action, ...]) -> Plan:
    """Claim a warm engine or start one, after the backoff that earlier losses earned."""
    status = room.status
    if _backs_off(room) and status.deadline and now < status.deadline:
        return Plan(status, strays, wake_at=status.deadline)
    epoch = max([status.epoch + seen.untold_epochs, *(each.epoch for each in seen.engines)]) + 1
    action: Action = Claim(seen.warm[0], epoch) if seen.warm else Create(epoch)
    patience = CLAIM_DEADLINE if seen.warm else seen.start_timeout
    displaced = _displaced_why(room)
    message = status.message if displaced else _starting(room, seen)
    deadline = now + patience
    if seen.create_delayed and status.deadline and not _backs_off(room):
        deadline, message = status.deadline, f"Engine can't be created yet: {seen.create_delayed}"
        if now >= deadline:
            return replace_engine(room, seen, f"Engine can't be created: {seen.create_delayed}", now)
    status = report(
        room,
        now,
        Phase.RECOVERING if was_served(room) else Phase.STARTING,
        (ConditionType.ENGINE_SCHEDULED, True, Reason.SCHEDULED, ""),
        (ConditionType.ENGINE_READY, False, Reason.STARTING, displaced),
    )
    status = changed(status, epoch=epoch, engine=None, deadline=deadline, message=message)
    return Plan(status, (*strays, action), wake_at=status.deadline)


def _backs_off(room: Room) -> bool:
    """Whether the deadline is a loss's pause; once the next engine was asked for, it is that one's."""
    ready = room.status.condition(ConditionType.ENGINE_READY)
    return ready is not None and ready.reason in (Reason.ENGINE_LOST, Reason.ENGINE_DISPLACED)


def _displaced_why(room: Room) -> str:
    """Why no node has kept an engine of the room so far, '' where none was displaced."""
    ready = room.status.condition(ConditionType.ENGINE_READY)
    return ready.message if ready and room.status.unplaced_since else ""


def _starting(room: Room, seen: Observation) -> str:
    """What to say of a start: of the engine that served before, in the cluster's words where it has any."""
    if not was_served(room):
        return "Engine is starting"
    leaving = (each.last_words for each in seen.engines if room.status.serves_with(each.uid))
    why = next(leaving, "")
    return f"Its engine went away{f' ({why})' if why else ''}: another one is starting"


def alive(engine: EngineSeen) -> bool:
    """Whether it has not been told to end."""
    return engine.state is not EngineState.STOPPING


def lost_why(room: Room, engine: EngineSeen, now: datetime) -> str:
    """Why this engine is no use any more, '' while it is."""
    if engine.state is EngineState.LOST:
        return engine.last_words or "the engine ended"
    status = engine.status
    if status and status.session == room.session and status.fenced:
        return "another engine took this session's pen"
    serving = status is not None and in_session(room, status)
    deadline = deadline_of(room, engine)
    if not serving and deadline and now >= deadline:
        return engine.last_words or "the engine was not ready in time"
    return ""


def known_lost(room: Room, engine: EngineSeen) -> bool:
    """Whether the status speaks of this loss: it counts once, however often it can not be stopped."""
    lost = engine.state is EngineState.LOST or (engine.status is not None and engine.status.fenced)
    ago = engine.epoch < room.status.epoch or (engine.epoch == room.status.epoch and _backs_off(room))
    return lost and ago and not room.status.serves_with(engine.uid)


def replace_engine(
    room: Room, seen: Observation, why: str, now: datetime, lost: EngineSeen | None = None
) -> Plan:
    """Stop what is lost; the next step gets another one, unless the budget is spent."""
    # One that is lost for want of the live store is not the fault of engines.
    failures = room.status.failures + (0 if lost and lost.store_away else 1)
    if failures > FAILURE_BUDGET:
        counted = room.model_copy(update={"status": changed(room.status, failures=failures)})
        return fail(counted, seen, f"Given up after {failures} failures. {why}.", now)
    wake_at = now + timedelta(seconds=BACKOFF[min(max(failures, 1), len(BACKOFF)) - 1])
    status = report(room, now, Phase.RECOVERING, (ConditionType.ENGINE_READY, False, Reason.ENGINE_LOST, why))
    status = changed(status, message=why, failures=failures, engine=None, deadline=wake_at)
    status = changed(status, epoch=max(status.epoch, lost.epoch if lost else 0), unplaced_since=None)
    return _get_another(room, seen, status, now)


def place_again(room: Room, seen: Observation, displaced: EngineSeen, now: datetime) -> Plan:
    """Look for another place: at once the first time, then after growing pauses. It is no failure."""
    since = room.status.unplaced_since
    pause = min(max(now - since, SHORTEST_PAUSE), LONGEST_PAUSE) if since else timedelta()
    phase = Phase.RECOVERING if was_served(room) else Phase.STARTING
    why = displaced.last_words
    status = report(room, now, phase, (ConditionType.ENGINE_READY, False, Reason.ENGINE_DISPLACED, why))
    status = changed(status, message=f"No node keeps the engine: {why}", unplaced_since=since or now)
    status = changed(status, epoch=max(status.epoch, displaced.epoch), engine=None, deadline=now + pause)
    return _get_another(room, seen, status, now)


def _get_another(room: Room, seen: Observation, status: RoomStatus, now: datetime) -> Plan:
    """Stop what there is, and get the next engine once the pause is over that ends at the deadline."""
    stops = _stops(seen)
    if status.deadline and status.deadline > now:
        return Plan(status, stops, wake_at=status.deadline)
    again = get_engine(room.model_copy(update={"status": status}), seen, now, stops)
    return Plan(changed(again.status, message=status.message), again.actions, again.wake_at)


def fail(room: Room, seen: Observation, why: str, now: datetime) -> Plan:
    """Give up: the room holds no place any more, and says what to do."""
    message = f"{why} Raise spec.activation to try again."
    status = report(
        room, now, Phase.FAILED, (ConditionType.ENGINE_READY, False, Reason.BUDGET_SPENT, message)
    )
    status = changed(status, message=message, engine=None, deadline=None, close_at=None, unplaced_since=None)
    return Plan(status, _stops(seen))


def _stops(seen: Observation) -> tuple[Action, ...]:
    return tuple(Stop(each.name) for each in seen.engines if alive(each))
