"""What to do next for one room, from facts alone. Called again after every change and deadline."""

from dataclasses import replace
from datetime import datetime, timedelta

from dolmetsch_core.life.drain import drain, rest
from dolmetsch_core.life.observed import EngineSeen, EngineState, Observation
from dolmetsch_core.life.plan import DeleteRoom, Plan, Stop
from dolmetsch_core.life.recover import (
    alive,
    fail,
    get_engine,
    known_lost,
    lost_why,
    place_again,
    replace_engine,
)
from dolmetsch_core.life.report import changed, report
from dolmetsch_core.life.serve import serve, was_served
from dolmetsch_core.wire.room import (
    ConditionType,
    Origin,
    Phase,
    Reason,
    Room,
    RoomStatus,
)

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
    if not _served_by(room, current) and (over := _without_host(room, seen, now)):
        return over
    strays = tuple(Stop(each.name) for each in seen.engines if each is not current and alive(each))
    if current is None:
        return _without_engine(room, seen, now, strays)
    if current.state is EngineState.PENDING and seen.refused and not was_served(room):
        return _wait_or_refuse(room, seen, now)
    if current.displaced and _searches_in_vain(room, seen):
        return _wait_or_refuse(room, seen, now)
    if current.displaced:
        return place_again(room, seen, current, now)
    lost = lost_why(room, current, now)
    if lost:
        return replace_engine(room, seen, f"Engine lost: {lost}", now, current)
    if current.status is None and room.status.serves_with(current.uid) and not room.status.deadline:
        # This observer has not heard it yet, but one before it did: it serves until shown otherwise.
        close_at = room.status.close_at
        return Plan(room.status, strays, wake_at=close_at if close_at and close_at > now else None)
    if current.outdated and seen.replace_outdated and seen.warm:
        # Claimed with a higher epoch it takes the pen; the old one is a stray from then on.
        return get_engine(room, seen, now, strays)
    return serve(room, current, seen, now, strays)


def _without_engine(room: Room, seen: Observation, now: datetime, strays: tuple[Stop, ...]) -> Plan:
    if not seen.admitted or _searches_in_vain(room, seen):
        return _wait_or_refuse(room, seen, now)
    if seen.cannot_create:
        return replace_engine(room, seen, f"Engine can't be created: {seen.cannot_create}", now)
    if seen.vanished:
        # Somebody deletes engines as fast as they are made: the pauses grow as for any other loss.
        return replace_engine(room, seen, "Engine went away before it served the room", now)
    return get_engine(room, seen, now, strays)


def _searches_in_vain(room: Room, seen: Observation) -> bool:
    """Whether a host has waited for a place for too long; a person's room goes on looking for one."""
    searches = room.status.unplaced_since is not None and not was_served(room)
    return bool(seen.refused) and searches and room.origin is Origin.API


def _without_host(room: Room, seen: Observation, now: datetime) -> Plan | None:
    """End a room that no engine serves and, as far as one can know, no host waits for. None: go on."""
    if _host_stayed_away(room, seen, now):
        why = "no host came back in time"
        ends = room.origin is Origin.API
        return Plan(room.status, (DeleteRoom(why),)) if ends else drain(room, seen, now, why)
    if _never_started(room, seen, now):
        return fail(room, seen, f"No engine was ready in time. {room.status.message}", now)
    return None


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


def _current(room: Room, seen: Observation) -> EngineSeen | None:
    """The engine of the highest epoch, unless it is on its way out or still has an earlier session."""
    found = [
        each
        for each in seen.engines
        if alive(each) and _session_of(each) in (None, room.session) and not known_lost(room, each)
    ]
    return max(found, key=lambda each: each.epoch, default=None)


def _served_by(room: Room, engine: EngineSeen | None) -> bool:
    """Whether an engine has the room's session: it knows of the host itself."""
    serves = engine is not None and room.status.serves_with(engine.uid)
    return serves or (engine is not None and _session_of(engine) == room.session)


def _host_stayed_away(room: Room, seen: Observation, now: datetime) -> bool:
    """Whether the grace time of a host was over before the engine was lost, or long enough after that.

    A host that came back meanwhile, whom only an engine could tell of, has the time of a start.
    """
    close_at = room.status.close_at
    return close_at is not None and now >= close_at + seen.start_timeout


def _never_started(room: Room, seen: Observation, now: datetime) -> bool:
    """Whether the host that activated the room has given up: its place is for others."""
    scheduled = room.status.condition(ConditionType.ENGINE_SCHEDULED)
    served = room.status.condition(ConditionType.ROUTABLE) is not None
    if room.origin is not Origin.API or served or scheduled is None or not scheduled.status:
        return False
    patience = seen.start_timeout + timedelta(seconds=room.spec.activation_deadline_seconds)
    return now >= scheduled.last_transition_time + patience


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
