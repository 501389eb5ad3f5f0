"""Connecting to the live store, and running scripts on it."""

import asyncio
import logging
import secrets
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar, cast

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import ExponentialBackoff
from redis.exceptions import BusyLoadingError
from redis.exceptions import ConnectionError as StoreConnectionError
from redis.exceptions import TimeoutError as StoreTimeout

from dolmetsch_core.live import keys

log = logging.getLogger(__name__)
T = TypeVar("T")

STORE_AWAY = (StoreConnectionError, StoreTimeout, BusyLoadingError, OSError)
"""What a call raises while the store is away. Remedy: none needed by the caller but to try again."""


def connect(url: str) -> Redis:
    """Return a client of the store at `url`; it connects at the first call and again after an outage.

    One quick retry hides a connection that died while idle; longer outages reach the caller as STORE_AWAY.
    """
    return Redis.from_url(
        url,
        retry=Retry(ExponentialBackoff(cap=0.05, base=0.01), 1),
        socket_connect_timeout=2,
        # Above the longest blocking read (5 s): a store that hangs is as good as away.
        socket_timeout=8,
        health_check_interval=0,
    )


async def born(store: Redis) -> str:
    """Return the store's birth mark; another one than before means that the store lost everything."""
    await store.set(keys.born(), secrets.token_hex(8), nx=True)
    return cast(bytes, await store.get(keys.born())).decode()


async def until_back(call: Callable[[], Awaitable[T]], what: str, *, pause: float = 0.25) -> T:
    """Await `call()` until the store answers; for background tasks that must outlive an outage."""
    away = False
    while True:
        try:
            result = await call()
        except STORE_AWAY as error:
            if not away:
                log.warning("live store is away (%s): %s waits for it", type(error).__name__, what)
            away = True
            await asyncio.sleep(pause)
        else:
            if away:
                log.info("live store is back: %s goes on", what)
            return result


class Script:
    """A Lua script, sent by its hash and loaded when the store does not know it (also after a loss)."""

    def __init__(self, text: str) -> None:
        self._text = text

    async def __call__(self, store: Redis, names: list[str], args: list[Any]) -> Any:
        """Run on `names` (KEYS, one hash tag) with `args` (ARGV). Returns what the script returns."""
        return await store.register_script(self._text)(keys=names, args=args)
