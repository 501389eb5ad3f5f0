"""Consents of running sessions. Each outlives its room as its lines do, for the scribe's last look."""

import json
import time
from collections.abc import Sequence

from redis.asyncio import Redis

from dolmetsch_core.live import keys
from dolmetsch_core.live.pen import SESSION_TTL_S
from dolmetsch_core.wire.consent import Consent


def _member(each: Consent) -> str:
    return json.dumps([each.room, each.session], ensure_ascii=False, separators=(",", ":"))


async def tell(store: Redis, consents: Sequence[Consent]) -> None:
    """Say what holds for these sessions, and again: a store may be lost. News is announced."""
    if not consents:
        return
    now = time.time()
    async with store.pipeline(transaction=True) as pipe:
        for each in consents:
            name = keys.consent(each.room, each.session)
            pipe.set(name, each.to_bytes(), ex=SESSION_TTL_S, get=True)
        pipe.zadd(keys.consents(), {_member(each): (now + SESSION_TTL_S) * 1000 for each in consents})
        pipe.expire(keys.consents(), SESSION_TTL_S)
        before = await pipe.execute()
    if any(old != each.to_bytes() for old, each in zip(before, consents, strict=False)):
        await store.publish(keys.consents_changed(), b"")


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
