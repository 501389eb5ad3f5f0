"""Where rooms are: one protocol, two implementations (`live.directory` on one machine,
the api's `kubernetes_directory` in a cluster).

The api sees rooms only through this; the view it reads is a cache that says how old it is.
"""

import asyncio
import time
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import aclosing
from typing import Protocol

from dolmetsch_core.errors import CapacityReached, EngineUnavailable, RoomClosed
from dolmetsch_core.wire.room import ConditionType, EnginePoolStatus, Origin, Phase, Room, RoomSpec


class Terminating(Exception):
    """The room is being deleted. Remedy: wait until it is gone, then create it again."""


class RoomView:
    """What was last seen of all rooms: readers look, or wait for the next change."""

    def __init__(self) -> None:
        self._rooms: dict[str, Room] = {}
        self._wake: asyncio.Future[None] | None = None
        self._seen_at = float("-inf")

    @property
    def age(self) -> float:
        """Seconds since the view was last confirmed."""
        return time.monotonic() - self._seen_at

    @property
    def seen(self) -> bool:
        """Whether there was any reading yet."""
        return self._seen_at > float("-inf")

    @property
    def rooms(self) -> Mapping[str, Room]:
        """Rooms by room id."""
        return self._rooms

    async def replace(self, rooms: Mapping[str, Room], *, confirmed: bool = True) -> None:
        """Take a full reading; not `confirmed`: only what this process wrote is new.

        Without a pause between looking and writing: of two readings the one that came last stays.
        """
        if confirmed:
            self._seen_at = time.monotonic()
        if rooms == self._rooms:
            return
        self._rooms = dict(rooms)
        wake, self._wake = self._wake, None
        if wake is not None:
            wake.set_result(None)

    async def changes(self, room_id: str) -> AsyncGenerator[Room | None]:
        """Yield the room as it is, then after every change; None while there is no such room."""
        last: object = object()
        while True:
            room = self._rooms.get(room_id)
            if room != last:
                last = room
                yield room
            else:
                await self.next_change()

    async def next_change(self) -> None:
        """Wait until any room changes."""
        if self._wake is None:
            self._wake = asyncio.get_running_loop().create_future()
        # One future for all who wait: who gives up must not cancel it.
        await asyncio.shield(self._wake)


class Directory(Protocol):
    """The rooms that are meant to be active, and their engines."""

    view: RoomView

    async def start(self) -> None:
        """Begin to watch."""

    async def stop(self) -> None:
        """End the watch."""

    async def activate(self, wish: RoomSpec, *, deadline: float = 60.0) -> Room:
        """Make the room active with this spec: create it, adopt it, or start it anew.

        Returns it as written; wait with `until_ready`. Raises RoomRefused.
        """

    async def restart(self, room_id: str) -> Room | None:
        """Give the running session a new audio processor. None: there is no such room."""

    async def close(self, room_id: str) -> bool:
        """Ask for the room's end: it drains first. False: there is no such room."""

    async def capacity(self) -> EnginePoolStatus:
        """How many rooms there can be, and are."""


def adopt(room: Room, wish: RoomSpec) -> RoomSpec:
    """Return the spec that a host's `wish` makes of an existing room.

    Consent is fixed while a session lasts, except that storing may be withdrawn. (Clients in use reset their
    cookie for publication by themselves: it counts once.) A new session asks its own host; what was withheld
    in a Room that people made stays withheld. Raises Terminating.
    """
    if room.deleted is not None or room.status.phase is Phase.DRAINING:
        raise Terminating
    over = room.status.phase in (Phase.CLOSED, Phase.FAILED) or room.refused
    ended = over and room.status.activation == room.spec.activation
    store, public = room.spec.store_transcript, room.spec.public_transcript
    if ended and room.origin is Origin.API:
        store = public = None
    return room.spec.model_copy(
        update={
            "source_lang": wish.source_lang,
            "owner": wish.owner,
            "store_transcript": store is not False and wish.store_transcript,
            "public_transcript": wish.public_transcript if public is None or (ended and public) else public,
            "activation": room.spec.activation + (1 if ended else 0),
        }
    )


async def until_admitted(directory: Directory, wanted: Room, *, timeout: float) -> Room:
    """Wait until the room counts as active: its engine may still be starting.

    Raises CapacityReached, EngineUnavailable, RoomClosed.
    """
    return await _until(directory, wanted, _admitted, timeout)


async def until_ready(directory: Directory, wanted: Room, *, timeout: float) -> Room:
    """Wait until the engine takes audio for `wanted` as written (its uid, its generation).

    Raises CapacityReached, EngineUnavailable, RoomClosed.
    """
    return await _until(directory, wanted, lambda room: room.routable is not None, timeout)


def _admitted(room: Room) -> bool:
    scheduled = room.status.condition(ConditionType.ENGINE_SCHEDULED)
    current = room.status.activation == room.spec.activation
    return current and scheduled is not None and scheduled.status


async def _until(directory: Directory, wanted: Room, reached: Callable[[Room], bool], timeout: float) -> Room:
    room_id = wanted.spec.room_id
    seen = False
    says = ""
    try:
        async with asyncio.timeout(timeout), aclosing(directory.view.changes(room_id)) as changes:
            async for room in changes:
                if room is None or room.uid != wanted.uid:
                    # Not in the view yet, or gone again.
                    if seen:
                        raise RoomClosed(room_id)
                    continue
                seen = True
                if room.generation < wanted.generation:
                    continue
                if reached(room):
                    return room
                says = room.status.message
                _raise_if_hopeless(room)
    except TimeoutError:
        raise EngineUnavailable(
            room_id,
            f"Unable to activate room <{room_id}>: its engine was not ready after {timeout:.0f} s"
            + (f" ({says})" if says else ""),
        ) from None
    raise RoomClosed(room_id)


def _raise_if_hopeless(room: Room) -> None:
    """Raise what ends the waiting: refused, failed or deleted."""
    room_id = room.spec.room_id
    if room.no_place:
        raise CapacityReached(room_id, room.no_place.message)
    if room.deleted is not None:
        raise RoomClosed(room_id)
    if room.status.observed_generation == room.generation and room.status.phase is Phase.FAILED:
        raise EngineUnavailable(room_id, f"Unable to activate room <{room_id}>: {room.status.message}")
