"""A host who speaks for many hours, and is silent for some: what expires in the live store is renewed.

Nobody waits for hours here: what has long to live gets a short life instead, and has to be renewed in it.
"""

import contextlib
import time

from redis.asyncio import Redis
from websockets.asyncio.client import ClientConnection

from dolmetsch_core.live import keys, rooms
from dolmetsch_core.live.store import connect as store_at
from dolmetsch_local.client import frames, host_socket, login
from dolmetsch_local.recorder import record
from tests.platform_process import PlatformProcess
from tests.scoring import talk
from tests.waiting import looks

ROOM = "DEMO1"
SHORT_S, SHORT_OF_HOST_S = 120, 12
"""Shorter than the lives they have: an hour or more, and 15 s of a host; longer than between two renewals."""
PATIENCE_S = 120
EXPIRED = -2
"""What the store says of an entry that is not there."""


async def _ready(socket: ClientConnection) -> None:
    async for frame in frames(socket):
        if frame.get("info", {}).get("ready_to_recieve_audio"):
            return


class Entries:
    """What the live store has of one live room, and how long each has to live."""

    def __init__(self, store: Redis, session: str) -> None:
        self.audio = keys.audio(ROOM, session)
        self._store = store
        self._session = session
        self._lives = {
            keys.host(ROOM): SHORT_OF_HOST_S,
            **dict.fromkeys((keys.turn(ROOM), keys.consents(), self.audio), SHORT_S),
            **dict.fromkeys((keys.consent(ROOM, session), keys.pen(ROOM, session)), SHORT_S),
        }

    async def live_long(self, within: float, *, renewed: bool = False) -> None:
        """Wait until each has long to live; `renewed`: and none was away meanwhile and put back."""
        left: dict[str, float] = {}
        async with contextlib.aclosing(looks("all have long to live", within, lambda: left)) as looking:
            async for _ in looking:
                left = await self._left()
                assert not renewed or EXPIRED not in left.values(), left
                if all(seconds > self._lives.get(name, SHORT_S) for name, seconds in left.items()):
                    return

    async def shorten(self) -> None:
        for name, seconds in self._lives.items():
            assert await self._store.expire(name, seconds), name
        soon = (time.time() + SHORT_S) * 1000
        await self._store.zadd(keys.consents(), {member: soon for member, _ in await self._indexed()})

    async def _left(self) -> dict[str, float]:
        """In seconds; the index of consents holds a time for each member too."""
        left = {name: await self._store.ttl(name) for name in self._lives}
        indexed = [until / 1000 - time.time() for _, until in await self._indexed()]
        return left | {"in the index": min(indexed, default=0.0)}

    async def _indexed(self) -> list[tuple[bytes, float]]:
        found = await self._store.zrange(keys.consents(), 0, -1, withscores=True)
        return [(member, until) for member, until in found if self._session.encode() in member]


async def test_nothing_of_a_live_room_expires_while_its_host_is_there(platform: PlatformProcess) -> None:
    host = host_socket(await login(platform.address), ROOM, "en", "en", store=True)
    async with host as socket, store_at(platform.address.store_url) as store:
        await _ready(socket)
        # The recording's header, and not a word for all the time that follows.
        await socket.send(record(talk("en").recording)[0].data)
        entries = Entries(store, (await rooms.read(store)).rooms[ROOM].session)
        await entries.live_long(within=PATIENCE_S)
        async with contextlib.aclosing(looks("the header is kept", PATIENCE_S)) as looking:
            async for _ in looking:
                if header := await store.hget(entries.audio, "header"):
                    break
        await entries.shorten()
        await entries.live_long(within=SHORT_S, renewed=True)
        assert await store.hget(entries.audio, "header") == header
