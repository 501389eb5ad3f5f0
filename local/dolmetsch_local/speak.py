"""`dolmetsch speak`: streams a recording into a room in real time, as a browser would."""

import asyncio
import json
import math
import time
from collections.abc import AsyncIterable, Callable
from contextlib import suppress
from pathlib import Path

import httpx
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus

from dolmetsch_core.live.audio import LATEST_MS
from dolmetsch_core.tasks import end_tasks, first_of, until_ended
from dolmetsch_local.client import (
    FOR_GOOD,
    Refused,
    frames,
    host_socket,
    login,
    raise_why,
    room_of,
    until_ready,
)
from dolmetsch_local.recorder import Recording, load
from dolmetsch_local.state import Address

QUIET_S = 5.0
"""Seconds without a new caption after which everything that was said is heard."""
AGAIN_S = 0.2
"""Seconds from a lost socket to the next one."""
AWAY_S = 60.0
"""Seconds that a platform may be away."""
STEADY_S = 1.0
"""Seconds that a socket has to hold to count as one."""
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
    away: Callable[[], None] = lambda: None,
) -> None:
    """Stream the recording into the room in real time, and stay until it is heard. Raises NotAudio, Refused.

    `began` is called when its time begins, `away` when the connection was lost in mid-talk. A lost socket
    is opened again, and what was not sent follows; what a network has swallowed before anybody noticed is
    lost.
    """
    recording = await asyncio.to_thread(load, path)
    source = lang or (await room_of(address.url, room))["source_lang"]
    key = await login(address)
    talk = _Talk(recording, progress, began)
    lost: float | None = None
    while True:
        ready = math.inf
        try:
            async with host_socket(key, room, source, source, store=store, public=public) as socket:
                await until_ready(socket)
                ready = time.monotonic()
                await talk.go_on(socket)
                return
        except (Refused, ConnectionClosed, InvalidHandshake, OSError) as error:
            if not talk.has_begun or _for_good(error):
                if isinstance(error, ConnectionClosed):
                    reason = error.rcvd.reason if error.rcvd else ""
                    raise Refused(reason or "The connection was lost") from error
                raise
            now = time.monotonic()
            if lost is None or now - ready > STEADY_S:
                # It was there meanwhile: this is another outage.
                lost = now
                away()
            elif now - lost > AWAY_S:
                raise Refused(
                    f"The connection was lost, and did not come back within {AWAY_S:.0f} s"
                ) from error
        await asyncio.sleep(AGAIN_S)


def _for_good(error: Exception) -> bool:
    """Whether another try would not help: as the page has it (web/closes.js)."""
    if isinstance(error, Refused):
        return not error.later
    if isinstance(error, InvalidStatus):
        return error.response.status_code < httpx.codes.INTERNAL_SERVER_ERROR
    if isinstance(error, ConnectionClosed):
        return error.rcvd is not None and error.rcvd.code in FOR_GOOD
    return False


class _Talk:
    """A recording that is spoken in real time, over several sockets if need be."""

    def __init__(
        self, recording: Recording, progress: Callable[[float, float], None], began: Callable[[], None]
    ) -> None:
        self._recording = recording
        self._progress = progress
        self._tell_begin = began
        self._captions = Captions()
        self._began: float | None = None
        self._sent = 0.0
        """Seconds of the recording."""
        self._all_sent: float | None = None
        """When its end was sent, on the monotonic clock."""

    @property
    def has_begun(self) -> bool:
        return self._began is not None

    async def go_on(self, socket: ClientConnection) -> None:
        """Send what was not sent yet, what is late at once, and stay until all of it is heard.

        Raises Refused, ConnectionClosed.
        """
        began = self._began
        if began is None:
            began = self._began = time.monotonic()
            self._tell_begin()
        else:
            await self._tell_late(socket, began)
        hearing = asyncio.create_task(self._captions.hear(socket), name="frames")
        try:
            for piece in self._recording.slices(self._sent):
                await asyncio.sleep(max(0.0, began + piece.until - time.monotonic()))
                # A socket that closes is told by its reason.
                if hearing.done():
                    hearing.result()
                await socket.send(piece.data)
                self._sent = piece.until
                self._progress(piece.until, self._recording.length)
            now = time.monotonic()
            self._all_sent = self._all_sent or now
            left = self._all_sent + LONGEST_S - now
            if left > 0:
                await first_of(self._captions.until_quiet(left), _ended(hearing, socket))
        finally:
            await end_tasks(hearing)
            if not hearing.cancelled():
                # It is the socket's end, of which sending has told already.
                hearing.exception()

    async def _tell_late(self, socket: ClientConnection, began: float) -> None:
        """What comes next joins what was sent: without being told, the room takes it for spoken just now."""
        piece = next(self._recording.slices(self._sent), None)
        late = time.monotonic() - (began + piece.until) if piece else 0.0
        if late > 0:
            await socket.send(json.dumps({"late_ms": min(LATEST_MS, round(late * 1000))}))


async def _ended(hearing: asyncio.Task[None], socket: ClientConnection) -> None:
    """Wait for the end of the frames. Raises Refused, ConnectionClosed."""
    await until_ended(hearing)
    await raise_why(socket)


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

    async def until_quiet(self, seconds: float) -> None:
        """Wait until nothing has come for a while, so many seconds at most."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
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
