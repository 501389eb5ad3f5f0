"""The real application behind a real server, with what engines and translator would have said."""

import asyncio
import socket
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
import uvicorn
from argon2 import PasswordHasher
from redis.asyncio import Redis
from websockets.asyncio.client import connect as dial
from websockets.exceptions import ConnectionClosed

from dolmetsch_api.app import create_app
from dolmetsch_api.serving import options
from dolmetsch_api.settings import ApiSettings
from dolmetsch_core.live import rooms
from dolmetsch_core.tasks import end_tasks
from dolmetsch_core.wire.room import Condition, ConditionType, Phase, Reason, Room, RoomSpec, RoomStatus
from tests.waiting import looks

MORNING = "2026-08-20T09:45:00+02:00"
PATIENCE_S = 60.0
"""For an answer: of a machine that has other things to do, too."""
HASHER = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
"""Hashes of which a thousand take a moment: what they cost a guesser is no matter here."""
HASHES = {password: HASHER.hash(password) for password in ("host", "admin")}


def settings(store_url: str, **more: Any) -> ApiSettings:
    return ApiSettings(
        **{
            "store_url": store_url,
            "host_password": HASHES["host"],
            "admin_password": HASHES["admin"],
            "signing_key": "k" * 32,
            "schedule_refresh": 0.05,
            "fake_now": MORNING,
        }
        | more
    )


class Client:
    """What a browser does."""

    def __init__(self, http: httpx.AsyncClient, url: str) -> None:
        self.http = http
        self.url = url

    async def get(self, path: str) -> Any:
        answer = await self.http.get(path)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def rooms(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = (await self.get("/room_list"))["rooms"]
        return found

    async def ids(self) -> list[str]:
        return [room["id"] for room in await self.rooms()]

    async def until(self, check: Callable[[list[str]], bool], what: str) -> None:
        """Wait until the listed ids are so."""
        last: list[list[str]] = [[]]
        async for _ in looks(what, 30, lambda: last[0]):
            last[0] = await self.ids()
            if check(last[0]):
                return

    async def closed(self, path: str) -> str:
        """Why a viewer's socket is closed at once."""
        async with dial(f"{self.url.replace('http', 'ws')}{path}", proxy=None) as socket:
            with pytest.raises(ConnectionClosed) as caught:
                await socket.recv()
        return caught.value.rcvd.reason if caught.value.rcvd else ""


def listening(**options: int) -> socket.socket:
    """A socket of the server's own: with a port's number alone, another process might take the port first."""
    made = socket.socket()
    for name, value in options.items():
        made.setsockopt(socket.SOL_SOCKET, getattr(socket, name), value)
    made.bind(("127.0.0.1", 0))
    return made


@asynccontextmanager
async def running(
    of: ApiSettings,
    *,
    translator: bool = True,
    archive: bool = True,
    at: socket.socket | None = None,
    **served: Any,
) -> AsyncIterator[Client]:
    """The application behind a real server, ready; but for translations without a `translator`, and without
    an `archive` but for what needs it.

    `at`: where it listens; `served`: what uvicorn is told beside the api's own options.
    """
    at = at or listening()
    server = uvicorn.Server(uvicorn.Config(create_app(of), **options(of) | served))
    task = asyncio.create_task(server.serve([at]))
    url = f"http://127.0.0.1:{at.getsockname()[1]}"
    try:
        async with httpx.AsyncClient(base_url=url, trust_env=False, timeout=PATIENCE_S) as http:
            async for _ in looks("the api is ready", PATIENCE_S):
                if task.done():
                    task.result()
                if server.started and await _ready(http, translator=translator, archive=archive):
                    break
            yield Client(http, url)
    finally:
        server.should_exit = True
        await asyncio.wait({task}, timeout=PATIENCE_S)
        await end_tasks(task)
        at.close()


async def _ready(http: httpx.AsyncClient, *, translator: bool, archive: bool) -> bool:
    if archive and not (await http.get("/api/v1/transcripts")).is_success:
        return False
    if translator:
        return bool((await http.get("/api/v1/about")).json()["ready"])
    spoken = (await http.get("/room_list")).json()["available_source_langs"]
    return (await http.get("/health")).is_success and spoken == ["de", "en"]


async def activate(store: Redis, room_id: str, *, phase: Phase = Phase.STARTING, **spec: Any) -> Room:
    """A room that is active, or was and is in this phase now, as the controller writes it."""
    now = datetime.now(UTC)
    scheduled = Condition(
        type=ConditionType.ENGINE_SCHEDULED, status=True, reason=Reason.SCHEDULED, last_transition_time=now
    )
    room = Room(
        name=room_id,
        uid=uuid.uuid4().hex,
        created=now,
        spec=RoomSpec(room_id=room_id, source_lang="en", **spec),
        status=RoomStatus(phase=phase, conditions=(scheduled,)),
    )
    assert await rooms.put(store, room, replaces=None)
    assert await rooms.write_status(store, room)
    return room
