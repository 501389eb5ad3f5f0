"""Hosts of a cluster's rooms: one that is there, and one that speaks a talk and stays."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from websockets.asyncio.client import ClientConnection

from dolmetsch_core.tasks import end_tasks
from dolmetsch_local.client import frames, host_socket, login, until_ready
from dolmetsch_local.recorder import record
from dolmetsch_local.state import Address
from tests.scoring import Talk


@asynccontextmanager
async def hosting(address: Address, room: str) -> AsyncIterator[ClientConnection]:
    """A host in an English room, whose engine is ready, for as long as the context lasts. Raises Refused."""
    key = await login(address)
    async with host_socket(key, room, "en", "en") as socket:
        await until_ready(socket)
        yield socket


@asynccontextmanager
async def speaking(address: Address, room: str, of: Talk) -> AsyncIterator[None]:
    """A host that speaks a talk and stays when it is over: what no engine has heard yet would go with it."""
    recording = await asyncio.to_thread(record, of.recording)

    async def speak(socket: ClientConnection) -> None:
        loop = asyncio.get_running_loop()
        began = loop.time()
        for piece in recording:
            await asyncio.sleep(max(0.0, began + piece.until - loop.time()))
            await socket.send(piece.data)

    async def hear(socket: ClientConnection) -> None:
        async for _ in frames(socket):
            continue

    async with hosting(address, room) as socket:
        tasks = [asyncio.create_task(each(socket)) for each in (speak, hear)]
        try:
            yield
            assert not tasks[1].done(), "the host is still there"
        finally:
            await end_tasks(*tasks)
