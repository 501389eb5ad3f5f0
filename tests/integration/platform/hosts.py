"""Sockets of the platform under test, as the existing client opens them."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import quote

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from dolmetsch_core.live import rooms
from dolmetsch_core.live.store import connect as store_at
from dolmetsch_core.wire.room import EngineRef
from tests.platform_process import HOST_PASSWORD, PATIENCE_S, PlatformProcess
from tests.waiting import looks

ENGINE_S = 180.0
"""An engine may have to be started first: the api itself waits two minutes and a half for it."""
CONSENT = {"DEMO1-allow_store": "false", "DEMO1-allow_client_download": "false"}
HOST = {"authenticated": HOST_PASSWORD, **CONSENT}
READY = {"info": {"ready_to_recieve_audio": True}}
EMPTY = {"last_n_sents": [], "incomplete_sentence": "", "transcription_delay": 0.0, "translation_delay": 0.0}


def opened(platform: PlatformProcess, path: str, cookies: dict[str, str] | None = None) -> connect:
    """A socket as the existing client opens it: no `?v=1`, cookies with encoded names."""
    pairs = "; ".join(f"{quote(name, safe='')}={quote(value)}" for name, value in (cookies or {}).items())
    headers = {"Cookie": pairs} if pairs else {}
    return connect(
        f"ws://127.0.0.1:{platform.port}/room/{path}",
        additional_headers=headers,
        proxy=None,
        open_timeout=PATIENCE_S,
    )


async def closing(connection: ClientConnection) -> tuple[int, str]:
    """The code and reason with which the server closes."""
    async with asyncio.timeout(ENGINE_S):
        with pytest.raises(ConnectionClosed) as closed:
            while True:
                await connection.recv()
    assert closed.value.rcvd is not None
    return closed.value.rcvd.code, closed.value.rcvd.reason


async def frame(connection: ClientConnection) -> dict[str, Any]:
    async with asyncio.timeout(ENGINE_S):
        message = await connection.recv()
    assert isinstance(message, str), "clients expect text frames"
    found: dict[str, Any] = json.loads(message)
    return found


async def engine_of(platform: PlatformProcess, room: str = "DEMO1") -> EngineRef:
    """The engine session that serves the room."""
    async with store_at(platform.address.store_url) as store:
        engine = (await rooms.read(store)).rooms[room].status.engine
    assert engine is not None
    return engine


async def host_is_seen(platform: PlatformProcess, room: str) -> None:
    """Until the platform knows that the room has a host: one that left sooner would never have been there."""
    async with store_at(platform.address.store_url) as store:
        async for _ in looks(f"the host of {room} is seen", ENGINE_S):
            if (await rooms.read(store)).rooms[room].status.host.connected:
                return


def host_of(room: str) -> dict[str, str]:
    """A host's cookies for a room."""
    return {name.replace("DEMO1", room): value for name, value in HOST.items()}


@asynccontextmanager
async def hosting(
    platform: PlatformProcess,
    cookies: dict[str, str] = HOST,
    target: str = "en",
    source: str = "en",
    room: str = "DEMO1",
) -> AsyncIterator[tuple[ClientConnection, str]]:
    """A host's socket that may send audio, and its connection id."""
    async with opened(platform, f"{room}/host/{source}/{target}", cookies) as connection:
        first = await frame(connection)
        assert list(first["info"]) == ["connection_id"]
        assert "last_n_sents" in await frame(connection)
        assert await frame(connection) == READY
        yield connection, first["info"]["connection_id"]
