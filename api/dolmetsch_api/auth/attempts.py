"""A limit to guessing: failed logins per minute, for each origin and over all, in all api processes.

An attempt is counted before it is checked, so that a thousand at once are a thousand; a right password
takes its own count back. A whole conference may sit behind one address: only failures count.
"""

import asyncio
import ipaddress
import logging
import time
from collections.abc import Iterable
from dataclasses import dataclass, field

from redis.asyncio import Redis
from starlette.requests import HTTPConnection

from dolmetsch_core.live import keys
from dolmetsch_core.live.store import STORE_AWAY, Script

log = logging.getLogger(__name__)
WINDOW_S = 60
ALL = "all"
ALL_KNOWN = "known@all"
ALL_KEYS = "key@all"
STORE_PATIENCE_S = 1.0
"""Two attempts are under way at a time: a store that hangs must not hold up all logins."""
KNOWN_LIMIT = 10
"""Times the limit of an address: for all of those there who were let in before. Each may have a new subject
with every login, and would guess at the other password for ever."""

# KEYS what it counts for; ARGV window in s, their limits. Returns 1 if the attempt may be made.
_COUNT = Script("""
for i, name in ipairs(KEYS) do
  if tonumber(redis.call('GET', name) or '0') >= tonumber(ARGV[i + 1]) then return 0 end
end
for _, name in ipairs(KEYS) do
  if redis.call('INCR', name) == 1 then redis.call('EXPIRE', name, ARGV[1]) end
end
return 1
""")
_TAKE_BACK = Script("""
for _, name in ipairs(KEYS) do
  if tonumber(redis.call('GET', name) or '0') > 0 then redis.call('DECR', name) end
end
return 1
""")


@dataclass
class _Window:
    """Counts of this process alone, for the time without a live store."""

    began: float = 0.0
    counts: dict[str, int] = field(default_factory=dict)


class Attempts:
    """Counts attempts at a password, by address and, of those who were let in before, by subject.

    `as_key`: it was shown in the place of a key, and may be one of a server that was here before this one.
    """

    def __init__(self, store: Redis, *, per_origin: int, overall: int) -> None:
        self._store = store
        self._per_origin = per_origin
        self._overall = overall
        self._alone = _Window()

    async def begin(self, origin: str, subject: str = "", *, as_key: bool = False) -> bool:
        """Count an attempt; False: there were too many failures in this minute, it is not to be made."""
        limits = self._limits(origin, subject, as_key=as_key)
        try:
            async with asyncio.timeout(STORE_PATIENCE_S):
                return bool(await _COUNT(self._store, _keys(limits), [WINDOW_S, *limits.values()]))
        except STORE_AWAY:
            return self._begin_alone(limits)

    async def succeeded(self, origin: str, subject: str = "", *, as_key: bool = False) -> None:
        """Take the count back."""
        limits = self._limits(origin, subject, as_key=as_key)
        try:
            async with asyncio.timeout(STORE_PATIENCE_S):
                await _TAKE_BACK(self._store, _keys(limits), [])
        except STORE_AWAY:
            for name in limits:
                self._alone.counts[name] = max(0, self._alone.counts.get(name, 0) - 1)

    def _limits(self, origin: str, subject: str, *, as_key: bool) -> dict[str, int]:
        """What an attempt counts for, and how many failures each may have."""
        if as_key:
            # A hall of browsers with old keys keeps nobody from logging in, nor do guesses at the login
            # keep out who reconnects with the password in the cookie.
            return {f"key@{origin}": self._per_origin, ALL_KEYS: self._overall}
        if subject:
            # No stranger: the guesses of strangers don't lock it out.
            return {
                f"known {subject}": self._per_origin,
                f"known@{origin}": KNOWN_LIMIT * self._per_origin,
                ALL_KNOWN: self._overall,
            }
        return {origin: self._per_origin, ALL: self._overall}

    def _begin_alone(self, limits: dict[str, int]) -> bool:
        now = time.monotonic()
        if now - self._alone.began > WINDOW_S:
            self._alone = _Window(now)
        counts = self._alone.counts
        if any(counts.get(name, 0) >= limit for name, limit in limits.items()):
            return False
        for name in limits:
            counts[name] = counts.get(name, 0) + 1
        return True


def _keys(names: Iterable[str]) -> list[str]:
    return [keys.failed_logins(name) for name in names]


def origin_of(connection: HTTPConnection) -> str:
    """Return what failed logins of a request or socket are counted by.

    Source: the connection, or a proxy that is trusted.
    """
    return origin_of_address(connection.client.host if connection.client else None)


def origin_of_address(address: str | None) -> str:
    """Return what failures are counted by: an IPv4 address, or the /64 that one IPv6 host may fill."""
    try:
        ip = ipaddress.ip_address(address or "")
    except ValueError:
        return "unknown"
    if isinstance(ip, ipaddress.IPv6Address):
        if ip.ipv4_mapped:
            return str(ip.ipv4_mapped)
        return str(ipaddress.ip_network((ip, 64), strict=False))
    return str(ip)
