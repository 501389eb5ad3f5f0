"""Facts about engines and rooms, as an observer saw them."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import Enum

from dolmetsch_core.wire.engine import EngineStatus
from dolmetsch_core.wire.room import Room


class EngineState(Enum):
    """What can be seen of an engine from outside."""

    PENDING = "pending"
    """Asked for, no place yet."""
    STARTING = "starting"
    """Has a place, its model is not loaded yet."""
    RUNNING = "running"
    LOST = "lost"
    """Exited, or missed its health checks: it will not come back."""
    STOPPING = "stopping"


@dataclass(frozen=True)
class EngineSeen:
    """One engine (pod or process) and what it says of itself."""

    name: str
    uid: str
    state: EngineState
    epoch: int = 0
    """0: a warm engine."""
    address: str = ""
    status: EngineStatus | None = None
    last_words: str = ""
    """Why it was lost, leaves, or does not get on, for a person."""
    store_away: bool = False
    """It is well, but can't open the session for want of the live store."""
    created: datetime | None = None
    """When it was asked for."""
    placed: datetime | None = None
    """When it got its place."""
    deleted: datetime | None = None
    """When it has to have ended, once its end was asked for."""
    displaced: bool = False
    """Its node did not take it, or ended it for the node's own needs: want of a place, and no failure."""
    outdated: bool = False
    """Made from an older template than the pool's present one."""


@dataclass(frozen=True)
class Observation:
    """What decides on one room: its engines, and what the pool lets it have."""

    engines: tuple[EngineSeen, ...] = ()
    admitted: bool = True
    """The pool counts this room as active."""
    refused: str = ""
    """Why the pool will not have it, '' while it may wait."""
    warm: tuple[str, ...] = ()
    """Warm engines, ready, that this room may claim."""
    cannot_create: str = ""
    """Why the last engine that was asked for was refused, '' while none was."""
    create_delayed: str = ""
    """Why the last engine that was asked for was not made, though it may be at the next try; '' else."""
    vanished: bool = False
    """The last engine that was asked for went away before it served, by nobody's order here."""
    start_timeout: timedelta = timedelta(seconds=120)
    """How long an engine may take from its creation until it serves the room."""
    replace_outdated: bool = False
    """The grace period of a roll-out is over: move to an engine of the present template."""
    untold_epochs: int = 0
    """How many epochs beyond the status's an observer before this one may have given, and told nobody."""


@dataclass(frozen=True)
class LostPlaces:
    """Places for engines that nodes lost at one moment, though the nodes are well."""

    count: int
    since: datetime


@dataclass(frozen=True)
class PoolSeen:
    """All rooms and engines of a pool."""

    rooms: tuple[Room, ...] = ()
    engines: dict[str, tuple[EngineSeen, ...]] = field(default_factory=dict)
    """Engines by room name."""
    warm: tuple[EngineSeen, ...] = ()
    places: int = 0
    """How many engines the nodes hold in all."""
    lost_places: tuple[LostPlaces, ...] = ()
    """What they held beside that, and when they lost it."""
    admitted: frozenset[str] = frozenset()
    """Rooms that the last decision admitted: they may be about to create engines."""
    freed_at: datetime | None = None
    """When an engine was last seen ending: its place may not have been given yet."""
    languages: tuple[str, ...] = ()
    """Whisper codes that the engines' model knows, as far as any engine has said so."""
    no_engines: str = ""
    """Why no engine can be made at all, '' while they can."""
    warm_not_before: datetime | None = None
    """The end of the pause that warm engines which died at their start have earned."""
