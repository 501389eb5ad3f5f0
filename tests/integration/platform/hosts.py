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

from tests.platform_process import HOST_PASSWORD, PlatformProcess

CONSENT = {"DEMO1-allow_store": "false", "DEMO1-allow_client_download": "false"}
HOST = {"authenticated": HOST_PASSWORD, **CONSENT}
READY = {"info": {"ready_to_recieve_audio": True}}
EMPTY = {"last_n_sents": [], "incomplete_sentence": "", "transcription_delay": 0.0, "translation_delay": 0.0}


def opened(platform: PlatformProcess, path: str, cookies: dict[str, str] | None = None) -> connect:
    """A socket as the existing client opens it: no `?v=1`, cookies with encoded names."""
    pairs = "; ".join(f"{quote(name, safe='')}={quote(value)}" for name, value in (cookies or {}).items())
    headers = {"Cookie": pairs} if pairs else {}
    return connect(f"ws://127.0.0.1:{platform.port}/room/{path}", additional_headers=headers, proxy=None)


async def closing(connection: ClientConnection) -> tuple[int, str]:
    """The code and reason with which the server closes."""
    async with asyncio.timeout(30):
        with pytest.raises(ConnectionClosed) as closed:
            while True:
                await connection.recv()
    assert closed.value.rcvd is not None
    return closed.value.rcvd.code, closed.value.rcvd.reason


async def frame(connection: ClientConnection) -> dict[str, Any]:
    async with asyncio.timeout(30):
        message = await connection.recv()
    assert isinstance(message, str), "clients expect text frames"
    found: dict[str, Any] = json.loads(message)
    return found


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
