"""How a server ends that has hosts: nothing that they have sent is thrown away."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
import uvicorn
from websockets.client import ClientProtocol
from websockets.frames import Frame, Opcode
from websockets.http11 import Response
from websockets.uri import parse_uri

from dolmetsch_api import serving
from dolmetsch_api.serving import RoomSockets
from tests.waiting import until


class App:
    """Takes what comes, and says something at each message, as a room does."""

    def __init__(self, busy_s: float = 0.0) -> None:
        self.heard: list[bytes] = []
        self._busy_s = busy_s
        """Before it takes the next message."""
        self.ended: int | None = None

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        assert scope["type"] == "websocket"
        await receive()
        await send({"type": "websocket.accept"})
        while (message := await receive())["type"] != "websocket.disconnect":
            await asyncio.sleep(self._busy_s)
            self.heard.append(message["bytes"])
            await send({"type": "websocket.send", "text": "heard"})
        self.ended = message["code"]


@asynccontextmanager
async def server(app: App) -> AsyncIterator[tuple[uvicorn.Server, int]]:
    config = uvicorn.Config(app, port=0, ws=RoomSockets, lifespan="off", log_level="critical")
    running = uvicorn.Server(config)
    serving_it = asyncio.create_task(running.serve())
    try:
        await until(lambda: running.started, "the server")
        yield running, running.servers[0].sockets[0].getsockname()[1]
    finally:
        running.should_exit = True
        await serving_it


class Client:
    """A WebSocket whose frames a test sends and reads one by one."""

    def __init__(self, port: int) -> None:
        self.protocol = ClientProtocol(parse_uri(f"ws://127.0.0.1:{port}/"))
        self._port = port

    async def open(self) -> None:
        self.reader, self.writer = await asyncio.open_connection("127.0.0.1", self._port)
        self.protocol.send_request(self.protocol.connect())
        self._write()
        while not any(isinstance(each, Response) for each in await self.frames()):
            pass

    def send(self, data: bytes) -> None:
        self.protocol.send_binary(data)
        self._write()

    def send_in_pieces(self, data: bytes) -> None:
        self.protocol.send_binary(data[:5], fin=False)
        self.protocol.send_continuation(data[5:], fin=True)
        self._write()

    async def frames(self) -> list[Any]:
        """Read what has come, and answer it where that is due: at once, as every client does."""
        data = await asyncio.wait_for(self.reader.read(65536), 60)
        if data:
            self.protocol.receive_data(data)
        else:
            self.protocol.receive_eof()
        self._write()
        return self.protocol.events_received()

    async def until_closed(self) -> None:
        while not any(
            isinstance(each, Frame) and each.opcode is Opcode.CLOSE for each in await self.frames()
        ):
            pass

    def _write(self) -> None:
        for data in self.protocol.data_to_send():
            if data:
                self.writer.write(data)


@pytest.mark.parametrize("busy_s", [0.0, 0.2], ids=["level", "behind"])
@pytest.mark.parametrize("size", [5, 300_000])
async def test_what_a_host_sends_before_it_hears_of_the_end_is_taken(
    monkeypatch: pytest.MonkeyPatch, busy_s: float, size: int
) -> None:
    monkeypatch.setattr(serving, "ON_ITS_WAY_S", 60.0)
    app, on_its_way = App(busy_s), [bytes([at]) * size for at in range(3)]
    async with server(app) as (running, port):
        client = Client(port)
        await client.open()
        client.send(b"before")
        await until(lambda: app.heard, "the first message")
        running.should_exit = True
        await until(lambda: not running.servers[0].is_serving(), "the server ends")
        for data in on_its_way:
            client.send(data)
            await client.writer.drain()
        client.send_in_pieces(b"a message in pieces")
        await client.until_closed()
        await until(lambda: app.ended is not None, "the end")
        client.writer.close()
    assert app.heard == [b"before", *on_its_way, b"a message in pieces"]
    assert app.ended == 1012
    assert client.protocol.close_rcvd is not None
    assert client.protocol.close_rcvd.code == 1012


async def test_who_never_hears_of_the_end_is_not_waited_for_for_ever(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(serving, "ON_ITS_WAY_S", 0.2)
    app = App()
    async with server(app) as (running, port):
        client = Client(port)
        await client.open()
        running.should_exit = True
        await until(lambda: app.ended is not None, "the end")
        assert app.ended == 1012
        client.writer.close()
