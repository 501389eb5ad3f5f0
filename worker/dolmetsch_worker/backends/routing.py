"""Which backend translates which pair: the first in order that has it, as each said last.

The lists are read again every few seconds. A backend that cannot be asked keeps the list it gave last,
so a page never loses its languages over an outage.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence

from dolmetsch_core.tasks import first_of
from dolmetsch_core.wire.translation import Languages
from dolmetsch_worker.backends.protocol import Backend, Pair, TranslationFailed

log = logging.getLogger(__name__)


class Router:
    """Holds the backends, in order of preference, and what each can do.

    `note`: why there are these languages and no others, when whoever configured it knows; otherwise the
    router says what it sees. `again_s`: seconds between two readings; `away_s`: while a backend is away.
    """

    def __init__(
        self, backends: Sequence[Backend], *, note: str = "", again_s: float = 5.0, away_s: float = 0.5
    ) -> None:
        self.backends = tuple(backends)
        self._note = note
        self._again_s = again_s
        self._away_s = away_s
        self._pairs: dict[str, frozenset[Pair]] = {}
        self._away: set[str] = set()

    def backend(self, source: str, target: str) -> Backend | None:
        """The backend for a pair; None while no one is known to have it."""
        pair = (source, target)
        return next((each for each in self.backends if pair in self._pairs.get(each.name, ())), None)

    @property
    def complete(self) -> bool:
        """Whether every backend has answered at least once, so that no pair is unknown."""
        return all(each.name in self._pairs for each in self.backends)

    def languages(self) -> Languages:
        """All pairs as last known, with the note for the page."""
        targets: dict[str, set[str]] = {}
        for pairs in self._pairs.values():
            for source, target in pairs:
                targets.setdefault(source, set()).add(target)
        pairs_by_source = {source: tuple(sorted(targets[source])) for source in sorted(targets)}
        return Languages(pairs=pairs_by_source, note=self._note or self._seen())

    async def refresh(self, backend: Backend) -> bool:
        """Asks one backend for its pairs. True: it answered. An outage is logged once, at its beginning."""
        try:
            pairs = await backend.pairs()
        except TranslationFailed as failure:
            if backend.name not in self._away:
                log.warning("translation backend %s: %s", backend.name, failure)
            self._away.add(backend.name)
            return False
        if backend.name in self._away:
            log.info("translation backend %s is back", backend.name)
        self._away.discard(backend.name)
        if pairs != self._pairs.get(backend.name):
            log.info("translation backend %s has %d pairs", backend.name, len(pairs))
        self._pairs[backend.name] = pairs
        return True

    async def run(self, on_answer: Callable[[Backend], None]) -> None:
        """Reads all lists again and again, each at its own pace; calls back after every answer.

        A backend that hangs delays nobody else's list.
        """
        await first_of(*(self._watch(backend, on_answer) for backend in self.backends))

    async def close(self) -> None:
        """Closes the backends."""
        for backend in self.backends:
            await backend.close()

    async def _watch(self, backend: Backend, on_answer: Callable[[Backend], None]) -> None:
        while True:
            answered = await self.refresh(backend)
            if answered:
                on_answer(backend)
            await asyncio.sleep(self._again_s if answered else self._away_s)

    def _seen(self) -> str:
        """The note when nobody gave one: who offers, who is away."""
        if not self._pairs:
            return "No translation backend has answered yet: captions are in the speaker's language only."
        offers = " and ".join(each.name for each in self.backends if self._pairs.get(each.name))
        away = " and ".join(sorted(self._away))
        note = f"These are the languages that {offers} can translate here."
        return f"{note} At the moment there is no answer from {away}." if away else note
