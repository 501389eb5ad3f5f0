"""Sending to sockets of which some take nothing: no queue, no waiting for one another, an end."""

import asyncio
import json
from collections.abc import AsyncIterator
from types import SimpleNamespace
from typing import Any, cast

import pytest
from fastapi import WebSocket

from dolmetsch_api.sockets import sending
from dolmetsch_api.sockets.captions import CaptionView
from dolmetsch_api.sockets.sending import CaptionSender
from dolmetsch_core.live import store
from dolmetsch_core.tasks import end_tasks
from dolmetsch_core.wire.feed import LinesWritten, Live, Sentence

COUNT = 50


class Taking:
    """A socket that takes what is sent, or as much as its reader lets it."""

    def __init__(self) -> None:
        self.frames: list[dict[str, Any]] = []
        self.may = asyncio.Event()
        self.may.set()

    async def send_text(self, text: str) -> None:
        self.frames.append(json.loads(text))
        await self.may.wait()

    @property
    def sentences(self) -> list[int]:
        return [
            each["sent_idx"]
            for frame in self.frames
            for line in frame["last_n_sents"]
            for each in line["sentences"]
        ]


@pytest.fixture
async def view() -> AsyncIterator[CaptionView]:
    """Nothing said yet, and no store to hear of more."""
    async with store.connect("redis://127.0.0.1:1") as away:
        view = CaptionView(away, "R1", "s.1")
        yield view
        await view.stop()


def start(
    view: CaptionView, socket: Taking, *, states: bool = False, speaks: bool = False
) -> asyncio.Task[None]:
    directory: Any = SimpleNamespace(view=SimpleNamespace(rooms={}))
    sender = CaptionSender(cast(WebSocket, socket), view, directory, "en", states=states, speaks=speaks)

    async def serve() -> None:
        await sender.snapshot()
        await sender.run()

    return asyncio.create_task(serve())


async def say(view: CaptionView, n: int) -> None:
    sentence = Sentence(n=n, line=0, sent=n, start=float(n), end=n + 0.5, lang="en", text=f"Sentence {n}.")
    view.state.take(LinesWritten(sentences=(sentence,)))
    view.wake()


async def turns(count: int = 5) -> None:
    """Whatever can run without waiting for anything outside has run."""
    for _ in range(count):
        await asyncio.sleep(0)


async def test_a_socket_that_takes_nothing_keeps_no_other_from_any_frame(view: CaptionView) -> None:
    dead, living = Taking(), Taking()
    dead.may.clear()
    # The dead one first: who serves one after the other serves it first.
    tasks = [start(view, dead), start(view, living)]
    await turns()
    for n in range(COUNT):
        await say(view, n)
        await turns()
        assert living.sentences == list(range(n + 1)), "at once"
    assert dead.sentences == []
    assert len(dead.frames) == 1
    dead.may.set()
    await turns()
    # One merged update, not a queue.
    assert dead.sentences == list(range(COUNT))
    assert len(dead.frames) == 2
    await end_tasks(*tasks)


async def test_a_socket_that_takes_nothing_is_given_up(
    view: CaptionView, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sending, "SEND_TIMEOUT_S", 0.05)
    dead, living = Taking(), Taking()
    dead.may.clear()
    given_up, serving = start(view, dead), start(view, living)
    with pytest.raises(TimeoutError):
        await given_up
    await say(view, 0)
    await turns()
    assert living.sentences == [0]
    assert not serving.done()
    await end_tasks(serving)


@pytest.mark.parametrize(
    ("states", "speaks", "told"),
    [
        (True, True, ["de", ""]),
        # Viewers can do nothing about it, and clients in use do not know what it is.
        (True, False, []),
        (False, True, []),
        (False, False, []),
    ],
)
async def test_a_speaker_alone_is_told_what_the_talk_sounds_like(
    view: CaptionView, *, states: bool, speaks: bool, told: list[str]
) -> None:
    socket = Taking()
    serving = start(view, socket, states=states, speaks=speaks)
    await turns()
    for heard in ("", "de", "de", "", ""):
        view.state.take_live(Live(rest="und", sounds_like=heard))
        view.wake()
        await turns()
    infos = [frame["info"] for frame in socket.frames if "info" in frame]
    assert [info["sounds_like"] for info in infos if "sounds_like" in info] == told
    await end_tasks(serving)
