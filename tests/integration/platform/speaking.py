"""A host who speaks a recording in real time, and stays for as long as a test wants."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from websockets.asyncio.client import ClientConnection

from dolmetsch_core.tasks import end_tasks
from dolmetsch_local.client import Login, frames, host_socket, login, until_ready
from dolmetsch_local.recorder import Slice, record
from tests.platform_process import PlatformProcess


@asynccontextmanager
async def speaking(platform: PlatformProcess, recording: Path) -> AsyncIterator[None]:
    """A host that speaks a recording and stays at its end: what no engine has heard yet would go with it."""
    key, slices = await login(platform.address), record(recording)
    task = asyncio.create_task(send(key, slices, "en", stay=True))
    try:
        yield
        assert not task.done(), "the host is still there"
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def send(
    key: Login,
    recording: list[Slice],
    target: str,
    begun: float | None = None,
    *,
    stay: bool = False,
    room: str = "DEMO1",
    source: str = "en",
) -> float:
    """Send slices at their time through one host socket; return when the recording began."""
    loop = asyncio.get_running_loop()
    async with host_socket(key, room, source, target) as socket:
        await until_ready(socket)
        begun = begun or loop.time()
        reading = asyncio.create_task(_read(socket))
        try:
            for piece in recording:
                await asyncio.sleep(max(0.0, begun + piece.until - loop.time()))
                await socket.send(piece.data)
            if stay:
                await reading
        finally:
            await end_tasks(reading)
    return begun


async def _read(socket: ClientConnection) -> None:
    async for _ in frames(socket):
        pass
