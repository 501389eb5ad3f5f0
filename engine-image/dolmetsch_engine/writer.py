"""Writes a session's sentences with the pen, in order, through outages and losses of the live store."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace

from dolmetsch_core.live.pen import Pen, StoreLost
from dolmetsch_core.live.store import STORE_AWAY
from dolmetsch_core.wire.feed import LinesWritten, Live, Position, Sentence

log = logging.getLogger(__name__)
HEARTBEAT_S = 2.0
TRY_AGAIN_S = 0.25


@dataclass(frozen=True)
class Words:
    """The unfinished words and how far the audio is committed."""

    rest: str = ""
    delay: float = 0.0
    position: Position | None = None
    at: float = 0.0
    """Unix time of the result, for measuring."""
    sounds_like: str = ""
    """See Live."""


class Writer:
    """Keeps all sentences of the session in memory; `stored` of them are known to be in the store."""

    def __init__(self, pen: Pen) -> None:
        self._pen = pen
        self._stored = 0
        self._words = Words()
        self._said: Live | None = None
        self._wake = asyncio.Event()
        self._settled = asyncio.Event()
        self.sentences: list[Sentence] = []

    async def take_pen(self) -> None:
        """Take the pen and read what earlier engines wrote. Raises Fenced, STORE_AWAY."""
        stored = await self._pen.take()
        self.sentences = list(stored.sentences)
        self._stored = len(self.sentences)

    def add(self, sentences: list[Sentence], words: Words) -> None:
        """Say what changed; `run` writes it."""
        self.sentences += sentences
        self._words = words
        self._settled.clear()
        self._wake.set()

    def forget_language(self) -> None:
        """Another language was chosen, or another stream begins: what it sounded like is no longer so."""
        self._words = replace(self._words, sounds_like="")

    async def run(self) -> None:
        """Write until cancelled. Raises Fenced."""
        away = False
        while True:
            self._wake.clear()
            try:
                await self._write()
            except STORE_AWAY as error:
                if not away:
                    log.warning("live store is away (%s): sentences wait in memory", type(error).__name__)
                away = True
                await asyncio.sleep(TRY_AGAIN_S)
                continue
            if away:
                log.info("live store is back: all %d sentences are in it", len(self.sentences))
                away = False
            if self._stored == len(self.sentences):
                self._settled.set()
            await _within(HEARTBEAT_S, self._wake.wait)

    async def flush(self, patience: float) -> bool:
        """Wait until everything said is in the store. False: it was not, within `patience` seconds."""
        if self._stored == len(self.sentences):
            return True
        return await _within(patience, self._settled.wait)

    async def close(self) -> None:
        """Write the feed's last entry. Raises Fenced, STORE_AWAY, StoreLost."""
        await self._pen.close(len(self.sentences))

    async def _write(self) -> None:
        try:
            await self._write_once()
        except StoreLost as lost:
            log.warning("live store lost %d sentences: putting them back", self._stored - lost.stored)
            await self._pen.take()
            self._stored = lost.stored
            await self._write_once()

    async def _write_once(self) -> None:
        """Write what is not stored yet; without any, say the words: that is the heartbeat too."""
        new = tuple(self.sentences[self._stored :])
        count, words = len(self.sentences), self._words
        live = Live(
            after=count,
            rest=words.rest,
            delay=words.delay,
            position=words.position,
            at=words.at,
            sounds_like=words.sounds_like,
        )
        if not new:
            await self._pen.say(live)
            return
        entry = LinesWritten(
            sentences=new, rest=words.rest, delay=words.delay, position=words.position, at=words.at
        )
        await self._pen.write(new, entry, live)
        self._stored = count


async def _within(seconds: float, wait: Callable[[], Awaitable[object]]) -> bool:
    try:
        async with asyncio.timeout(seconds):
            await wait()
    except TimeoutError:
        return False
    return True
