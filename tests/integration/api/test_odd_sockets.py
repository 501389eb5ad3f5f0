"""Sockets that do what browsers do not: each gets its reason, or nothing; none is an error of the server."""

import pytest
from redis.asyncio import Redis
from starlette.types import Message

from dolmetsch_api.app import create_app
from tests.integration.api.api_process import running, settings


@pytest.mark.parametrize("path", ["/%72oom", "/backend/%72oom", "/b%61ckend/room"])
async def test_a_path_in_another_spelling_is_the_same_room(store: Redis, store_url: str, path: str) -> None:
    async with running(settings(store_url, base_path="/backend")) as client:
        assert await client.closed(f"{path}/NO%2FWHERE/client/undefined/en") == "Room <NO/WHERE> not found"


async def test_who_leaves_while_it_is_refused_is_no_error() -> None:
    """As uvicorn does it: a connection that is lost is told to whoever sends next."""
    sent: list[str] = []

    async def receive() -> Message:
        return {"type": "websocket.connect"}

    async def send(message: Message) -> None:
        sent.append(message["type"])
        if message["type"] == "websocket.close":
            raise OSError("lost")

    path = "/room/DEMO1/client/undefined/en"
    scope = {"type": "websocket", "path": path, "raw_path": path.encode(), "query_string": b"", "headers": []}
    await create_app(settings("redis://127.0.0.1:1"))(scope, receive, send)
    assert sent == ["websocket.accept", "websocket.close"]
