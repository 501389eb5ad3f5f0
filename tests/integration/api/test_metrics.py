"""How many sockets are open: what an autoscaler goes by."""

import json

from prometheus_client import REGISTRY
from redis.asyncio import Redis
from websockets.asyncio.client import connect

from tests.integration.api.api_process import activate, running, settings
from tests.waiting import looks

ROOM = "DEMO1"


def sockets() -> float:
    """Viewers' sockets of this process."""
    value = REGISTRY.get_sample_value("dolmetsch_api_sockets", {"role": "client"})
    assert value is not None
    return value


async def test_sockets_are_counted_as_long_as_they_are_open(store: Redis, store_url: str) -> None:
    # An api that runs already would hear of it in a moment only.
    await activate(store, ROOM)
    async with running(settings(store_url)) as client:
        before = sockets()
        url = f"{client.url.replace('http', 'ws')}/room/{ROOM}/client/undefined/en"
        async with connect(url, proxy=None) as one, connect(url, proxy=None) as two:
            for socket in (one, two):
                assert json.loads(await socket.recv())["last_n_sents"] == []
            assert sockets() == before + 2
        async for _ in looks("both are gone", 30):
            if sockets() == before:
                break


async def test_refused_sockets_are_not_counted(store: Redis, store_url: str) -> None:
    async with running(settings(store_url)) as client:
        before = sockets()
        assert await client.closed(f"/room/{ROOM}/client/undefined/en") == "Room not active"
        assert sockets() == before
