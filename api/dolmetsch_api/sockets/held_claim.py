"""The host claim as a socket holds it: renewed while the socket lives, its turn raised when needed."""

import asyncio
import logging
import uuid

from redis.asyncio import Redis

from dolmetsch_core.live import claim as claims
from dolmetsch_core.live.claim import Claim
from dolmetsch_core.live.store import STORE_AWAY

log = logging.getLogger(__name__)
RENEW_S = 1.0
"""Often: a store that was lost must know its host again before another one asks."""
AGAIN_S = 0.25


class ClaimLost(Exception):
    """A later socket of the host has the room."""


class HeldClaim:
    """One host's claim on one room. A store outage does not end it."""

    def __init__(self, store: Redis, claim: Claim) -> None:
        self._store = store
        self._claim = claim
        self._changing = asyncio.Lock()

    @classmethod
    async def take(cls, store: Redis, room: str, subject: str, known_id: str) -> "HeldClaim | None":
        """Become the host, or return None while somebody else is. Raises STORE_AWAY."""
        claim = await claims.take(store, room, subject, known_id=known_id, new_id=uuid.uuid4().hex)
        return cls(store, claim) if claim else None

    @property
    def turn(self) -> int:
        """The turn that the engine is told."""
        return self._claim.turn

    @property
    def connection_id(self) -> str:
        """What this host is known by to the room's clients."""
        return self._claim.connection_id

    async def keep(self) -> None:
        """Renew until cancelled. Raises ClaimLost."""
        while True:
            try:
                async with self._changing:
                    if not await claims.renew(self._store, self._claim):
                        raise ClaimLost
            except STORE_AWAY:
                await asyncio.sleep(AGAIN_S)
            else:
                await asyncio.sleep(RENEW_S)

    async def raise_above(self, turn: int) -> None:
        """Get a turn above `turn`. Raises ClaimLost, STORE_AWAY."""
        async with self._changing:
            raised = await claims.raise_turn(self._store, self._claim, turn)
            if raised is None:
                raise ClaimLost
            self._claim = raised

    async def release(self) -> None:
        """Give the claim up; without a store it expires by itself."""
        try:
            await asyncio.shield(claims.release(self._store, self._claim))
        except STORE_AWAY:
            log.info("live store is away: the claim on room %s expires by itself", self._claim.room)
