"""How long captions take through the platform: word to viewer, result to socket, sentence to translation."""

from __future__ import annotations

import asyncio
import statistics
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from tests.platform_process import PlatformProcess
from tests.waiting import until
from websockets.asyncio.client import ClientConnection

from bench.listened import texts
from bench.speech import read_pcm, word_ends
from bench.transcripts import delays, standing
from dolmetsch_core.live import keys
from dolmetsch_core.live.feed import Follower
from dolmetsch_core.live.rooms import read
from dolmetsch_core.live.store import connect
from dolmetsch_core.wire.feed import LinesWritten, Live
from dolmetsch_local.client import frames, host_socket, login, viewer_socket
from dolmetsch_local.recorder import record

ROOM = "DEMO1"


@dataclass
class Watched:
    """What a viewer was sent and what the engine had said, with Unix times."""

    shown: list[tuple[float, dict[str, Any]]] = field(default_factory=list)
    results: list[tuple[float, str]] = field(default_factory=list)
    """(time of the result, its unfinished words)."""
    lines: list[LinesWritten] = field(default_factory=list)
    began: float = 0.0


def p(values: list[float], share: int) -> float:
    """The share-th percentile."""
    return statistics.quantiles(values, n=100, method="inclusive")[share - 1]


async def watch_talk(platform: PlatformProcess, recording: Path, lang: str) -> Watched:
    """Speak a recording into the room; one viewer reads it in `lang`."""
    watched = Watched()
    store_url = environment(platform.pids("dolmetsch_api")[0])["DOLMETSCH_STORE_URL"]
    key = await login(platform.address)
    async with connect(store_url) as store, host_socket(key, ROOM, "en", "en") as host:
        async for frame in frames(host):
            if frame.get("info", {}).get("ready_to_recieve_audio"):
                break
        session = (await read(store)).rooms[ROOM].session
        async with (
            viewer_socket(platform.url, ROOM, lang) as viewer,
            _beside(
                _view(viewer, watched),
                _drop(host),
                _hear(store, session, watched),
                _read(store, session, watched),
            ),
        ):
            watched.began = time.time()
            for piece in record(recording):
                await asyncio.sleep(max(0.0, watched.began + piece.until - time.time()))
                await host.send(piece.data)
            await until(lambda: time.time() - watched.shown[-1][0] > 4, "the last words")
    return watched


def environment(pid: int) -> dict[str, str]:
    """A process's environment."""
    lines = Path(f"/proc/{pid}/environ").read_text().split("\0")
    return dict(line.split("=", 1) for line in lines if "=" in line)


@asynccontextmanager
async def _beside(*jobs: Any) -> AsyncIterator[None]:
    tasks = [asyncio.ensure_future(job) for job in jobs]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _view(socket: ClientConnection, watched: Watched) -> None:
    async for frame in frames(socket):
        if "info" not in frame:
            watched.shown.append((time.time(), frame))


async def _drop(socket: ClientConnection) -> None:
    async for _ in frames(socket):
        pass


async def _hear(store: Any, session: str, watched: Watched) -> None:
    async with store.pubsub() as channel:
        await channel.subscribe(keys.live(ROOM, session))
        while True:
            message = await channel.get_message(ignore_subscribe_messages=True, timeout=10)
            if message:
                live = Live.model_validate_json(message["data"])
                watched.results.append((live.at, live.rest))


async def _read(store: Any, session: str, watched: Watched) -> None:
    follower = Follower(store, ROOM, session)
    while True:
        watched.lines += [entry for entry in await follower.read(500) if isinstance(entry, LinesWritten)]


def word_to_viewer(watched: Watched, model: Path, recording: Path) -> list[float]:
    """Seconds from a word's end in the audio until it stands in the viewer's frames where it stays."""
    shown = texts(((moment - watched.began, frame) for moment, frame in watched.shown), "en")
    return delays(standing(shown, "en"), word_ends(model, read_pcm(recording), "en"))


def result_to_socket(watched: Watched) -> list[float]:
    """Seconds from WhisperLiveKit's result to the viewer's frame that shows it."""
    found = []
    last = ""
    for at, rest in watched.results:
        if rest == last or not at:
            continue
        last = rest
        shown = [
            moment for moment, frame in watched.shown if moment >= at and frame["incomplete_sentence"] == rest
        ]
        if shown:
            found.append(shown[0] - at)
    return found


async def sentence_to_translation(watched: Watched, url: str) -> tuple[list[float], list[float]]:
    """Seconds from a committed sentence to its translated frame: in all, and beyond LibreTranslate's time.

    LibreTranslate's own time is that of the same sentence asked again, alone.
    """
    shown: dict[str, float] = {}
    for moment, frame in watched.shown:
        for line in frame["last_n_sents"]:
            for sentence in line["sentences"]:
                if "de" in sentence["content"]:
                    shown.setdefault(sentence["content"]["en"], moment)
    whole, own = [], []
    async with httpx.AsyncClient(base_url=url, trust_env=False) as client:
        for entry in watched.lines:
            for sentence in entry.sentences:
                if sentence.text not in shown:
                    continue
                began = time.perf_counter()
                body = {"q": sentence.text, "source": "en", "target": "de", "format": "text"}
                (await client.post("/translate", json=body)).raise_for_status()
                took = time.perf_counter() - began
                whole.append(shown[sentence.text] - entry.at)
                own.append(whole[-1] - took)
    return whole, own
