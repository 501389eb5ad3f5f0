"""What to do next: actions as values. Whoever applies them may do so twice without harm."""

from dataclasses import dataclass
from datetime import datetime

from dolmetsch_core.wire.engine import SessionRequest
from dolmetsch_core.wire.room import EnginePoolStatus, RoomStatus


@dataclass(frozen=True)
class Claim:
    """Take this warm engine for the room. It may be gone by then: decide again."""

    engine: str
    epoch: int


@dataclass(frozen=True)
class Create:
    """Start an engine for the room."""

    epoch: int


@dataclass(frozen=True)
class OpenSession:
    """`PUT /session`: also after a change of language or a restart."""

    engine: str
    address: str
    request: SessionRequest


@dataclass(frozen=True)
class EndSession:
    """`DELETE /session`: flush what was said and write the last feed entry."""

    engine: str
    address: str


@dataclass(frozen=True)
class Stop:
    """Delete the engine."""

    engine: str


@dataclass(frozen=True)
class DeleteRoom:
    """Ask for the room's deletion (it drains first)."""

    reason: str


@dataclass(frozen=True)
class Forget:
    """The room is drained: let it go."""


Action = Claim | Create | OpenSession | EndSession | Stop | DeleteRoom | Forget


@dataclass(frozen=True)
class Plan:
    """Actions in order, the status to publish, and when to look again at the latest."""

    status: RoomStatus
    actions: tuple[Action, ...] = ()
    wake_at: datetime | None = None


@dataclass(frozen=True)
class PoolPlan:
    """Which rooms are active, which are refused and why, how many warm engines to make or drop."""

    status: EnginePoolStatus
    admitted: frozenset[str] = frozenset()
    refused: dict[str, str] | None = None
    create_warm: int = 0
    drop_warm: tuple[str, ...] = ()
