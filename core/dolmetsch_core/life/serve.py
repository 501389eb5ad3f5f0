"""A room that has an engine: it is given the session, then its word is followed."""

from datetime import datetime, timedelta

from dolmetsch_core.life.drain import drain
from dolmetsch_core.life.hosts import close_time, host_status
from dolmetsch_core.life.observed import EngineSeen, EngineState, Observation
from dolmetsch_core.life.plan import Action, DeleteRoom, OpenSession, Plan
from dolmetsch_core.life.report import changed, report
from dolmetsch_core.wire.engine import EngineStatus, SessionRequest
from dolmetsch_core.wire.room import ConditionType, EngineRef, Origin, Phase, Reason, Room

CLAIM_DEADLINE = timedelta(seconds=30)
"""With its model loaded, an engine opens a session or changes its language in a second."""
STEADY = timedelta(minutes=10)
"""An engine that served so long has proved that the losses before it are over."""


def serve(
    room: Room, engine: EngineSeen, seen: Observation, now: datetime, strays: tuple[Action, ...]
) -> Plan:
    """An engine is there: give it the session, then follow what it says."""
    before, epoch = deadline_of(room, engine), max(room.status.epoch, engine.epoch)
    scheduled = (ConditionType.ENGINE_SCHEDULED, True, Reason.SCHEDULED, "")
    if engine.state is not EngineState.RUNNING or engine.status is None or not _loaded(engine.status):
        no_place = engine.state is EngineState.PENDING and before is None
        deadline = None if no_place else _not_beyond(before, now, seen.start_timeout)
        phase = Phase.RECOVERING if was_served(room) else Phase.STARTING
        waiting = (ConditionType.ENGINE_READY, False, Reason.STARTING, engine.last_words)
        status = changed(report(room, now, phase, scheduled, waiting), deadline=deadline, epoch=epoch)
        if engine.last_words:
            status = changed(status, message=engine.last_words)
        return Plan(status, strays, wake_at=deadline)
    # It has a place: what is wrong from here on is wrong with the engine.
    room = room.model_copy(update={"status": changed(room.status, unplaced_since=None)})
    if unknown := _unknown_language(room, engine.status):
        # The talk goes on in the old language; a wrong word in a spec must not cost it its engine.
        waiting = (ConditionType.ENGINE_READY, False, Reason.STARTING, unknown)
        status = report(room, now, room.status.phase, scheduled, waiting)
        return Plan(changed(status, deadline=None, epoch=epoch, message=unknown), strays)
    # A start that is under way keeps its deadline; a change of a live session has one of its own.
    deadline = _not_beyond(before or now + CLAIM_DEADLINE, now, seen.start_timeout)
    if not in_session(room, engine.status):
        reason = Reason.STARTING
        if engine.store_away:
            # No other engine would do better, unless it is this one's network: so not for ever.
            reason = Reason.STORE_AWAY
            deadline = deadline if _waits_for_store(room) else now + seen.start_timeout
        # A live session that gets a new language keeps its phase: viewers and lines stay.
        waiting = (ConditionType.ENGINE_READY, False, reason, "")
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


def _waits_for_store(room: Room) -> bool:
    ready = room.status.condition(ConditionType.ENGINE_READY)
    return ready is not None and not ready.status and ready.reason is Reason.STORE_AWAY


def _loaded(status: EngineStatus) -> bool:
    return status.ready or status.session is not None


def in_session(room: Room, status: EngineStatus) -> bool:
    """Whether the engine serves this session as the spec wants it now."""
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


def was_served(room: Room) -> bool:
    """Whether an engine was lost or moved since the activation: people may be in the room."""
    status = room.status
    return bool(status.failures or status.engine or status.phase is Phase.RECOVERING)


def deadline_of(room: Room, engine: EngineSeen) -> datetime | None:
    """When the wait ends that is under way; one for a place is not the engine's, and has no end."""
    no_place = engine.state is EngineState.PENDING and engine.last_words
    return None if no_place or room.status.phase is Phase.PENDING else room.status.deadline
