"""What to do next for one room, from facts alone. Called again after every change and deadline."""

from dataclasses import replace
from datetime import datetime, timedelta

from dolmetsch_core.life.drain import drain, rest
from dolmetsch_core.life.observed import EngineSeen, EngineState, Observation
from dolmetsch_core.life.plan import Action, Claim, Create, DeleteRoom, Plan, Stop
from dolmetsch_core.life.report import changed, report
from dolmetsch_core.life.serve import CLAIM_DEADLINE, deadline_of, in_session, serve, was_served
from dolmetsch_core.wire.room import (
    ConditionType,
    Origin,
    Phase,
    Reason,
    Room,
    RoomStatus,
)

FAILURE_BUDGET = 5
BACKOFF = (0.0, 0.0, 2.0, 5.0, 15.0)
"""Seconds before the next engine, by failures so far: the first replacements go at once."""
REFUSAL_SHOWN = timedelta(seconds=2)
"""How long a refused room stays, so that whoever waits for it sees why."""
FAILURE_SHOWN = timedelta(hours=1)
"""How long a room that the api made stays after it failed, for people to read why."""


def decide(room: Room, seen: Observation, now: datetime) -> Plan:
    """Return what to do for `room`, the status to show and the time of the next look."""
    if room.deleted is not None:
        return drain(room, seen, now)
    room = _begin_activation(room, now)
    if room.status.phase in (Phase.CLOSED, Phase.FAILED):
        return _rest(room, seen, now)
    if room.status.phase is Phase.DRAINING:
        return drain(room, seen, now)
    if room.refused:
        # A place that becomes free meanwhile is for whoever asks now, this host perhaps.
        return _wait_or_refuse(room, replace(seen, refused=seen.refused or room.status.message), now)
    current = _current(room, seen)
    if current is None and not seen.admitted:
        return _wait_or_refuse(room, seen, now)
    strays = tuple(Stop(each.name) for each in seen.engines if each is not current and _alive(each))
    if current is None:
        if seen.cannot_create:
            return _replace(room, seen, f"Engine can't be created: {seen.cannot_create}", now)
        return _get_engine(room, seen, now, strays)
    if current.state is EngineState.PENDING and seen.refused and not was_served(room):
        return _wait_or_refuse(room, seen, now)
    lost = _lost(room, current, now)
    if lost:
        return _replace(room, seen, f"Engine lost: {lost}", now, current.epoch)
    if current.status is None and room.status.serves_with(current.uid) and not room.status.deadline:
        # This observer has not heard it yet, but one before it did: it serves until shown otherwise.
        close_at = room.status.close_at
        return Plan(room.status, strays, wake_at=close_at if close_at and close_at > now else None)
    if current.outdated and seen.replace_outdated and seen.warm:
        # Claimed with a higher epoch it takes the pen; the old one is a stray from then on.
        return _get_engine(room, seen, now, strays)
    return serve(room, current, seen, now, strays)


def _rest(room: Room, seen: Observation, now: datetime) -> Plan:
    """Closed or Failed: nothing to do, but nobody deletes what a host's activation left behind."""
    plan = rest(room, seen, now)
    failed = room.status.condition(ConditionType.ENGINE_READY)
    if room.status.phase is not Phase.FAILED or room.origin is not Origin.API or failed is None:
        return plan
    leave_at = failed.last_transition_time + FAILURE_SHOWN
    if now < leave_at:
        return Plan(plan.status, plan.actions, wake_at=leave_at)
    return Plan(plan.status, (*plan.actions, DeleteRoom("it failed an hour ago")))


def _begin_activation(room: Room, now: datetime) -> Room:
    """A raised `activation` starts from nothing, but for the epoch, which never falls."""
    if room.status.activation == room.spec.activation:
        return room
    fresh = RoomStatus(epoch=room.status.epoch, activation=room.spec.activation)
    return room.model_copy(update={"status": fresh})


def _alive(engine: EngineSeen) -> bool:
    return engine.state is not EngineState.STOPPING


def _current(room: Room, seen: Observation) -> EngineSeen | None:
    """The engine of the highest epoch, unless it is on its way out or still has an earlier session."""
    alive = [each for each in seen.engines if _alive(each) and _session_of(each) in (None, room.session)]
    return max(alive, key=lambda each: each.epoch, default=None)


def _session_of(engine: EngineSeen) -> str | None:
    return engine.status.session if engine.status else None


def _wait_or_refuse(room: Room, seen: Observation, now: datetime) -> Plan:
    if not seen.refused:
        status = report(room, now, Phase.PENDING, (ConditionType.ENGINE_SCHEDULED, False, Reason.WAITING, ""))
        return Plan(changed(status, message="Waits for a free engine"))
    condition = (ConditionType.ENGINE_SCHEDULED, False, Reason.NO_CAPACITY, seen.refused)
    status = report(room, now, Phase.PENDING, condition)
    since = status.condition(ConditionType.ENGINE_SCHEDULED)
    leave_at = (since.last_transition_time if since else now) + REFUSAL_SHOWN
    status = changed(status, message=seen.refused, deadline=leave_at if room.origin is Origin.API else None)
    if room.origin is Origin.API and now >= leave_at:
        return Plan(status, (DeleteRoom(seen.refused),))
    return Plan(status, wake_at=status.deadline)


def _get_engine(room: Room, seen: Observation, now: datetime, strays: tuple[Action, ...]) -> Plan:
    """Claim a warm engine or start one, after the backoff that earlier losses earned."""
    status = room.status
    if _backs_off(room) and status.deadline and now < status.deadline:
        return Plan(status, strays, wake_at=status.deadline)
    epoch = max([status.epoch, *(each.epoch for each in seen.engines)]) + 1
    action: Action = Claim(seen.warm[0], epoch) if seen.warm else Create(epoch)
    patience = CLAIM_DEADLINE if seen.warm else seen.start_timeout
    message = _went_away(room, seen) if was_served(room) else "Engine is starting"
    status = report(
        room,
        now,
        Phase.RECOVERING if was_served(room) else Phase.STARTING,
        (ConditionType.ENGINE_SCHEDULED, True, Reason.SCHEDULED, ""),
        (ConditionType.ENGINE_READY, False, Reason.STARTING, ""),
    )
    status = changed(status, epoch=epoch, engine=None, deadline=now + patience, message=message)
    return Plan(status, (*strays, action), wake_at=status.deadline)


def _backs_off(room: Room) -> bool:
    """Whether the deadline is a loss's pause; once the next engine was asked for, it is that one's."""
    ready = room.status.condition(ConditionType.ENGINE_READY)
    return ready is not None and ready.reason is Reason.ENGINE_LOST


def _went_away(room: Room, seen: Observation) -> str:
    """What became of the engine that served, in the cluster's words where it has any."""
    leaving = (each.last_words for each in seen.engines if room.status.serves_with(each.uid))
    why = next(leaving, "")
    return f"Its engine went away{f' ({why})' if why else ''}: another one is starting"


def _lost(room: Room, engine: EngineSeen, now: datetime) -> str:
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


def _replace(room: Room, seen: Observation, why: str, now: datetime, epoch: int = 0) -> Plan:
    """Stop what is lost; the next step gets another one, unless the budget is spent."""
    failures = room.status.failures + 1
    stops = tuple(Stop(each.name) for each in seen.engines if _alive(each))
    if failures > FAILURE_BUDGET:
        message = f"Given up after {failures} failures. {why}. Raise spec.activation to try again."
        condition = (ConditionType.ENGINE_READY, False, Reason.BUDGET_SPENT, message)
        status = report(room, now, Phase.FAILED, condition)
        status = changed(
            status, message=message, failures=failures, engine=None, deadline=None, close_at=None
        )
        return Plan(status, stops)
    wake_at = now + timedelta(seconds=BACKOFF[min(failures, len(BACKOFF)) - 1])
    status = report(room, now, Phase.RECOVERING, (ConditionType.ENGINE_READY, False, Reason.ENGINE_LOST, why))
    status = changed(status, message=why, failures=failures, engine=None, deadline=wake_at)
    status = changed(status, epoch=max(status.epoch, epoch))
    if wake_at > now:
        return Plan(status, stops, wake_at=wake_at)
    again = _get_engine(room.model_copy(update={"status": status}), seen, now, stops)
    return Plan(changed(again.status, message=status.message), again.actions, again.wake_at)
