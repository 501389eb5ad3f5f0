"""Which languages there are to speak and to read, as far as this process has heard."""

import asyncio
from contextlib import suppress

from redis.asyncio import Redis

from dolmetsch_core.directory import Directory
from dolmetsch_core.live import languages
from dolmetsch_core.live.store import STORE_AWAY
from dolmetsch_core.supervise import for_ever
from dolmetsch_core.tasks import end_tasks
from dolmetsch_core.wire.languages import LANGUAGES
from dolmetsch_core.wire.translation import Languages

LOOK_AGAIN_S = 2.0
LOOK_SOON_S = 0.1
"""At first, then ever more seldom: until engines and translator were heard, the lists are others'."""


class KnownLanguages:
    """Keeps the last known answer of translator and engines: a list is never empty because one is away."""

    def __init__(self, store: Redis, directory: Directory) -> None:
        self._store = store
        self._directory = directory
        self._task: asyncio.Task[None] | None = None
        self._translated = Languages(pairs={})
        self._heard = False
        self._spoken: tuple[str, ...] = ()

    async def start(self) -> None:
        """Begin to look."""
        self._task = asyncio.create_task(for_ever("known languages", self._look), name="known languages")

    async def stop(self) -> None:
        """End looking."""
        await end_tasks(self._task)

    @property
    def note(self) -> str:
        """Why these languages and no others."""
        return self._translated.note

    @property
    def heard(self) -> bool:
        """Whether a translator has said anything, be it that it can do nothing yet."""
        return self._heard

    @property
    def known(self) -> bool:
        """Whether a translator has said what it can do."""
        return bool(self._translated.pairs)

    def spoken(self) -> list[str]:
        """What the engine understands; all that Whisper may until an engine has said so."""
        return sorted(self._spoken or LANGUAGES)

    def read_in(self) -> list[str]:
        """What captions can be read in: all targets, and every source, which needs no translation."""
        pairs = self._translated.pairs
        return sorted({*self.spoken(), *pairs, *(target for targets in pairs.values() for target in targets)})

    def targets(self, source: str) -> tuple[str, ...]:
        """What `source` can be translated into, itself included."""
        return self._translated.targets(source)

    def may_read(self, source: str, target: str) -> bool:
        """Whether captions of `source` can be asked for in `target`.

        A translator that can do nothing yet refuses none that is listed: captions are in `source` meanwhile.
        """
        waiting = self._heard and not self.known
        return target in self.targets(source) or (waiting and target in self.read_in())

    def names(self) -> dict[str, str]:
        """Each language's name for itself, by code."""
        return {code: language.native for code, language in LANGUAGES.items()}

    def _take(self, told: Languages | None) -> None:
        """Add what is told: a pair that a restarted worker has not found yet is still a pair."""
        if told is None:
            return
        self._heard = True
        if told.pairs or not self.known:
            self._translated = told.with_those_of(self._translated)

    async def _look(self) -> None:
        pause = LOOK_SOON_S
        while True:
            self._spoken = (await self._directory.capacity()).languages or self._spoken
            with suppress(*STORE_AWAY):
                self._take(await languages.read(self._store))
            pause = LOOK_AGAIN_S if self._spoken and self.known else min(pause * 1.5, LOOK_AGAIN_S)
            await asyncio.sleep(pause)
