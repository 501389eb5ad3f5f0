"""Viewers that are gone or never read, with more to read than buffers hold: nobody else waits for them."""

import asyncio
import json
import socket
from contextlib import AsyncExitStack

import pytest
from redis.asyncio import Redis
from websockets.asyncio.client import connect

from dolmetsch_api.sockets import sending
from dolmetsch_core.live.pen import Pen
from dolmetsch_core.wire.feed import LinesWritten, Live, Sentence
from tests.integration.api.api_process import activate, listening, running, settings
from tests.raw_socket import deaf, reset
from tests.waiting import until

ROOM = "DEMO1"
SENTENCE = "x" * 40_000
COUNT = 80
KEPT = 1 << 18
"""Bytes that the kernel is to keep for a socket that does not take them, instead of what it likes."""


@pytest.fixture(autouse=True)
def no_end_of_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """No socket is given up in a test: who waited for a dead one would wait for ever."""
    monkeypatch.setattr(sending, "SEND_TIMEOUT_S", 3600.0)


async def test_more_than_all_buffers_hold_reaches_the_living_while_the_dead_take_none(
    store: Redis, store_url: str
) -> None:
    at = listening(SO_SNDBUF=KEPT)
    kept = at.getsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF)
    assert len(SENTENCE) * COUNT > 4 * kept, "the dead ones' buffers are full long before the end"
    # An api that runs already would hear of it in a moment only.
    room = await activate(store, ROOM)
    async with (
        running(settings(store_url), at=at, ws_ping_interval=None) as client,
        AsyncExitStack() as sockets,
    ):
        pen = Pen(store, ROOM, room.session, 1)
        await pen.take()
        url = f"{client.url.replace('http', 'ws')}/room/{ROOM}/client/undefined"
        for lang in ("en", "de"):
            # In a thread: the api is in this one.
            await asyncio.to_thread(sockets.enter_context, deaf(f"{url}/{lang}"))
        crashing = await sockets.enter_async_context(connect(f"{url}/en", proxy=None, max_size=None))
        assert json.loads(await crashing.recv())["last_n_sents"] == []
        reading = await sockets.enter_async_context(connect(f"{url}/en", proxy=None, max_size=None))
        assert json.loads(await reading.recv())["last_n_sents"] == []
        read = 0
        for n in range(COUNT):
            await _say(pen, n)
            while read <= n:
                for line in json.loads(await reading.recv())["last_n_sents"]:
                    read += len(line["sentences"])
            if n == COUNT // 2:
                reset(crashing)
        assert read == COUNT
        late = await sockets.enter_async_context(connect(f"{url}/en", proxy=None, max_size=None))
        (line,) = json.loads(await late.recv())["last_n_sents"]
        assert len(line["sentences"]) == COUNT


async def test_who_leaves_before_the_first_caption_is_forgotten_while_the_store_hangs(
    store: Redis, store_url: str
) -> None:
    await activate(store, ROOM)
    async with running(settings(store_url)) as client:
        url = f"{client.url.replace('http', 'ws')}/room/{ROOM}/client/undefined/en"
        async with connect(url, proxy=None) as before:
            await before.recv()
        await until(lambda: not _followed(), "nobody reads")
        await store.execute_command("CLIENT", "PAUSE", 3_600_000, "WRITE")
        try:
            async with connect(url, proxy=None):
                await until(_followed, "a reader waits for the store")
            await until(lambda: not _followed(), "the reader is gone")
        finally:
            await store.execute_command("CLIENT", "UNPAUSE")


def _followed() -> bool:
    """Whether the api, which is in this process, follows the room for anybody."""
    return any(task.get_name() == f"feed of {ROOM}" for task in asyncio.all_tasks())


async def _say(pen: Pen, n: int) -> None:
    said = Sentence(n=n, line=0, sent=n, start=float(n), end=n + 0.5, lang="en", text=f"{n} {SENTENCE}")
    await pen.write((said,), LinesWritten(sentences=(said,)), Live(after=n + 1))
