"""`dolmetsch speak`: streams a recording into a room in real time, as a browser would."""

import asyncio
import time
from collections.abc import AsyncIterable, AsyncIterator, Callable
from contextlib import suppress
from pathlib import Path

from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed

from dolmetsch_core.tasks import end_tasks, first_of
from dolmetsch_local.client import Refused, frames, host_socket, login, room_of
from dolmetsch_local.recorder import Slice, record
from dolmetsch_local.state import Address

QUIET_S = 5.0
"""Seconds without a new caption after which everything that was said is heard."""
LONGEST_S = 120.0
"""Seconds after the last word that a slow machine is waited for."""


async def speak(
    address: Address,
    room: str,
    path: Path,
    lang: str | None,
    progress: Callable[[float, float], None],
    *,
    store: bool = False,
    public: bool = False,
    began: Callable[[], None] = lambda: None,
) -> None:
    """Stream the recording into the room in real time, and stay until it is heard. Raises NotAudio, Refused.

    `began` is called when its time begins.
    """
    recording = await asyncio.to_thread(record, path)
    source = lang or (await room_of(address.url, room))["source_lang"]
    key = await login(address)
    try:
        async with host_socket(key, room, source, source, store=store, public=public) as socket:
            await _until_ready(socket)
            captions = Captions()
            hearing = asyncio.create_task(captions.hear(socket), name="frames")
            try:
                began()
                async for piece in _in_time(recording):
                    if hearing.done():
                        hearing.result()
                    await socket.send(piece.data)
                    progress(piece.until, recording[-1].until)
                # A socket that closes before is told by its reason.
                await first_of(captions.until_quiet(), _ended(hearing))
            finally:
                await end_tasks(hearing)
    except ConnectionClosed as closed:
        raise Refused(closed.rcvd.reason if closed.rcvd else "The connection was lost") from closed


async def _ended(hearing: asyncio.Task[None]) -> None:
    """Wait for the end of the frames. Raises Refused, ConnectionClosed."""
    await asyncio.shield(hearing)
    raise Refused("The connection ended before all of it was heard")


async def _until_ready(socket: ClientConnection) -> None:
    async for frame in frames(socket):
        if frame.get("info", {}).get("ready_to_recieve_audio"):
            return


class Captions:
    """What comes back of what was said: an engine that is behind hears no more once its host has left."""

    def __init__(self) -> None:
        self._came = asyncio.Event()
        self._delayed = False

    async def hear(self, socket: AsyncIterable[str | bytes]) -> None:
        """Read frames until the socket closes."""
        async for frame in frames(socket):
            if state := frame.get("info", {}).get("state"):
                self._delayed = state == "captions_delayed"
            self._came.set()

    async def until_quiet(self) -> None:
        """Wait until nothing has come for a while, or for as long as anybody would."""
        with suppress(TimeoutError):
            async with asyncio.timeout(LONGEST_S):
                while await self._goes_on():
                    pass

    async def _goes_on(self) -> bool:
        """Whether something comes, or is still to come: an engine in another's place needs seconds."""
        self._came.clear()
        try:
            async with asyncio.timeout(QUIET_S):
                await self._came.wait()
        except TimeoutError:
            return self._delayed
        return True


async def _in_time(recording: list[Slice]) -> AsyncIterator[Slice]:
    """Yield each slice when a microphone would have delivered it."""
    began = time.monotonic()
    for piece in recording:
        await asyncio.sleep(max(0.0, began + piece.until - time.monotonic()))
        yield piece
