"""Hosts and readers of rooms in real pods."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from dolmetsch_core.tasks import end_tasks
from dolmetsch_local.client import Refused, host_socket, login, until_ready
from dolmetsch_local.speak import speak
from dolmetsch_local.state import Address
from tests import webm
from tests.platform_process import Viewer
from tests.scoring import Talk, score
from tests.waiting import looks

HEARD_S: Final = 240.0
ACTIVE_S: Final = 200.0


@dataclass
class Speaker:
    """A host that speaks a talk as `dolmetsch speak` does, over as many sockets as it takes."""

    at: list[float] = field(default_factory=list)
    """When it could send, on the monotonic clock."""

    async def speak(self, address: Address, room: str, of: Talk) -> None:
        """Speak all of it, and stay until it is heard. Raises Refused."""
        await speak(address, room, of.recording, of.lang, self._sent)

    def _sent(self, _done: float, _total: float) -> None:
        self.at.append(time.monotonic())

    @property
    def longest_silence(self) -> float:
        """The longest time in which it could send nothing, in seconds."""
        return max(after - before for before, after in zip(self.at, self.at[1:], strict=False))


async def spoken(address: Address, of: Talk, room: str, viewer: Viewer) -> Speaker:
    """Speak a talk into a room, until the viewer has read all of it."""
    speaker = Speaker()
    await speaker.speak(address, room, of)
    missing = of.texts
    async with contextlib.aclosing(
        looks(f"all of {of.name}", HEARD_S, lambda: (missing, viewer.in_order))
    ) as looking:
        async for _ in looking:
            texts = viewer.texts(of.lang)
            missing = score(of.texts, texts).missing
            if len(texts) >= len(of.texts) and not missing:
                break
    return speaker


def joined(talks: list[Talk], folder: Path) -> Talk:
    """Several talks as one."""
    recording = folder / "joined.webm"
    recording.write_bytes(webm.joined([each.recording for each in talks]))
    return Talk(talks[0].name, recording, [sentence for each in talks for sentence in each.sentences])


def assert_all_read(of: Talk, viewer: Viewer, what: str, wer: float = 0.15) -> None:
    """Every sentence is there, once, and numbers have no gap."""
    viewer.assert_no_gaps()
    heard = score(of.texts, viewer.texts(of.lang))
    print(f"{what}: WER {heard.wer:.1%}")
    assert len(viewer.sentences) >= len(of.texts)
    assert not heard.missing
    assert not heard.doubled
    assert heard.wer <= wer


async def hold(address: Address, room: str, until_told: asyncio.Event) -> str:
    """Hold a room as its host; why it was not active until told, '' when it was."""
    key = await login(address)
    try:
        async with host_socket(key, room, "en", "en") as socket:
            await until_ready(socket)
            await until_told.wait()
    except Refused as refused:
        return str(refused)
    return ""


@asynccontextmanager
async def held(address: Address, rooms: tuple[str, ...]) -> AsyncIterator[list[asyncio.Task[str]]]:
    """Rooms with silent hosts; their results are told at the context's end."""
    done = asyncio.Event()
    hosts = [asyncio.create_task(hold(address, room, done)) for room in rooms]
    try:
        yield hosts
    finally:
        done.set()
        await asyncio.gather(*hosts, return_exceptions=True)
        await end_tasks(*hosts)
