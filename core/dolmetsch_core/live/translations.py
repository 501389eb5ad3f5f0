"""Writing translations: the first writer wins, and the feed hears of it once."""

from redis.asyncio import Redis

from dolmetsch_core.live import keys
from dolmetsch_core.live.pen import FEED_LENGTH
from dolmetsch_core.live.store import Script
from dolmetsch_core.wire.feed import Translated

# KEYS translations, feed, lines; ARGV field, translation, n, feed length. All expire with the lines.
# A sentence that the store does not hold (yet, or any more) is not translated into it.
_WRITE = Script("""
if redis.call('LLEN', KEYS[3]) <= tonumber(ARGV[3]) then return 0 end
if redis.call('HSETNX', KEYS[1], ARGV[1], ARGV[2]) == 0 then return 0 end
local left = redis.call('PTTL', KEYS[3])
redis.call('PEXPIRE', KEYS[1], left)
redis.call('XADD', KEYS[2], 'MAXLEN', '~', ARGV[4], '*', 'e', ARGV[2])
redis.call('PEXPIRE', KEYS[2], left)
return 1
""")


async def write(store: Redis, room: str, session: str, translated: Translated) -> bool:
    """Store a translation and tell the feed. False: it was there already, or its sentence is not."""
    answer = await _WRITE(
        store,
        [keys.translations(room, session), keys.feed(room, session), keys.lines(room, session)],
        [
            f"{translated.lang}:{translated.n}",
            translated.to_bytes(),
            translated.n,
            FEED_LENGTH,
        ],
    )
    return bool(answer)
