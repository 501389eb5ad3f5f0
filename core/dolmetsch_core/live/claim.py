"""The host claim: who is the host of a room, and which of its sockets is the latest (the turn)."""

from dataclasses import dataclass
from typing import Any

from redis.asyncio import Redis

from dolmetsch_core.live import keys
from dolmetsch_core.live.store import Script

CLAIM_TTL_MS = 15_000
TURN_TTL_S = 24 * 3600

# ARGV: subject, known connection id (or ''), new connection id, claim ttl ms, turn ttl s
_CLAIM = Script("""
local holder = redis.call('HGET', KEYS[1], 'subject')
local current = redis.call('HGET', KEYS[2], 'connection_id') or ''
local returning = ARGV[2] ~= '' and ARGV[2] == current
if holder and holder ~= ARGV[1] and not returning then return {0, ''} end
local id = returning and current or ARGV[3]
local turn = redis.call('HINCRBY', KEYS[2], 'turn', 1)
redis.call('HSET', KEYS[2], 'connection_id', id)
redis.call('EXPIRE', KEYS[2], ARGV[5])
redis.call('HSET', KEYS[1], 'subject', ARGV[1], 'turn', turn)
redis.call('PEXPIRE', KEYS[1], ARGV[4])
return {turn, id}
""")

# ARGV: subject, turn, connection id, claim ttl ms, turn ttl s. Puts back what a store lost.
_RENEW = Script("""
local holder = redis.call('HGET', KEYS[1], 'turn')
local last = tonumber(redis.call('HGET', KEYS[2], 'turn') or '0')
local mine = tonumber(ARGV[2])
if (holder and tonumber(holder) ~= mine) or last > mine then return 0 end
redis.call('HSET', KEYS[1], 'subject', ARGV[1], 'turn', mine)
redis.call('PEXPIRE', KEYS[1], ARGV[4])
redis.call('HSET', KEYS[2], 'turn', mine, 'connection_id', ARGV[3])
redis.call('EXPIRE', KEYS[2], ARGV[5])
return 1
""")

_RELEASE = Script("""
if redis.call('HGET', KEYS[1], 'turn') == ARGV[1] then return redis.call('DEL', KEYS[1]) end
return 0
""")

# ARGV: turn held, turn to get above. Only the holder may raise the counter.
_RAISE = Script("""
if redis.call('HGET', KEYS[1], 'turn') ~= ARGV[1] then return 0 end
local turn = math.max(tonumber(ARGV[1]), tonumber(ARGV[2])) + 1
redis.call('HSET', KEYS[2], 'turn', turn)
redis.call('HSET', KEYS[1], 'turn', turn)
return turn
""")


@dataclass(frozen=True)
class Claim:
    """A host's right to send audio into a room, as long as it is renewed."""

    room: str
    subject: str
    turn: int
    connection_id: str


async def take(store: Redis, room: str, subject: str, *, known_id: str, new_id: str) -> Claim | None:
    """Become the host of `room`, or return None while somebody else is.

    The same host is the same subject, or one who shows the room's current connection id (`known_id`);
    it takes the place of its own half-open socket at once.
    """
    turn, connection_id = await _CLAIM(
        store,
        [keys.host(room), keys.turn(room)],
        [subject, known_id, new_id, CLAIM_TTL_MS, TURN_TTL_S],
    )
    return Claim(room, subject, int(turn), connection_id.decode()) if turn else None


async def renew(store: Redis, claim: Claim) -> bool:
    """Keep the claim, putting it back into a store that lost it. False: a later turn has the room."""
    answer = await _RENEW(
        store,
        [keys.host(claim.room), keys.turn(claim.room)],
        [claim.subject, claim.turn, claim.connection_id, CLAIM_TTL_MS, TURN_TTL_S],
    )
    return bool(answer)


async def release(store: Redis, claim: Claim) -> None:
    """Give the claim up, if it is still this turn's."""
    await _RELEASE(store, [keys.host(claim.room)], [claim.turn])


async def raise_turn(store: Redis, claim: Claim, above: int) -> Claim | None:
    """Get a turn higher than `above` (which an engine named), or None if the claim is lost."""
    turn = await _RAISE(store, [keys.host(claim.room), keys.turn(claim.room)], [claim.turn, above])
    return Claim(claim.room, claim.subject, int(turn), claim.connection_id) if turn else None


async def connection_id(store: Redis, room: str) -> str:
    """Return the id given to the room's current or last host, '' when there was none."""
    value: Any = await store.hget(keys.turn(room), "connection_id")
    return value.decode() if value else ""
