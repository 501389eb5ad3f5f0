"""`dolmetsch speak`: streams a recording into a room in real time, as a browser would."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path

from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed

from dolmetsch_local.client import Refused, frames, host_socket, login, room_of
from dolmetsch_local.recorder import Slice, record
from dolmetsch_local.state import Address


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
    """Stream the recording into the room in real time. Raises NotAudio, Refused.

    `began` is called when its time begins.
    """
    recording = await asyncio.to_thread(record, path)
    source = lang or (await room_of(address.url, room))["source_lang"]
    key = await login(address)
    try:
        async with host_socket(key, room, source, source, store=store, public=public) as socket:
            await _until_ready(socket)
            hearing = asyncio.create_task(_hear(socket), name="frames")
            try:
                began()
                async for piece in _in_time(recording):
                    if hearing.done():
                        hearing.result()
                    await socket.send(piece.data)
                    progress(piece.until, recording[-1].until)
            finally:
                hearing.cancel()
                await asyncio.gather(hearing, return_exceptions=True)
    except ConnectionClosed as closed:
        raise Refused(closed.rcvd.reason if closed.rcvd else "The connection was lost") from closed


async def _until_ready(socket: ClientConnection) -> None:
    async for frame in frames(socket):
        if frame.get("info", {}).get("ready_to_recieve_audio"):
            return


async def _hear(socket: ClientConnection) -> None:
    async for _ in frames(socket):
        pass


async def _in_time(recording: list[Slice]) -> AsyncIterator[Slice]:
    """Yield each slice when a microphone would have delivered it."""
    began = time.monotonic()
    for piece in recording:
        await asyncio.sleep(max(0.0, began + piece.until - time.monotonic()))
        yield piece
