"""What any api process needs to go on with a host's stream: kept header, time of the first audio."""

from dataclasses import dataclass
from typing import Any

from redis.asyncio import Redis

from dolmetsch_core.live import keys
from dolmetsch_core.live.pen import SESSION_TTL_S
from dolmetsch_core.live.store import Script
from dolmetsch_core.media import Container

LATEST_MS = 600_000
"""How late a host may say that its audio comes; no host keeps more."""

# KEYS audio; ARGV turn, container, header, ttl. A socket that has been replaced may still tell how the
# recording began with which the next one goes on, but not over the header of a later one.
_KEEP = Script("""
if tonumber(redis.call('HGET', KEYS[1], 'turn') or '0') > tonumber(ARGV[1]) then return 0 end
redis.call('HSET', KEYS[1], 'turn', ARGV[1], 'container', ARGV[2], 'header', ARGV[3])
redis.call('EXPIRE', KEYS[1], ARGV[4])
return 1
""")


@dataclass(frozen=True)
class Header:
    """A recording's beginning, without speech."""

    container: Container
    data: bytes


async def keep_header(store: Redis, room: str, session: str, turn: int, header: Header) -> bool:
    """Keep the header of this turn's recording. False: a later turn has one."""
    values = [turn, header.container.value, header.data, SESSION_TTL_S]
    return bool(await _KEEP(store, [keys.audio(room, session)], values))


async def header(store: Redis, room: str, session: str) -> Header | None:
    """Return the header of the session's recording, or None when there was no audio yet."""
    found: Any = await store.hmget(keys.audio(room, session), ["container", "header"])
    container, data = found
    return Header(Container(container.decode()), data) if container and data else None


async def offset_ms(store: Redis, room: str, session: str, now_ms: int) -> int:
    """Return how long after the session's first audio `now_ms` (Unix) is; the first caller sets zero."""
    name = keys.audio(room, session)
    await store.hsetnx(name, "first_ms", now_ms)
    await store.expire(name, SESSION_TTL_S)
    first = await store.hget(name, "first_ms")
    return max(0, now_ms - int(first)) if first else 0


async def first_ms(store: Redis, room: str, session: str) -> int | None:
    """Return when the session's first audio came (Unix ms), or None when there was none yet."""
    found = await store.hget(keys.audio(room, session), "first_ms")
    return int(found) if found else None


async def put_back_first(store: Redis, room: str, session: str, first_ms: int) -> None:
    """Tell a store that lost it when the session's first audio came."""
    await store.hsetnx(keys.audio(room, session), "first_ms", first_ms)
    await store.expire(keys.audio(room, session), SESSION_TTL_S)
