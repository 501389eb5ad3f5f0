"""Sending captions and states to one socket: what changed since it was last sent, never a queue."""

import asyncio
from contextlib import aclosing
from enum import StrEnum

from fastapi import WebSocket

from dolmetsch_api.captions import CaptionView
from dolmetsch_api.frames import info
from dolmetsch_core.directory import Directory
from dolmetsch_core.wire.room import Delay, Phase, Room

SEND_TIMEOUT_S = 60.0
"""A socket that takes nothing for so long is dead."""


class State(StrEnum):
    """What a reader should know of the room, told to sockets with `?v=1`."""

    STARTING = "starting"
    LIVE = "live"
    HOST_AWAY = "host_away"
    DELAYED = "captions_delayed"
    CLOSED = "closed"


def state_of(room: Room | None, view: CaptionView) -> State:
    """Return what to tell of the room just now."""
    if room is None or view.state.closed:
        return State.CLOSED
    if room.status.phase in (Phase.PENDING, Phase.STARTING):
        return State.STARTING
    ending = room.deleted is not None or room.status.phase is Phase.DRAINING
    if view.delayed or room.status.delay is Delay.LATE or (room.routable is None and not ending):
        return State.DELAYED
    return State.LIVE if room.status.host.connected else State.HOST_AWAY


async def send(socket: WebSocket, text: str) -> None:
    """Send one frame. Raises TimeoutError when the socket does not take it."""
    async with asyncio.timeout(SEND_TIMEOUT_S):
        await socket.send_text(text)


async def send_captions(
    socket: WebSocket, view: CaptionView, directory: Directory, lang: str, *, rev: int, states: bool
) -> None:
    """Send chunk after chunk from revision `rev` on, until the session is closed."""
    said: State | None = None
    while not view.state.closed:
        if states:
            state = state_of(directory.view.rooms.get(view.room), view)
            if state is not said:
                await send(socket, info(state=state.value))
                said = state
        now = view.state.rev
        if now > rev:
            await send(socket, view.state.since(lang, rev))
            rev = now
        await view.changed(rev)


async def until_closed(view: CaptionView, directory: Directory) -> None:
    """Wait until the session is over: its last feed entry came, or its room is gone."""
    async with aclosing(directory.view.changes(view.room)) as changes:
        async for room in changes:
            if room is None or room.session != view.session:
                view.state.closed = True
            # A changed room is a changed state: sockets look again.
            view.wake()
            if view.state.closed:
                return
