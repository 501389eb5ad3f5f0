"""Facts to decide on: rooms and engines made short."""

from datetime import UTC, datetime, timedelta
from typing import Any

from dolmetsch_core.life.decide import decide
from dolmetsch_core.life.observed import EngineSeen, EngineState, Observation
from dolmetsch_core.life.plan import OpenSession, Plan
from dolmetsch_core.wire.engine import EngineStatus
from dolmetsch_core.wire.room import Origin, Room, RoomSpec

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


def at(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


def room(name: str = "R1", **fields: Any) -> Room:
    spec = {
        "room_id": name,
        "source_lang": "en",
        "close_after_seconds": 300,
        "activation_deadline_seconds": 120,
    }
    spec |= fields.pop("spec", {})
    given: dict[str, Any] = {"name": name, "uid": f"uid-{name}", "created": NOW, "origin": Origin.API}
    return Room(**(given | fields), spec=RoomSpec(**spec))


def engine(
    name: str = "e1", epoch: int = 1, state: EngineState = EngineState.RUNNING, **says: Any
) -> EngineSeen:
    status = EngineStatus(ready=True, **says) if state is EngineState.RUNNING else None
    return EngineSeen(name, f"uid-{name}", state, epoch, f"http://{name}", status)


def serving(of: Room, name: str = "e1", epoch: int = 1, **says: Any) -> EngineSeen:
    """An engine that has the room's session as its spec wants it."""
    said = {
        "session": of.session,
        "source_lang": of.spec.source_lang,
        "restart": of.spec.restart,
    }
    return engine(name, epoch, **(said | says))


def after(of: Room, plan: Plan) -> Room:
    """The room with the plan's status."""
    return of.model_copy(update={"status": plan.status})


def live(of: Room, now: datetime = NOW, **says: Any) -> Room:
    """The room once an engine serves it."""
    for seen in (Observation(), Observation((engine(),)), Observation((serving(of, **says),))):
        of = after(of, decide(of, seen, now))
    return of


def kinds(plan: Plan) -> list[str]:
    return [type(action).__name__ for action in plan.actions]


def opened(plan: Plan) -> OpenSession:
    (action,) = [each for each in plan.actions if isinstance(each, OpenSession)]
    return action
