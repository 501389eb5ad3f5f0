"""What to do next for one room, from facts alone. Called again after every change and deadline."""

from datetime import datetime, timedelta

from dolmetsch_core.life.drain import drain, rest
from dolmetsch_core.life.hosts import close_time, host_status
from dolmetsch_core.life.observed import EngineSeen, EngineState, Observation
from dolmetsch_core.life.plan import Action, Claim, Create, DeleteRoom, OpenSession, Plan, Stop
from dolmetsch_core.life.report import changed, report
from dolmetsch_core.wire.engine import EngineStatus, SessionRequest
from dolmetsch_core.wire.room import (
    ConditionType,
    EngineRef,
    Origin,
    Phase,
    Reason,
    Room,
    RoomStatus,
)

CLAIM_DEADLINE = timedelta(seconds=30)
"""With its model loaded, an engine opens a session or changes its language in a second."""
FAILURE_BUDGET = 5
BACKOFF = (0.0, 0.0, 2.0, 5.0, 15.0)
"""Seconds before the next engine, by failures so far: the first replacements go at once."""
STEADY = timedelta(minutes=10)
"""An engine that served so long has proved that the losses before it are over."""
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
    current = _current(room, seen)
    if current is None and not seen.admitted:
        return _wait_or_refuse(room, seen, now)
    strays = tuple(Stop(each.name) for each in seen.engines if each is not current and _alive(each))
    if current is None:
        if seen.cannot_create:
            return _replace(room, seen, f"Engine can't be created: {seen.cannot_create}", now)
        return _get_engine(room, seen, now, strays)
    if current.state is EngineState.PENDING and seen.refused and not _was_served(room):
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
    return _serve(room, current, seen, now, strays)


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


def _was_served(room: Room) -> bool:
    """Whether an engine was lost or moved since the activation: people may be in the room."""
    status = room.status
    return bool(status.failures or status.engine or status.phase is Phase.RECOVERING)


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
    message = _went_away(room, seen) if _was_served(room) else "Engine is starting"
    status = report(
        room,
        now,
        Phase.RECOVERING if _was_served(room) else Phase.STARTING,
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
    serving = status is not None and _in_session(room, status)
    deadline = _deadline(room, engine)
    if not serving and deadline and now >= deadline:
        return engine.last_words or "the engine was not ready in time"
    return ""


def _deadline(room: Room, engine: EngineSeen) -> datetime | None:
    """When the wait ends that is under way; one for a place is not the engine's, and has no end."""
    no_place = engine.state is EngineState.PENDING and engine.last_words
    return None if no_place or room.status.phase is Phase.PENDING else room.status.deadline


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


def _serve(
    room: Room, engine: EngineSeen, seen: Observation, now: datetime, strays: tuple[Action, ...]
) -> Plan:
    """An engine is there: give it the session, then follow what it says."""
    before, epoch = _deadline(room, engine), max(room.status.epoch, engine.epoch)
    scheduled = (ConditionType.ENGINE_SCHEDULED, True, Reason.SCHEDULED, "")
    if engine.state is not EngineState.RUNNING or engine.status is None or not _loaded(engine.status):
        no_place = engine.state is EngineState.PENDING and before is None
        deadline = None if no_place else _not_beyond(before, now, seen.start_timeout)
        phase = Phase.RECOVERING if _was_served(room) else Phase.STARTING
        waiting = (ConditionType.ENGINE_READY, False, Reason.STARTING, engine.last_words)
        status = changed(report(room, now, phase, scheduled, waiting), deadline=deadline, epoch=epoch)
        if engine.last_words:
            status = changed(status, message=engine.last_words)
        return Plan(status, strays, wake_at=deadline)
    if unknown := _unknown_language(room, engine.status):
        # The talk goes on in the old language; a wrong word in a spec must not cost it its engine.
        waiting = (ConditionType.ENGINE_READY, False, Reason.STARTING, unknown)
        status = report(room, now, room.status.phase, scheduled, waiting)
        return Plan(changed(status, deadline=None, epoch=epoch, message=unknown), strays)
    # A start that is under way keeps its deadline; a change of a live session has one of its own.
    deadline = _not_beyond(before or now + CLAIM_DEADLINE, now, seen.start_timeout)
    if not _in_session(room, engine.status):
        # A live session that gets a new language keeps its phase: viewers and lines stay.
        waiting = (ConditionType.ENGINE_READY, False, Reason.STARTING, "")
        phase = Phase.STARTING if room.status.phase is Phase.PENDING else room.status.phase
        status = changed(report(room, now, phase, scheduled, waiting), deadline=deadline, epoch=epoch)
        if engine.last_words:
            status = changed(status, message=engine.last_words)
        open_session = OpenSession(engine.name, engine.address, _request(room, engine.epoch or max(epoch, 1)))
        return Plan(status, (*strays, open_session), wake_at=deadline)
    return _follow(room, engine, engine.status, now, strays)


def _not_beyond(deadline: datetime | None, now: datetime, patience: timedelta) -> datetime:
    """A wait that began already ends when it was said to, but never later than a new one would.

    A clock that was set back, or a wait that is shorter from now on, does not make a room wait for hours.
    """
    return min(deadline or now + patience, now + patience)


def _loaded(status: EngineStatus) -> bool:
    return status.ready or status.session is not None


def _in_session(room: Room, status: EngineStatus) -> bool:
    wanted = (room.session, room.spec.source_lang, room.spec.restart)
    return status.ready and (status.session, status.source_lang, status.restart) == wanted


def _unknown_language(room: Room, status: EngineStatus) -> str:
    """Why a live session can't have the language of the spec, '' where it can."""
    lang = room.spec.source_lang
    if status.session != room.session or not status.languages or lang in status.languages:
        return ""
    return (
        f"The engine's model does not know the language '{lang}': the room goes on in '{status.source_lang}'"
    )


def _request(room: Room, epoch: int) -> SessionRequest:
    return SessionRequest(
        room=room.spec.room_id,
        session=room.session,
        epoch=epoch,
        source_lang=room.spec.source_lang,
        vocabulary=room.spec.vocabulary,
        restart=room.spec.restart,
    )


def _follow(
    room: Room, engine: EngineSeen, says: EngineStatus, now: datetime, strays: tuple[Action, ...]
) -> Plan:
    """The engine serves the session: mirror it, and close the room when nobody speaks any more."""
    host = host_status(room, says, now)
    status = report(
        room,
        now,
        Phase.ACTIVE if host.connected else Phase.READY,
        (ConditionType.ENGINE_SCHEDULED, True, Reason.SCHEDULED, ""),
        (ConditionType.ENGINE_READY, True, Reason.READY, ""),
        (ConditionType.ROUTABLE, True, Reason.READY, ""),
    )
    ref = EngineRef(
        pod_name=engine.name,
        pod_uid=engine.uid,
        address=engine.address,
        epoch=engine.epoch,
        source_lang=says.source_lang,
        restart=says.restart,
    )
    ready = status.condition(ConditionType.ENGINE_READY)
    if status.failures and ready and now - ready.last_transition_time >= STEADY:
        status = changed(status, failures=0)
    close_at = close_time(room, host, now)
    status = changed(
        status,
        engine=ref,
        host=host,
        delay=says.delay,
        close_at=close_at,
        deadline=None,
        epoch=max(room.status.epoch, engine.epoch),
        message=says.failing or "",
    )
    if close_at is None or now < close_at:
        return Plan(status, strays, wake_at=close_at)
    why = "no host came back in time" if room.status.host.since else "no host came in time"
    if room.origin is Origin.API:
        return Plan(status, (*strays, DeleteRoom(why)))
    return drain(room.model_copy(update={"status": status}), Observation((engine,)), now, why)
