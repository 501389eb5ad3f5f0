"""A lease in the live store: one holder at a time, as long as it renews."""

from redis.asyncio import Redis

from dolmetsch_core.live.store import Script
from dolmetsch_core.tasks import AGAIN_S

LEAVE_S = 2 * AGAIN_S
"""For leases to be given up at a process' end. Their holders may have to be cancelled twice (`end_tasks`)."""
_HOLD = Script("""
local holder = redis.call('GET', KEYS[1])
if holder and holder ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return 1
""")

_LET_GO = Script("""
if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end
return 0
""")


async def hold(store: Redis, name: str, owner: str, ttl_ms: int) -> bool:
    """Take or renew the lease `name` (a key from `keys`). False: another owner has it."""
    return bool(await _HOLD(store, [name], [owner, ttl_ms]))


async def let_go(store: Redis, name: str, owner: str) -> None:
    """Give the lease up if it is this owner's."""
    await _LET_GO(store, [name], [owner])
