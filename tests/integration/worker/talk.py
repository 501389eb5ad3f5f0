"""A talk without an engine: writes sentences as the engine's pen does, reads the feed as a viewer does."""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, TypeVar

from redis.asyncio import Redis

from dolmetsch_core.live import keys, wanted
from dolmetsch_core.live.pen import Pen
from dolmetsch_core.wire.feed import FEED_ENTRY, LinesWritten, Live, Sentence, Translated
from dolmetsch_local import libretranslate

T = TypeVar("T")
TALKS = Path(libretranslate.__file__).parent / "demo" / "talks"


def spoken(*names: str) -> list[dict[str, str]]:
    """Sentences of bundled talks that the demonstration packages know: `en` and `de` of each."""
    return [each for name in names for each in json.loads((TALKS / f"{name}.json").read_text())]


async def eventually(check: Callable[[], Awaitable[T]], what: str, *, within: float = 120.0) -> T:
    """The first true answer of `check`; fails after `within` s."""
    deadline = time.monotonic() + within
    while not (answer := await check()):
        assert time.monotonic() < deadline, f"not within {within} s: {what}"
        await asyncio.sleep(0.02)
    return answer


class Talk:
    """One session of one room."""

    def __init__(
        self, store: Redis, room: str = "talk", session: str = "uid.1", lang: str = "en", *, model: str = ""
    ) -> None:
        self.store = store
        self.room = room
        self.session = session
        self.lang = lang
        self.model = model
        self.sentences: list[Sentence] = []
        self._pen = Pen(store, room, session, 1)

    async def begin(self, *targets: str) -> None:
        await self._pen.take()
        await self.want(*targets)

    async def want(self, *targets: str) -> None:
        await wanted.want(self.store, [wanted.Wanted(self.room, self.session, each) for each in targets])

    async def say(self, *texts: str) -> None:
        """Several sentences in one entry."""
        first = len(self.sentences)
        new = tuple(
            Sentence(n=n, line=0, sent=n, start=n, end=n + 1, lang=self.lang, text=text, model=self.model)
            for n, text in enumerate(texts, first)
        )
        self.sentences.extend(new)
        await self._write(new)

    async def put_back(self) -> None:
        """As an engine does when the store lost everything."""
        await self._pen.take()
        await self._write(tuple(self.sentences))

    async def close(self) -> None:
        """As an engine does at the end of its session."""
        await self._pen.close(len(self.sentences))

    async def translated(self) -> list[Translated]:
        """Every translation that the feed tells of, in its order."""
        entries: Any = await self.store.xrange(keys.feed(self.room, self.session))
        parsed = [FEED_ENTRY.validate_json(fields[b"e"]) for _, fields in entries]
        return [each for each in parsed if isinstance(each, Translated)]

    async def all_translated(self, *targets: str) -> dict[tuple[str, int], str]:
        """Text by (language, n), once every sentence is there in each target; none may be there twice."""
        count = len(self.sentences) * len(targets)

        async def complete() -> list[Translated]:
            done = await self.translated()
            return done if len(done) >= count else []

        done = await eventually(complete, f"{count} translations")
        assert len({(each.lang, each.n) for each in done}) == len(done) == count
        return {(each.lang, each.n): each.text for each in done}

    async def _write(self, sentences: tuple[Sentence, ...]) -> None:
        entry = LinesWritten(sentences=sentences, at=time.time())
        await self._pen.write(sentences, entry, Live(after=len(self.sentences)))
