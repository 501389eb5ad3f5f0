"""A speaker whose socket ends: which ends it gets over, and what it sends then.

The server is a stand-in, for its faults.
"""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from http import HTTPStatus
from pathlib import Path

import pytest
from websockets.asyncio.server import Request, Response, ServerConnection, serve
from websockets.exceptions import InvalidStatus

from dolmetsch_core.media import Container
from dolmetsch_engine.decoder import SAMPLE_RATE, Decoder
from dolmetsch_local import speak as speaking
from dolmetsch_local.client import Login, Refused
from dolmetsch_local.recorder import load
from dolmetsch_local.state import Address
from tests.unit.local.test_recorder import tone

READY = json.dumps({"info": {"ready_to_recieve_audio": True}})
SECONDS = 2.0


class Stage:
    """What the server does with one socket after the other, and what each of them got."""

    def __init__(self, *acts: tuple[int, int, str] | HTTPStatus | None) -> None:
        """An act: after N slices it closes with code and reason; or it refuses. None: it hears all."""
        self._acts = list(acts)
        self.heard: list[list[bytes]] = []
        self.late: list[int] = []
        """What it was told: how late the audio came."""
        self.refused = 0

    def refuse(self, connection: ServerConnection, _request: Request) -> Response | None:
        if isinstance(self._acts[0], HTTPStatus):
            self.refused += 1
            act = self._acts[0] if len(self._acts) == 1 else self._acts.pop(0)
            assert isinstance(act, HTTPStatus)
            return connection.respond(act, "")
        return None

    async def serve(self, socket: ServerConnection) -> None:
        act = self._acts[0] if len(self._acts) == 1 else self._acts.pop(0)
        got: list[bytes] = []
        self.heard.append(got)
        slices, code, reason = act if isinstance(act, tuple) else (10_000, 1000, "")
        if slices >= 0:
            await socket.send(READY)
        if slices <= 0:
            await socket.close(code, reason)
            return
        async for message in socket:
            if isinstance(message, str):
                assert not got, "it is told before the audio that it is about"
                self.late.append(json.loads(message)["late_ms"])
                continue
            got.append(message)
            if len(got) >= slices:
                await socket.close(code, reason)
                return


@asynccontextmanager
async def stage(*acts: tuple[int, int, str] | HTTPStatus | None) -> AsyncIterator[tuple[Stage, Address]]:
    made = Stage(*acts)
    async with serve(made.serve, "127.0.0.1", 0, process_request=made.refuse) as server:
        port = next(iter(server.sockets)).getsockname()[1]
        yield made, Address(url=f"http://127.0.0.1:{port}", host_password="", pid=0)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    async def login(address: Address) -> Login:
        return Login(address, "key")

    monkeypatch.setattr(speaking, "login", login)
    monkeypatch.setattr(speaking, "QUIET_S", 0.2)
    monkeypatch.setattr(speaking, "AGAIN_S", 0.02)
    monkeypatch.setattr(speaking, "AWAY_S", 0.5)


async def speak(address: Address, recording: Path) -> int:
    """Speak it; how often the connection was lost."""
    lost: list[None] = []
    await speaking.speak(address, "ROOM", recording, "en", lambda *_: None, away=lambda: lost.append(None))
    return len(lost)


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    return tone(tmp_path / "tone.wav", seconds=SECONDS)


@pytest.mark.parametrize(
    "end",
    [(3, 1012, ""), (3, 1001, ""), (3, 1011, "An exception"), (3, 1013, "Try again"), (1, 1012, "")],
    ids=str,
)
async def test_a_new_socket_gets_a_new_recording_of_what_was_not_sent(
    end: tuple[int, int, str], recording: Path
) -> None:
    async with stage(end, None) as (server, address):
        assert await speak(address, recording) == 1
    first, second = server.heard
    seconds = [await decoded(each) for each in (first, second)]
    # What was on its way when the socket closed went with it: a slice at most.
    assert sum(seconds) == pytest.approx(load(recording).length, abs=0.65)
    assert second[0][:4] == bytes.fromhex("1A45DFA3"), "with a header of its own"


async def test_a_server_that_comes_and_goes_after_the_last_word_is_not_tried_for_ever(
    recording: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(speaking, "LONGEST_S", 0.5)
    monkeypatch.setattr(speaking, "STEADY_S", -1.0)
    async with stage((len(list(load(recording).slices())), 1012, ""), (0, 1012, "")) as (server, address):
        assert await speak(address, recording) > 1
    assert len(server.heard) > 2


async def test_a_room_is_told_how_late_the_audio_is_that_it_missed(
    recording: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(speaking, "AGAIN_S", 0.9)
    async with stage((3, 1012, ""), None) as (server, address):
        await speak(address, recording)
    # 0.9 s without a socket, of which the next slice takes 0.3 to be spoken.
    [late] = server.late
    assert 500 <= late <= 30_000


async def decoded(messages: list[bytes]) -> float:
    async with Decoder(Container.WEBM) as decoder:
        pcm = b"".join([await decoder.decode(message) for message in messages]) + await decoder.close()
    return len(pcm) / 2 / SAMPLE_RATE


@pytest.mark.parametrize(
    "again", [(-1, 1001, ""), (-1, 1012, ""), (-1, 1013, "Try again"), HTTPStatus.BAD_GATEWAY]
)
async def test_nobody_is_tried_for_ever(again: tuple[int, int, str] | HTTPStatus, recording: Path) -> None:
    async with stage((2, 1012, ""), again) as (server, address):
        with pytest.raises(Refused, match="did not come back within"):
            await speak(address, recording)
    assert len(server.heard) + server.refused > 2


@pytest.mark.parametrize(
    "end", [(2, 1003, "Room closed"), (2, 1008, "Replaced by a newer connection")], ids=str
)
async def test_what_is_for_good_is_told_at_once(end: tuple[int, int, str], recording: Path) -> None:
    async with stage(end) as (server, address):
        with pytest.raises(Refused, match=end[2]):
            await speak(address, recording)
    assert len(server.heard) == 1


async def test_a_server_that_does_not_know_the_room_any_more_is_told_at_once(recording: Path) -> None:
    async with stage((2, 1012, ""), HTTPStatus.NOT_FOUND) as (server, address):
        with pytest.raises(InvalidStatus):
            await speak(address, recording)
    assert server.refused == 1


@pytest.mark.parametrize(
    ("code", "said"), [(1001, "The connection was lost"), (1013, "Try again in a moment")]
)
async def test_before_the_talk_has_begun_nothing_is_tried_again(
    code: int, said: str, recording: Path
) -> None:
    reason = said if code != 1001 else ""
    async with stage((-1, code, reason)) as (server, address):
        with pytest.raises(Refused, match=said):
            await speak(address, recording)
    assert len(server.heard) == 1
