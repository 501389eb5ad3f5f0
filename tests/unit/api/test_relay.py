"""The relay and its engine: one that asks for tokens, one that is slow."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from http import HTTPStatus
from types import SimpleNamespace
from typing import Any, cast
from urllib.parse import parse_qs, urlsplit

import pytest
from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response

from dolmetsch_api.sockets import relay as relay_module
from dolmetsch_api.sockets.captions import CaptionState, CaptionView
from dolmetsch_api.sockets.held_claim import HeldClaim
from dolmetsch_api.sockets.relay import Relay
from dolmetsch_core import tokens
from dolmetsch_core.directory import RoomView
from dolmetsch_core.live.store import connect
from dolmetsch_core.tasks import end_tasks
from dolmetsch_core.tokens import CallerCheck, CallerRefused, ClocksDiffer, EngineKey, Scope
from dolmetsch_core.wire.engine import CLOCKS_DIFFER, NOT_ALLOWED, AudioAccepted
from dolmetsch_core.wire.room import EngineRef, Room, RoomSpec, RoomStatus
from tests.scoring import talk
from tests.waiting import until
from tests.webm import recorded

KEY = EngineKey.generate()


def room(port: int) -> Room:
    engine = EngineRef(
        pod_name="e1",
        pod_uid="uid-1",
        address=f"http://127.0.0.1:{port}",
        epoch=1,
        source_lang="en",
        restart=0,
    )
    return Room(
        name="r1",
        uid="u",
        created=datetime.now(UTC),
        spec=RoomSpec(room_id="R1", source_lang="en"),
        status=RoomStatus(engine=engine),
    )


class Claim:
    """A host's claim whose turn rises when it is asked to."""

    def __init__(self) -> None:
        self.turn = 1

    async def raise_above(self, turn: int) -> None:
        self.turn = turn + 1


class SlowEngine:
    """Keeps the audio of each turn; accepts the first one only when it is let."""

    def __init__(self) -> None:
        self.heard: dict[int, list[bytes]] = {}
        self.accept = asyncio.Event()

    async def handle(self, socket: ServerConnection) -> None:
        assert socket.request is not None
        turn = int(parse_qs(urlsplit(socket.request.path).query)["turn"][0])
        heard = self.heard.setdefault(turn, [])
        await self.accept.wait()
        await socket.send(AudioAccepted(next=None).model_dump_json())
        async for message in socket:
            if isinstance(message, bytes) and message:
                heard.append(message)

    def let_go(self) -> None:
        """Accept."""
        self.accept.set()


class Engine:
    """Keeps what it is shown, and refuses: before or after it accepts."""

    def __init__(self) -> None:
        self.shown: list[str | None] = []
        self.before = False

    async def handle(self, socket: ServerConnection) -> None:
        try:
            CallerCheck(KEY.public_pem, "uid-1").require(self.shown[-1], Scope.AUDIO)
        except ClocksDiffer as error:
            await socket.close(CLOCKS_DIFFER, str(error.now))
        except CallerRefused:
            pass
        await socket.close(NOT_ALLOWED, "not you")

    def look(self, socket: ServerConnection, request: Request) -> Response | None:
        self.shown.append(request.headers.get("Authorization"))
        return socket.respond(HTTPStatus.FORBIDDEN, "no\n") if self.before else None


@pytest.fixture
def engine() -> Engine:
    return Engine()


@pytest.fixture
async def address(engine: Engine) -> AsyncIterator[Server]:
    async with serve(engine.handle, "127.0.0.1", 0, process_request=engine.look) as server:
        yield server


@pytest.fixture
async def relaying(address: Server) -> AsyncIterator[Callable[[EngineKey | None], None]]:
    """Start a relay with this key."""
    view = RoomView()
    await view.replace({"R1": room(next(iter(address.sockets)).getsockname()[1])})
    tasks: list[asyncio.Task[None]] = []

    def start(key: EngineKey | None) -> None:
        relay = Relay(
            cast(Any, SimpleNamespace(view=view)),
            cast(Any, None),
            cast(CaptionView, SimpleNamespace(room="R1", session="u.1")),
            cast(HeldClaim, SimpleNamespace(turn=1)),
            kept_seconds=10,
            key=key,
        )
        tasks.append(asyncio.create_task(relay.run()))

    yield start
    await end_tasks(*tasks)


async def shown(engine: Engine, times: int) -> None:
    await until(lambda: len(engine.shown) >= times, f"{times} calls")


async def test_audio_goes_with_a_token_for_that_engine(
    engine: Engine, relaying: Callable[[EngineKey | None], None]
) -> None:
    relaying(KEY)
    await shown(engine, 1)
    CallerCheck(KEY.public_pem, "uid-1").require(engine.shown[0], Scope.AUDIO)


async def test_without_a_key_no_token_is_sent(
    engine: Engine, relaying: Callable[[EngineKey | None], None]
) -> None:
    relaying(None)
    await shown(engine, 1)
    assert engine.shown[0] is None


@pytest.mark.parametrize("before", [True, False])
async def test_a_refusal_is_told_once_and_tried_again(
    engine: Engine,
    relaying: Callable[[EngineKey | None], None],
    before: bool,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO)
    engine.before = before
    relaying(KEY)
    await shown(engine, 3)
    why = "HTTP 403" if before else "not you"
    told = [record.getMessage() for record in caplog.records if record.name == "dolmetsch_api.sockets.relay"]
    assert told == [f"engine e1 refuses this api: {why}"]


async def test_audio_finds_its_way_to_an_engine_whose_clock_is_another(
    engine: Engine, relaying: Callable[[EngineKey | None], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tokens, "_now", lambda: time.time() + 3600)
    relaying(EngineKey.from_pem(KEY.pem))
    await shown(engine, 2)
    check = CallerCheck(KEY.public_pem, "uid-1")
    with pytest.raises(ClocksDiffer):
        check.require(engine.shown[0], Scope.AUDIO)
    check.require(engine.shown[1], Scope.AUDIO)


@asynccontextmanager
async def relay_to(engine: "SlowEngine | BehindEngine") -> AsyncIterator[tuple[Relay, asyncio.Task[None]]]:
    """A relay at work, to an engine that does not read ahead."""
    view = RoomView()
    async with (
        serve(engine.handle, "127.0.0.1", 0, max_queue=1) as server,
        connect("redis://127.0.0.1:1") as away,
    ):
        await view.replace({"R1": room(next(iter(server.sockets)).getsockname()[1])})
        relay = Relay(
            cast(Any, SimpleNamespace(view=view)),
            away,
            cast(CaptionView, SimpleNamespace(room="R1", session="u.1", state=CaptionState())),
            cast(HeldClaim, Claim()),
            kept_seconds=60,
        )
        running = asyncio.create_task(relay.run())
        try:
            yield relay, running
        finally:
            engine.let_go()
            await end_tasks(running)


async def test_a_recording_that_begins_while_an_engine_is_called_is_all_of_a_turn_of_its_own(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # The engine accepts when this test lets it, however long that takes.
    monkeypatch.setattr(relay_module, "ACCEPT_S", 3600.0)
    engine = SlowEngine()
    before, after = recorded(talk("en").recording)[:3], recorded(talk("de").recording)[:3]
    async with relay_to(engine) as (relay, _):
        for data in before:
            await relay.take(data)
        await until(lambda: 1 in engine.heard, "the engine is called")
        beginning = asyncio.create_task(relay.take(after[0]))
        await asyncio.sleep(0)
        assert not beginning.done()
        engine.let_go()
        await beginning
        for data in after[1:]:
            await relay.take(data)
        await until(lambda: engine.heard.get(2) == after, "the new recording")
        assert engine.heard[1] == before


class BehindEngine:
    """Accepts at once, and takes a message only when it is let."""

    def __init__(self) -> None:
        self.heard: dict[int, list[bytes]] = {}
        self.takes = asyncio.Semaphore(0)
        self.breaks_after = 0
        """Messages after which it closes, once; 0: never."""

    async def handle(self, socket: ServerConnection) -> None:
        assert socket.request is not None
        heard = self.heard.setdefault(int(parse_qs(urlsplit(socket.request.path).query)["turn"][0]), [])
        await socket.send(AudioAccepted(next=None).model_dump_json())
        while True:
            await self.takes.acquire()
            try:
                message = await socket.recv()
            except ConnectionClosed:
                return
            if isinstance(message, bytes) and message:
                heard.append(message)
            if self.breaks_after and len(heard) == self.breaks_after:
                self.breaks_after = 0
                return

    def take(self, count: int) -> None:
        for _ in range(count):
            self.takes.release()

    def let_go(self) -> None:
        """Take all that comes from now on."""
        self.take(10_000)


async def test_when_its_host_leaves_an_engine_that_is_behind_gets_the_rest() -> None:
    engine, audio = BehindEngine(), recorded(talk("en").recording)
    async with relay_to(engine) as (relay, running):
        for data in audio:
            await relay.take(data)
        await until(lambda: 1 in engine.heard, "the engine is called")
        leaving = asyncio.create_task(relay.hand_over())
        engine.take(20)
        await until(lambda: len(engine.heard[1]) > 10, "some of it")
        assert not leaving.done()
        engine.let_go()
        await leaving
        await until(lambda: engine.heard[1] == audio, "all of it, in order")
        await until(running.done, "the relay has ended")


async def test_what_a_host_has_said_waits_for_an_engine_that_is_not_there_yet() -> None:
    """The host leaves before any engine could be called; then the first connection breaks in the middle."""
    engine, audio = BehindEngine(), recorded(talk("en").recording)
    engine.breaks_after = 5
    engine.let_go()
    async with relay_to(engine) as (relay, running):
        for data in audio:
            await relay.take(data)
        await relay.hand_over()
        await until(running.done, "the relay has ended")
    assert engine.heard[1][-len(audio) :] == audio


async def test_an_engine_that_takes_nothing_is_not_waited_for_for_ever(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(relay_module, "HAND_OVER_S", 0.3)
    engine = BehindEngine()
    async with relay_to(engine) as (relay, _):
        # More than the buffers between the two hold.
        for data in recorded(talk("en").recording):
            await relay.take(data * 200)
        leaving = asyncio.create_task(relay.hand_over())
        await until(lambda: 1 in engine.heard, "the engine is called")
        assert not leaving.done()
        await leaving
        assert engine.heard[1] == []
        assert "no engine has taken its host's last audio" in caplog.text


async def test_a_new_recording_waits_until_the_one_before_is_with_its_engine() -> None:
    engine = BehindEngine()
    before, after = recorded(talk("en").recording), recorded(talk("de").recording)[:3]
    async with relay_to(engine) as (relay, _):
        for data in before:
            await relay.take(data)
        await until(lambda: 1 in engine.heard, "the engine is called")
        engine.take(20)
        await until(lambda: len(engine.heard[1]) > 10, "some of it")
        beginning = asyncio.create_task(relay.take(after[0]))
        engine.let_go()
        await beginning
        for data in after[1:]:
            await relay.take(data)
        await until(lambda: engine.heard.get(2) == after, "the new recording")
        assert engine.heard[1] == before


async def test_a_host_who_has_said_nothing_leaves_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(relay_module, "HAND_OVER_S", 3600.0)
    engine = BehindEngine()
    async with relay_to(engine) as (relay, _):
        await until(lambda: 1 in engine.heard, "the engine is called")
        await relay.hand_over()
