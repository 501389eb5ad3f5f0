"""The pen: which engine may write a session's lines, and the writing itself, each one script.

Sentences are appended by their ordinal, so writing again what is there changes nothing, and an engine
whose store was lost puts back what is missing by writing from there.
"""

from dataclasses import dataclass

from redis.asyncio import Redis

from dolmetsch_core.live import keys
from dolmetsch_core.live.store import Script
from dolmetsch_core.wire.feed import LinesWritten, Live, Position, Sentence, SessionClosed

SESSION_TTL_S = 3600
CLOSED_TTL_S = 600
WORDS_TTL_S = 10
"""Unfinished words are said again every two seconds."""
FEED_LENGTH = 5000
"""Entries kept for readers who follow; who falls further behind reads a snapshot."""


class Fenced(Exception):
    """Another engine holds the pen of this session: end, write nothing more. Source: the pen scripts."""


class StoreLost(Exception):
    """The store misses sentences that were written. Remedy: take the pen, write again from `stored`."""

    def __init__(self, stored: int) -> None:
        super().__init__(f"the live store holds only {stored} sentences")
        self.stored = stored


# KEYS pen, lines, position, feed, translations; ARGV epoch, ttl
_TAKE = Script("""
local held = tonumber(redis.call('GET', KEYS[1]) or '0')
local mine = tonumber(ARGV[1])
if held > mine then return {held} end
redis.call('SET', KEYS[1], mine, 'EX', ARGV[2])
for i = 2, 5 do redis.call('EXPIRE', KEYS[i], ARGV[2]) end
return {mine, redis.call('LRANGE', KEYS[2], 0, -1)}
""")

# KEYS pen, lines, position, feed, translations, live channel, words
# ARGV epoch, ttl, feed length, position or '', live message or '', feed entry or '', first n, ttl of words,
#   sentences...
_WRITE = Script("""
local held = redis.call('GET', KEYS[1])
if held and tonumber(held) > tonumber(ARGV[1]) then return {-1} end
local count = redis.call('LLEN', KEYS[2])
local first = tonumber(ARGV[7])
if not held or tonumber(held) < tonumber(ARGV[1]) or count < first then return {-2, count} end
for i = 1, 5 do redis.call('EXPIRE', KEYS[i], ARGV[2]) end
local added = 0
for i = 9, #ARGV do
  if first + (i - 9) >= count then redis.call('RPUSH', KEYS[2], ARGV[i]); added = added + 1 end
end
if ARGV[4] ~= '' then redis.call('SET', KEYS[3], ARGV[4], 'EX', ARGV[2]) end
if ARGV[6] ~= '' and (added > 0 or #ARGV == 8) then
  redis.call('XADD', KEYS[4], 'MAXLEN', '~', ARGV[3], '*', 'e', ARGV[6])
  redis.call('EXPIRE', KEYS[4], ARGV[2])
end
redis.call('EXPIRE', KEYS[2], ARGV[2])
if ARGV[5] ~= '' then
  redis.call('SET', KEYS[7], ARGV[5], 'EX', ARGV[8])
  redis.call('PUBLISH', KEYS[6], ARGV[5])
else
  redis.call('DEL', KEYS[7])
end
return {0, added}
""")


@dataclass(frozen=True)
class Stored:
    """What the store holds of a session when an engine takes its pen."""

    sentences: tuple[Sentence, ...]


class Pen:
    """One engine's right to write one session's lines, epoch by epoch."""

    def __init__(self, store: Redis, room: str, session: str, epoch: int) -> None:
        self._store = store
        self._names = [
            keys.pen(room, session),
            keys.lines(room, session),
            keys.position(room, session),
            keys.feed(room, session),
            keys.translations(room, session),
            keys.live(room, session),
            keys.words(room, session),
        ]
        self.epoch = epoch

    async def take(self) -> Stored:
        """Take the pen and learn where to go on. Raises Fenced when a later epoch has it."""
        answer = await _TAKE(self._store, self._names[:5], [self.epoch, SESSION_TTL_S])
        if answer[0] != self.epoch:
            raise Fenced
        return Stored(tuple(Sentence.model_validate_json(each) for each in answer[1]))

    async def write(self, sentences: tuple[Sentence, ...], entry: LinesWritten, live: Live) -> None:
        """Append sentences (consecutive `n`), tell feed and live channel, in one step.

        Raises Fenced, StoreLost.
        """
        await self._run(entry.position, live.to_bytes(), entry.to_bytes(), sentences)

    async def say(self, live: Live) -> None:
        """Publish the unfinished words. Also the heartbeat: raises Fenced, StoreLost as `write` does."""
        await self._run(live.position, live.to_bytes(), b"", (), first=live.after)

    async def close(self, written: int) -> None:
        """Write the feed's last entry; what is stored expires soon. Raises Fenced, StoreLost."""
        await self._run(None, b"", SessionClosed().to_bytes(), (), first=written, ttl=CLOSED_TTL_S)

    async def _run(
        self,
        position: Position | None,
        live: bytes,
        entry: bytes,
        sentences: tuple[Sentence, ...],
        *,
        first: int = 0,
        ttl: int = SESSION_TTL_S,
    ) -> None:
        where = position.to_bytes() if position else b""
        start = sentences[0].n if sentences else first
        answer = await _WRITE(
            self._store,
            self._names,
            [
                self.epoch,
                ttl,
                FEED_LENGTH,
                where,
                live,
                entry,
                start,
                WORDS_TTL_S,
                *(each.to_bytes() for each in sentences),
            ],
        )
        if answer[0] == -1:
            raise Fenced
        if answer[0] == -2:
            raise StoreLost(int(answer[1]))
