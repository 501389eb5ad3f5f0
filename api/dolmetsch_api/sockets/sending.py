"""Sending captions and states to one socket: what changed since it was last sent, never a queue."""

import asyncio
from contextlib import aclosing
from enum import StrEnum

from fastapi import WebSocket

from dolmetsch_api.sockets.captions import CaptionView
from dolmetsch_api.sockets.frames import info
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


class CaptionSender:
    """What one socket has been sent of a session, by revision."""

    def __init__(
        self,
        socket: WebSocket,
        view: CaptionView,
        directory: Directory,
        lang: str,
        *,
        states: bool,
        speaks: bool = False,
    ) -> None:
        """`states`: it is told how the room is; `speaks`: and what concerns the speaker alone."""
        self._socket = socket
        self._view = view
        self._directory = directory
        self._lang = lang
        self._states = states
        self._rev = 0
        self._speaks = speaks
        self._said: State | None = None
        self._sounds_like = ""

    async def snapshot(self) -> None:
        """Send everything, also if it is nothing."""
        self._rev = self._view.state.rev
        await send(self._socket, self._view.state.since(self._lang, 0))

    async def run(self) -> None:
        """Send chunk after chunk until the session is closed."""
        while not self._view.state.closed:
            if self._states:
                await self._tell_state()
            await self.rest()
            await self._view.changed(self._rev)

    async def rest(self) -> None:
        """Send what is not sent yet: also the last words, when the session is closed already."""
        rev = self._view.state.rev
        if rev > self._rev:
            frame = self._view.state.since(self._lang, self._rev)
            self._rev = rev
            await send(self._socket, frame)

    async def _tell_state(self) -> None:
        state = state_of(self._directory.view.rooms.get(self._view.room), self._view)
        if state is not self._said:
            self._said = state
            await send(self._socket, info(state=state.value))
        sounds_like = self._view.state.sounds_like
        if self._speaks and sounds_like != self._sounds_like:
            self._sounds_like = sounds_like
            await send(self._socket, info(sounds_like=sounds_like))


async def until_closed(view: CaptionView, directory: Directory) -> None:
    """Wait until the session is over: its last feed entry came, or its room is gone, closed or failed."""
    async with aclosing(directory.view.changes(view.room)) as changes:
        async for room in changes:
            if room is None or room.session != view.session or _ended(room):
                view.state.closed = True
            # A changed room is a changed state: sockets look again.
            view.wake()
            if view.state.closed:
                return


def _ended(room: Room) -> bool:
    current = room.status.activation == room.spec.activation
    return current and room.status.phase in (Phase.FAILED, Phase.CLOSED)
