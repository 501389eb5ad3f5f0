"""All sessions that may be kept, as their consents say now; what was withdrawn or expired is deleted."""

import asyncio
import contextlib
import logging
import time
from collections.abc import Awaitable, Iterable

from redis.asyncio import Redis

from dolmetsch_core.archive import deleting, reading, writing
from dolmetsch_core.archive.database import ARCHIVE_AWAY
from dolmetsch_core.archive.opening import Opening
from dolmetsch_core.live import consents, keys
from dolmetsch_core.live.lease import LEAVE_S
from dolmetsch_core.live.pen import SESSION_TTL_S
from dolmetsch_core.live.store import STORE_AWAY
from dolmetsch_core.tasks import end_tasks, finish, first_of
from dolmetsch_core.wire.consent import Consent
from dolmetsch_worker.scribe.copying import Copying
from dolmetsch_worker.session import SessionKey
from dolmetsch_worker.supervise import for_ever

log = logging.getLogger(__name__)
LOOK_EVERY_S = 2.0
EXPIRE_EVERY_S = 600.0
EXPIRE_AGAIN_S = 60.0
"""After what nobody expected, such as a row that the database can't reckon with: it will be there again."""
AWAY_S = 2.0


class Scribe:
    """All stored sessions of this worker. `owner` is its name in leases: another one for each process."""

    def __init__(
        self, store: Redis, opening: Opening, *, owner: str, lease_ttl: float, keep_days: int | None = None
    ) -> None:
        self._store = store
        self._opening = opening
        self._archive = opening.archive
        self._owner = owner
        self._lease_ttl = lease_ttl
        self._keep_days = keep_days
        self._copyings: dict[SessionKey, Copying] = {}
        self._tasks: dict[SessionKey, asyncio.Task[None]] = {}

    async def run(self) -> None:
        """Until cancelled; then gives its leases up."""
        try:
            self._opening.start()
            await self._opening.ready.wait()
            await first_of(
                for_ever("consents", "reading of consents", self._watch),
                for_ever("expiry", "deletion of expired transcripts", self._expire, pause=EXPIRE_AGAIN_S),
            )
        finally:
            await finish(self._stop_all())

    async def _watch(self) -> None:
        """Subscribes first and reads then, so that no announcement falls between."""
        async with self._store.pubsub() as pubsub:
            await pubsub.subscribe(keys.consents_changed())
            while True:
                await self._look(await consents.all_consents(self._store))
                await pubsub.get_message(timeout=LOOK_EVERY_S)

    async def _look(self, found: Iterable[Consent]) -> None:
        by_key = {SessionKey(each.room, each.session): each for each in found}
        for key in self._copyings.keys() - by_key.keys():
            # Its room is long gone, or the store was lost and will know it again in a moment.
            await self._stop(key)
        for key, consent in by_key.items():
            if consent.store:
                self._copy(key, consent)
                continue
            if key in self._copyings:
                await self._stop(key)
            await _unless_away(self._withdraw(key))

    def _copy(self, key: SessionKey, consent: Consent) -> None:
        if key not in self._copyings:
            copying = Copying(
                self._store, self._archive, consent, owner=self._owner, lease_ttl=self._lease_ttl
            )
            self._copyings[key] = copying
            self._tasks[key] = asyncio.create_task(self._run(key, copying), name=f"copying of {key}")
        self._copyings[key].consent = consent

    async def _withdraw(self, key: SessionKey) -> None:
        """Delete what was copied, also by another worker. Nothing is written of a talk never stored."""
        if await reading.is_kept(self._archive, key.room, key.session):
            await deleting.withdraw(self._archive, key.room, key.session)
            log.info("%s: storing was withdrawn, its transcript is deleted", key)

    async def _run(self, key: SessionKey, copying: Copying) -> None:
        async def until_done() -> None:
            await copying.run()
            await asyncio.Event().wait()

        await for_ever("scribe", f"copying of {key}", until_done)

    async def _stop_all(self) -> None:
        """With the store away, in little more than a second: leases are left to expire then."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(LEAVE_S):
                await asyncio.gather(*(self._stop(key) for key in list(self._copyings)))

    async def _stop(self, key: SessionKey) -> Copying:
        copying = self._copyings.pop(key)
        await end_tasks(self._tasks.pop(key))
        try:
            await copying.leave()
        except STORE_AWAY:
            log.debug("%s: the lease is left to expire", key)
        return copying

    async def _expire(self) -> None:
        while True:
            try:
                await writing.end_forgotten(self._archive, time.time() - SESSION_TTL_S)
                if gone := await deleting.expire(self._archive, time.time(), self._keep_days):
                    log.info("%d transcripts deleted: their time was over", gone)
            except ARCHIVE_AWAY as error:
                log.warning("expired transcripts wait: the archive is away (%s)", type(error).__name__)
                await asyncio.sleep(AWAY_S)
                continue
            await asyncio.sleep(EXPIRE_EVERY_S)


async def _unless_away(call: Awaitable[object]) -> None:
    """What can't be done now is done at the next look."""
    with contextlib.suppress(*ARCHIVE_AWAY):
        await call
