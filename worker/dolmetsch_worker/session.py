"""One session under translation: holds its lease, follows its feed, keeps what is due."""

import asyncio
import logging
import time
from collections.abc import Callable, Set
from typing import NamedTuple

from redis.asyncio import Redis

from dolmetsch_core.live import keys, lease
from dolmetsch_core.live import store as live_store
from dolmetsch_core.live.feed import Follower
from dolmetsch_core.wire.feed import FeedGap, LinesWritten, SessionClosed, Translated
from dolmetsch_worker.due import Due

log = logging.getLogger(__name__)
READ_MS = 1000
"""How long one blocking read waits: below the client's socket timeout, and below a third of the lease."""


class SessionKey(NamedTuple):
    """A session of a room."""

    room: str
    session: str

    def __str__(self) -> str:
        return f"room {self.room} session {self.session}"


class Session:
    """Follows one session for ever: `run` returns when lease or store were lost, to be called again.

    `on_change` is called when there may be work. `due` is None while another worker holds the lease.
    """

    def __init__(
        self,
        store: Redis,
        key: SessionKey,
        *,
        owner: str,
        backlog_size: int,
        lease_ttl: float,
        on_change: Callable[[], None],
    ) -> None:
        self.key = key
        self.due: Due | None = None
        self.running = 0
        """Sentences at work."""
        self.served = 0
        """The turn in which it was last given a sentence: who waited longest goes first."""
        self._store = store
        self._owner = owner
        self._backlog_size = backlog_size
        self._lease_ttl = lease_ttl
        self._on_change = on_change
        self._wanted: Set[str] = frozenset()
        self._born = ""
        self._renewed = float("-inf")

    def want(self, languages: Set[str]) -> None:
        """These languages are read, and no others."""
        if languages != self._wanted:
            self._wanted = frozenset(languages)
            if self.due is not None:
                self.due.want(self._wanted, time.time())
                self._on_change()

    async def run(self) -> None:
        """Waits for the lease, then keeps `due` up to date as long as it holds.

        Raises STORE_AWAY. Returns when another worker took over, entries were missed, or the store lost
        everything: the next call starts from a snapshot.
        """
        try:
            self._born = await live_store.born(self._store)
            while not await self._hold():  # noqa: ASYNC110 (the other holder is another process)
                await asyncio.sleep(self._lease_ttl / 4)
            await self._follow()
        except FeedGap:
            log.warning("%s: fell behind the feed, reading it anew", self.key)
        finally:
            self.due = None

    async def leave(self) -> None:
        """Gives the lease up, so that another worker need not wait for its end. Raises STORE_AWAY."""
        await lease.let_go(self._store, self._lease_name, self._owner)

    @property
    def _lease_name(self) -> str:
        return keys.translator(self.key.room, self.key.session)

    async def _hold(self) -> bool:
        held = await lease.hold(self._store, self._lease_name, self._owner, int(self._lease_ttl * 1000))
        self._renewed = time.monotonic()
        return held

    async def _still_ours(self) -> bool:
        """Renews the lease when a third of it is over, and looks whether the store is still the same."""
        if time.monotonic() - self._renewed < self._lease_ttl / 3:
            return True
        if await live_store.born(self._store) != self._born:
            log.warning("%s: the live store lost everything, translating anew", self.key)
            return False
        if not await self._hold():
            log.info("%s: another worker translates it now", self.key)
            return False
        return True

    async def _follow(self) -> None:
        follower = Follower(self._store, self.key.room, self.key.session)
        due = await self._begin(follower)
        wait_ms = min(READ_MS, int(self._lease_ttl * 1000 / 3))
        while await self._still_ours():
            for entry in await follower.read(wait_ms=wait_ms):
                _note(due, entry)
            self._on_change()

    async def _begin(self, follower: Follower) -> Due:
        """What the store holds now, as work. What was written before we came is due as of now."""
        snapshot = await follower.snapshot()
        due = Due(self._backlog_size)
        now = time.time()
        due.add(snapshot.sentences, now)
        for translated in snapshot.translations:
            due.settle(translated.lang, translated.n)
        due.want(self._wanted, now)
        log.info("%s: translating into %s", self.key, ", ".join(sorted(self._wanted)) or "nothing yet")
        self.due = due
        self._on_change()
        return due


def _note(due: Due, entry: LinesWritten | Translated | SessionClosed) -> None:
    """One feed entry. After SessionClosed nothing more comes; what is due is still translated."""
    match entry:
        case LinesWritten():
            due.add(entry.sentences, entry.at or time.time())
        case Translated():
            due.settle(entry.lang, entry.n)
        case SessionClosed():
            pass
