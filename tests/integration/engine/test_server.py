"""An engine process: sessions, pen, audio sockets, status, health, from outside."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest
from redis.asyncio import Redis
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from dolmetsch_core.engine_client import EngineClient, OlderEpoch
from dolmetsch_core.live.feed import Follower
from dolmetsch_core.live.pen import Pen
from dolmetsch_core.wire.engine import (
    BAD_AUDIO,
    LOWER_TURN,
    NO_SUCH_SESSION,
    AudioAccepted,
    AudioStart,
    EngineStatus,
    SessionRequest,
)
from dolmetsch_core.wire.feed import LinesWritten, SessionClosed
from dolmetsch_local.processes import free_port
from tests.spawn import popen
from tests.webm import recorded

DEMO = Path(__file__).parents[3] / "local" / "dolmetsch_local" / "demo"
MESSAGES = recorded(DEMO / "talks" / "str_en.webm")
START = AudioStart(container="webm", first=0)
PATIENCE_S = 240.0
"""For what an engine does in a second or two."""
pytestmark = pytest.mark.timeout(5 * PATIENCE_S)


def request(session: str = "s.1", epoch: int = 1, **fields: object) -> SessionRequest:
    return SessionRequest.model_validate(
        {"room": "R1", "session": session, "epoch": epoch, "source_lang": "en"} | fields
    )


@pytest.fixture
def port() -> int:
    return free_port()


@pytest.fixture
def engine(process: subprocess.Popen[bytes], port: int) -> str:
    """The engine's address."""
    assert process.pid
    return f"http://127.0.0.1:{port}"


@pytest.fixture
def process(store_url: str, port: int) -> Iterator[subprocess.Popen[bytes]]:
    """A fresh engine process with the demonstration model: one session in its life."""
    env = os.environ | {
        "DOLMETSCH_STORE_URL": store_url,
        "DOLMETSCH_ENGINE_MODEL": str(DEMO / "speech-model"),
        "DOLMETSCH_ENGINE_LANGUAGES": '["en","de"]',
        "DOLMETSCH_ENGINE_PORT": str(port),
        "DOLMETSCH_ENGINE_THREADS": "1",
    }
    process = popen([sys.executable, "-m", "dolmetsch_engine"], env=env)
    try:
        yield process
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE_S) in (0, -signal.SIGTERM)
    finally:
        process.kill()
        process.wait()


@pytest.fixture
async def client(engine: str) -> AsyncIterator[EngineClient]:
    """A client of the engine, once its model is loaded."""
    client = EngineClient()
    async with asyncio.timeout(PATIENCE_S):
        while not await client.healthy(engine):
            await asyncio.sleep(0.1)
        status = await client.status(engine)
        while not status.ready:
            status = await client.status(engine, status.rev)
    assert status.languages == ("de", "en") or set(status.languages) == {"de", "en"}
    yield client
    await client.close()


def audio(engine: str, session: str = "s.1", turn: int = 1) -> connect:
    url = f"{engine.replace('http', 'ws')}/audio?session={session}&turn={turn}"
    return connect(url, proxy=None, max_queue=None)


async def closing(socket: ClientConnection) -> tuple[int, str]:
    async with asyncio.timeout(PATIENCE_S):
        with pytest.raises(ConnectionClosed) as closed:
            while True:
                await socket.recv()
    assert closed.value.rcvd is not None
    return closed.value.rcvd.code, closed.value.rcvd.reason


async def fenced(client: EngineClient, engine: str, rev: int) -> EngineStatus:
    """The engine's status once it knows that another has the pen."""
    async with asyncio.timeout(PATIENCE_S):
        while not (status := await client.status(engine, rev)).fenced:
            rev = status.rev
    return status


async def accepted(socket: ClientConnection) -> AudioAccepted:
    return AudioAccepted.model_validate_json(await socket.recv())


async def test_one_engine_serves_one_session_with_its_pen_and_every_socket_has_its_turn(
    engine: str, client: EngineClient, store: Redis
) -> None:
    async with audio(engine) as early:
        assert (await closing(early))[0] == NO_SUCH_SESSION
    with pytest.raises(Exception, match="422"):
        await client.open_session(engine, request(source_lang="xx"))
    assert not await store.keys("*"), "a refused session takes nothing"

    status = await client.open_session(engine, request())
    assert (status.ready, status.session, status.epoch) == (True, "s.1", 1)
    assert (await client.open_session(engine, request())).rev == status.rev, "the same again changes nothing"
    for other in (request(session="s.2"), request(epoch=2)):
        with pytest.raises(OlderEpoch):
            await client.open_session(engine, other)

    async with audio(engine, turn=3) as first:
        assert (await accepted(first)).next is None
        connected = await client.status(engine, status.rev)
        assert connected.host_connected
        async with audio(engine, turn=2) as lower:
            assert await closing(lower) == (LOWER_TURN, "3")
        await first.send(START.model_dump_json())
        await first.send(b"")
        for message in MESSAGES[:40]:
            await first.send(message)
        follower = Follower(store, "R1", "s.1")
        async with asyncio.timeout(PATIENCE_S):
            while (await follower.snapshot()).sentences == ():
                await asyncio.sleep(0.1)
    # It may be behind: what it has not taken of the first socket's audio is sent again, and taken once.
    async with audio(engine, turn=3) as again:
        taken = (await accepted(again)).next
        assert taken is not None
        assert 0 < taken <= 40
        for message in MESSAGES[taken:60]:
            await again.send(message)
        async with asyncio.timeout(PATIENCE_S):
            while len((await follower.snapshot()).sentences) < 4:
                await asyncio.sleep(0.1)
    async with audio(engine, turn=3) as once_more:
        taken = (await accepted(once_more)).next
        assert taken is not None
        assert taken <= 60, "a dropped connection goes on without a replay, and takes nothing twice"

    german = await client.open_session(engine, request(source_lang="de", restart=1))
    assert (german.source_lang, german.restart, german.ready) == ("de", 1, True)
    await client.end_session(engine)
    async with asyncio.timeout(PATIENCE_S):
        while not (status := await client.status(engine, status.rev)).drained:
            pass
    entries = await follower.read(100)
    while more := await follower.read(100):
        entries += more
    assert isinstance(entries[-1], SessionClosed)
    snapshot = await Follower(store, "R1", "s.1").snapshot()
    assert [each.n for each in snapshot.sentences] == list(range(len(snapshot.sentences)))
    assert len(snapshot.sentences) >= 3
    assert all(isinstance(entry, LinesWritten | SessionClosed) for entry in entries)


async def test_garbage_is_named_and_an_engine_that_lost_the_pen_says_so_and_takes_no_audio(
    process: subprocess.Popen[bytes], engine: str, client: EngineClient, store: Redis
) -> None:
    status = await client.open_session(engine, request())
    async with audio(engine) as socket:
        await accepted(socket)
        await socket.send("no start of audio")
        assert (await closing(socket))[0] == BAD_AUDIO
    async with audio(engine, turn=2) as socket:
        await accepted(socket)
        await socket.send(START.model_dump_json())
        await socket.send(b"")
        with pytest.raises(ConnectionClosed) as closed:
            while True:
                await socket.send(b"\x00" * 4000)
                await asyncio.sleep(0.1)
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == BAD_AUDIO

    async with audio(engine, turn=3) as socket:
        # Stopped with audio in its hands, replaced, then continued: it writes nothing more.
        await accepted(socket)
        await socket.send(START.model_dump_json())
        await socket.send(b"")
        for message in MESSAGES[:60]:
            await socket.send(message)
        follower = Follower(store, "R1", "s.1")
        async with asyncio.timeout(PATIENCE_S):
            while (await follower.snapshot()).sentences == ():
                await asyncio.sleep(0.1)
        process.send_signal(signal.SIGSTOP)
        await Pen(store, "R1", "s.1", 2).take()
        written = (await follower.snapshot()).sentences
        process.send_signal(signal.SIGCONT)
        status = await fenced(client, engine, status.rev)
        assert (await follower.snapshot()).sentences == written
        assert await follower.read(100) == []
    assert not status.ready
    async with audio(engine, turn=9) as socket:
        assert (await closing(socket))[0] == NO_SUCH_SESSION
    assert "python_info" in httpx.get(f"{engine}/metrics", trust_env=False, timeout=PATIENCE_S).text


def test_an_unknown_setting_ends_the_engine_with_its_name(store_url: str) -> None:
    env = os.environ | {"DOLMETSCH_ENGINE_COALESCENCE": "1", "DOLMETSCH_STORE_URL": store_url}
    ended = subprocess.run(
        [sys.executable, "-m", "dolmetsch_engine"], env=env, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 1
    assert "DOLMETSCH_ENGINE_COALESCENCE" in ended.stderr
