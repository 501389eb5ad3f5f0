"""Languages being read: who reads says so again and again; what nobody renews expires."""

import json
import time
from typing import NamedTuple

from redis.asyncio import Redis

from dolmetsch_core.live import keys

WANTED_TTL_S = 15


class Wanted(NamedTuple):
    """Somebody reads this session in this language."""

    room: str
    session: str
    lang: str


def _member(each: Wanted) -> str:
    return json.dumps(each, ensure_ascii=False, separators=(",", ":"))


async def want(store: Redis, wanted: list[Wanted]) -> None:
    """Say (again, every 5 s) that these are read; a new one is announced to the translators at once."""
    if not wanted:
        return
    until = (time.time() + WANTED_TTL_S) * 1000
    async with store.pipeline(transaction=False) as pipe:
        pipe.zadd(keys.wanted(), {_member(each): until for each in wanted})
        pipe.expire(keys.wanted(), WANTED_TTL_S * 4)
        added, _ = await pipe.execute()
    if added:
        await store.publish(keys.wanted_changed(), b"")


async def all_wanted(store: Redis) -> set[Wanted]:
    """Return what is read now, dropping what expired."""
    now = time.time() * 1000
    async with store.pipeline(transaction=True) as pipe:
        pipe.zremrangebyscore(keys.wanted(), 0, now)
        pipe.zrange(keys.wanted(), 0, -1)
        _, members = await pipe.execute()
    return {Wanted(*json.loads(each)) for each in members}
