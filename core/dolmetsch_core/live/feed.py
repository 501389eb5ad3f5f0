"""Reading a session: a snapshot, then the feed from that very position, without gap or duplicate."""

from dataclasses import dataclass, field
from typing import Any

from redis.asyncio import Redis

from dolmetsch_core.live import keys
from dolmetsch_core.live.store import Script
from dolmetsch_core.wire.feed import (
    FEED_ENTRY,
    LinesWritten,
    Live,
    Position,
    Sentence,
    SessionClosed,
    Translated,
)

START = b"0-0"
LAST_ENTRIES = 200
"""Among so many is the entry that closed a session, if it is closed."""

_SNAPSHOT = Script("""
local last = redis.call('XREVRANGE', KEYS[2], '+', '-', 'COUNT', 1)
return {
  redis.call('LRANGE', KEYS[1], 0, -1),
  redis.call('HVALS', KEYS[3]),
  redis.call('GET', KEYS[4]),
  last[1] and last[1][1] or '0-0',
  redis.call('EXISTS', KEYS[5]),
  redis.call('GET', KEYS[6]),
}
""")


@dataclass(frozen=True)
class Snapshot:
    """All that a session holds at one moment, and the feed id to read on from."""

    sentences: tuple[Sentence, ...] = ()
    translations: tuple[Translated, ...] = ()
    position: Position | None = None
    last_id: bytes = START
    penned: bool = False
    """An engine holds the pen; False: not begun, or the store was lost and nobody put it back yet."""
    live: Live | None = None
    """The unfinished words."""


@dataclass
class Follower:
    """Reads a session's feed entry by entry. `last_id` is its position."""

    store: Redis
    room: str
    session: str
    last_id: bytes = field(default=START)

    async def snapshot(self) -> Snapshot:
        """Read everything at once and take the feed's position there."""
        names = [
            keys.lines(self.room, self.session),
            keys.feed(self.room, self.session),
            keys.translations(self.room, self.session),
            keys.position(self.room, self.session),
            keys.pen(self.room, self.session),
            keys.words(self.room, self.session),
        ]
        lines, translated, position, last_id, penned, live = await _SNAPSHOT(self.store, names, [])
        self.last_id = last_id
        return Snapshot(
            tuple(Sentence.model_validate_json(each) for each in lines),
            tuple(Translated.model_validate_json(each) for each in translated),
            Position.model_validate_json(position) if position else None,
            last_id,
            bool(penned),
            Live.model_validate_json(live) if live else None,
        )

    async def closed(self) -> bool:
        """Whether the session is over. Translations may still follow."""
        name = keys.feed(self.room, self.session)
        last: Any = await self.store.xrevrange(name, count=LAST_ENTRIES)
        return any(FEED_ENTRY.validate_json(fields[b"e"]).kind == "closed" for _, fields in last)

    async def read(self, wait_ms: int = 5000) -> list[LinesWritten | Translated | SessionClosed]:
        """Return the next entries, waiting for them up to `wait_ms`; an empty list: nothing new."""
        name = keys.feed(self.room, self.session)
        answer: Any = await self.store.xread({name: self.last_id}, count=500, block=wait_ms)
        entries = []
        for _, items in answer or []:
            for item_id, fields in items:
                entries.append(FEED_ENTRY.validate_json(fields[b"e"]))
                self.last_id = item_id
        return entries
