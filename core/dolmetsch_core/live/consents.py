"""Consents of running sessions. Each outlives its room as its lines do, for the scribe's last look."""

import json
import time
from collections.abc import Sequence

from redis.asyncio import Redis

from dolmetsch_core.live import keys
from dolmetsch_core.live.pen import SESSION_TTL_S
from dolmetsch_core.live.store import Script
from dolmetsch_core.wire.consent import Consent

# KEYS consent, index; ARGV value, member, expiry ms, ttl s. 1: it is news. What overrules lives on as long as
# anybody tells of the session: the process that knew better may have ended.
_TELL = Script("""
local old, value = redis.call('GET', KEYS[1]), ARGV[1]
if old then
  local known, told = cjson.decode(old), cjson.decode(value)
  if known.generation > told.generation
    or (known.generation == told.generation and told.store and not known.store) then value = old end
end
redis.call('SET', KEYS[1], value, 'EX', ARGV[4])
redis.call('ZADD', KEYS[2], ARGV[3], ARGV[2])
redis.call('EXPIRE', KEYS[2], ARGV[4])
return old == value and 0 or 1
""")


def _member(each: Consent) -> str:
    return json.dumps([each.room, each.session], ensure_ascii=False, separators=(",", ":"))


async def tell(store: Redis, consents: Sequence[Consent]) -> None:
    """Say what holds for these sessions, and again: a store may be lost. News is announced.

    What is known of a later generation of the Room stays: another process may see it late. Of one generation
    the stricter word counts: another process may not have the schedule yet that bars the talk.
    """
    if not consents:
        return
    until = (time.time() + SESSION_TTL_S) * 1000
    news = [await _told(store, each, until) for each in consents]
    if any(news):
        await store.publish(keys.consents_changed(), b"")


async def _told(store: Redis, each: Consent, until_ms: float) -> bool:
    names = [keys.consent(each.room, each.session), keys.consents()]
    args = [each.to_bytes(), _member(each), until_ms, SESSION_TTL_S]
    return bool(await _TELL(store, names, args))


async def all_consents(store: Redis) -> list[Consent]:
    """Return what holds now, dropping what expired."""
    async with store.pipeline(transaction=True) as pipe:
        pipe.zremrangebyscore(keys.consents(), 0, time.time() * 1000)
        pipe.zrange(keys.consents(), 0, -1)
        _, members = await pipe.execute()
    if not members:
        return []
    found = await store.mget([keys.consent(*json.loads(each)) for each in members])
    return [Consent.model_validate_json(each) for each in found if each]
