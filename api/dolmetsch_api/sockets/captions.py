"""A session's captions in this process: one reader of the feed, any number of sockets.

Each socket remembers the revision it has sent. `since` answers with one frame of all that changed after it,
so a slow socket gets one merged update instead of a queue, and sockets that are level share the same bytes.
"""

import asyncio
import logging
from dataclasses import dataclass, field

from redis.asyncio import Redis

from dolmetsch_api.sockets.frames import CaptionSentence, Tail, chunk
from dolmetsch_core.live import keys
from dolmetsch_core.live.feed import Follower, Snapshot
from dolmetsch_core.live.store import STORE_AWAY
from dolmetsch_core.supervise import for_ever
from dolmetsch_core.tasks import end_tasks
from dolmetsch_core.wire.feed import (
    FeedGap,
    LinesWritten,
    Live,
    Position,
    Sentence,
    SessionClosed,
    Translated,
)

log = logging.getLogger(__name__)
FRAMES_KEPT = 64


@dataclass
class _Item:
    sentence: Sentence
    changed: int
    """Revision at which the sentence came."""
    texts: dict[str, tuple[str, int]] = field(default_factory=dict)
    """By language: translation, and the revision at which it came."""

    def changed_for(self, lang: str) -> int:
        text = self.texts.get(lang)
        return max(self.changed, text[1] if text else 0)


class CaptionState:
    """All captions of a session, by revision. Taking the same thing twice changes nothing."""

    def __init__(self) -> None:
        self.rev = 0
        self.closed = False
        self.position: Position | None = None
        self.rest = ""
        self.sounds_like = ""
        """The language that is spoken in place of the session's, where the engine thinks so."""
        self._items: list[_Item] = []
        self._line_span: dict[int, tuple[float, float]] = {}
        self._transcription_delay = 0.0
        self._translation_delay: dict[str, float] = {}
        self._early: Live | None = None
        self._said_at = 0.0
        """Unix time of the last live message, by its engine."""
        self._early_texts: dict[int, list[Translated]] = {}
        self._frames: dict[tuple[str, int], str] = {}

    @property
    def count(self) -> int:
        """Sentences known."""
        return len(self._items)

    @property
    def end(self) -> float:
        """Second of the session at which the last sentence ends."""
        return self._items[-1].sentence.end if self._items else 0.0

    def take_snapshot(self, snapshot: Snapshot) -> None:
        """Merge a full reading."""
        changed = self._add_sentences(snapshot.sentences)
        for each in snapshot.translations:
            changed |= self._add_translation(each)
        self.position = snapshot.position or self.position
        self._changed_if(changed)
        # What came meanwhile is newer.
        if snapshot.live is not None and snapshot.live.at >= self._said_at:
            self.take_live(snapshot.live)

    def take(self, entry: LinesWritten | Translated | SessionClosed) -> None:
        """Merge a feed entry. Raises FeedGap."""
        changed = False
        match entry:
            case LinesWritten():
                if entry.sentences and entry.sentences[0].n > self.count:
                    raise FeedGap
                changed = self._add_sentences(entry.sentences)
                if changed:
                    self.rest = entry.rest
                    self._transcription_delay = entry.delay
                self.position = entry.position or self.position
            case Translated():
                changed = self._add_translation(entry)
                if changed:
                    self._translation_delay[entry.lang] = entry.delay
            case SessionClosed():
                changed = not self.closed
                self.closed = True
        self._changed_if(changed)

    def take_live(self, live: Live) -> bool:
        """Take the unfinished words; False: they are older than what is known, or too early yet."""
        self._said_at = live.at
        if live.after > self.count:
            self._early = live
            return False
        if live.after < self.count:
            return False
        self.position = live.position or self.position
        if (live.rest, live.sounds_like) == (self.rest, self.sounds_like):
            return False
        self.sounds_like = live.sounds_like
        self.rest = live.rest
        self._transcription_delay = live.delay
        self._touch()
        return True

    def since(self, lang: str, rev: int) -> str:
        """Return the frame of all that changed for `lang` after revision `rev`; 0: everything."""
        cached = self._frames.get((lang, rev))
        if cached is not None:
            return cached
        tail = Tail(self.rest, self._transcription_delay, self._translation_delay.get(lang, 0.0))
        frame = chunk((self._caption(item, lang) for item in self._changed(lang, rev)), lang, tail)
        if len(self._frames) >= FRAMES_KEPT:
            self._frames.clear()
        self._frames[lang, rev] = frame
        return frame

    def _changed(self, lang: str, rev: int) -> list[_Item]:
        return [item for item in self._items if item.changed_for(lang) > rev]

    def _caption(self, item: _Item, lang: str) -> CaptionSentence:
        text = item.texts.get(lang)
        start, end = self._line_span[item.sentence.line]
        return CaptionSentence(item.sentence, text[0] if text else None, start, end)

    def _add_sentences(self, sentences: tuple[Sentence, ...]) -> bool:
        added = False
        for each in sentences:
            if each.n != self.count:
                continue
            start, end = self._line_span.get(each.line, (each.start, each.end))
            self._line_span[each.line] = (min(start, each.start), max(end, each.end))
            self._items.append(_Item(each, self.rev + 1))
            for early in self._early_texts.pop(each.n, []):
                self._add_translation(early)
            added = True
        return added

    def _add_translation(self, each: Translated) -> bool:
        if each.n >= self.count:
            self._early_texts.setdefault(each.n, []).append(each)
            return False
        texts = self._items[each.n].texts
        if each.lang in texts:
            return False
        texts[each.lang] = (each.text, self.rev + 1)
        return True

    def _changed_if(self, changed: bool) -> None:
        if changed:
            self._touch()
        self._take_early()

    def _take_early(self) -> None:
        early, self._early = self._early, None
        if early is not None:
            self.take_live(early)

    def _touch(self) -> None:
        self.rev += 1
        self._frames.clear()


class CaptionView:
    """Follows one session for the sockets of this process."""

    def __init__(self, store: Redis, room: str, session: str) -> None:
        self.room = room
        self.session = session
        self.state = CaptionState()
        self.delayed = False
        """The live store is away: captions come later."""
        self._store = store
        self._loaded = asyncio.Event()
        self._wake: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._tasks = [
            asyncio.create_task(for_ever(f"feed of {room}", self._follow), name=f"feed of {room}"),
            asyncio.create_task(for_ever(f"live words of {room}", self._listen), name=f"words of {room}"),
        ]

    async def loaded(self) -> None:
        """Wait until the snapshot is there."""
        await self._loaded.wait()

    async def changed(self, rev: int) -> int:
        """Wait until the state is beyond `rev` (or something about the view changed); return its revision."""
        if self.state.rev <= rev:
            await asyncio.shield(self._wake)
        return self.state.rev

    def wake(self) -> None:
        """Let all sockets look again."""
        self._wake.set_result(None)
        self._wake = asyncio.get_running_loop().create_future()

    async def stop(self) -> None:
        """End following."""
        await end_tasks(*self._tasks)

    async def _follow(self) -> None:
        follower = Follower(self._store, self.room, self.session)
        fresh = True
        while True:
            try:
                if fresh:
                    self.state.take_snapshot(await follower.snapshot())
                    self._loaded.set()
                    self._set_delayed(False)
                    self.wake()
                    fresh = False
                for entry in await follower.read():
                    self.state.take(entry)
                    self.wake()
            except FeedGap:
                fresh = True
            except STORE_AWAY:
                # What was written meanwhile is in the next snapshot; a lost store's writers put it back.
                fresh = True
                self._set_delayed(True)
                await asyncio.sleep(0.25)

    async def _listen(self) -> None:
        while True:
            try:
                async with self._store.pubsub() as channel:
                    await channel.subscribe(keys.live(self.room, self.session))
                    while True:
                        message = await channel.get_message(ignore_subscribe_messages=True, timeout=10)
                        if message and self.state.take_live(Live.model_validate_json(message["data"])):
                            self.wake()
            except STORE_AWAY:
                await asyncio.sleep(0.25)

    def _set_delayed(self, delayed: bool) -> None:
        if delayed != self.delayed:
            self.delayed = delayed
            self.wake()
