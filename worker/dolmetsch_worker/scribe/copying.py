"""One stored session: what is there, then what the feed brings, in steps that may be repeated."""

import asyncio
import logging
import time
from collections.abc import Sequence

from redis.asyncio import Redis

from dolmetsch_core.archive import writing
from dolmetsch_core.archive.database import ARCHIVE_AWAY, Archive
from dolmetsch_core.archive.writing import TranscriptGone
from dolmetsch_core.live import audio, keys, lease
from dolmetsch_core.live import store as live_store
from dolmetsch_core.live.feed import Follower
from dolmetsch_core.wire.consent import Consent
from dolmetsch_core.wire.feed import FeedGap, LinesWritten, Sentence, SessionClosed, Translated
from dolmetsch_worker import metrics
from dolmetsch_worker.session import SessionKey

log = logging.getLogger(__name__)
READ_MS = 1000
AWAY_S = 1.0
LATE_S = 30.0
"""Translations of the last sentences come after the session has closed."""


class Copying:
    """Copies one session. `run` is called again and again until `done`."""

    def __init__(
        self, store: Redis, archive: Archive, consent: Consent, *, owner: str, lease_ttl: float
    ) -> None:
        self.consent = consent
        """What holds now; changed from outside."""
        self.done = False
        """Nothing more is to be copied: all of it is, or the transcript was deleted."""
        self._store = store
        self._archive = archive
        self._owner = owner
        self._lease_ttl = lease_ttl
        self._key = SessionKey(consent.room, consent.session)
        self._born = ""
        self._next = 0
        """Number of the next sentence."""
        self._spoken_until = 0.0
        """Seconds of the session's audio, end of the last sentence."""
        self._copied_as: Consent | None = None
        self._id: int | None = None

    async def run(self) -> None:
        """Copy until all is done, beginning anew when lease, feed or archive were lost. Raises STORE_AWAY."""
        while not self.done:
            try:
                self._born = await live_store.born(self._store)
                while not await self._hold():  # noqa: ASYNC110 (the other holder is another process)
                    await asyncio.sleep(self._lease_ttl / 4)
                await self._follow()
            except FeedGap:
                log.info("%s: fell behind the feed, copying it anew", self._key)
            except TranscriptGone:
                log.info("%s: its transcript was deleted, nothing more is copied", self._key)
                self.done = True
            except ARCHIVE_AWAY as error:
                if isinstance(error, live_store.STORE_AWAY):
                    raise
                metrics.ARCHIVE_AWAY.inc()
                log.warning("%s: the archive is away (%s), waiting for it", self._key, type(error).__name__)
                await asyncio.sleep(AWAY_S)

    async def leave(self) -> None:
        """Give the lease up. Raises STORE_AWAY."""
        await lease.let_go(self._store, self._lease_name, self._owner)

    @property
    def _lease_name(self) -> str:
        return keys.scribe(self._key.room, self._key.session)

    async def _hold(self) -> bool:
        return await lease.hold(self._store, self._lease_name, self._owner, int(self._lease_ttl * 1000))

    async def _follow(self) -> None:
        follower = Follower(self._store, self._key.room, self._key.session)
        snapshot = await follower.snapshot()
        over_at = time.monotonic() if await follower.closed() else None
        self._next, self._copied_as = 0, None
        await self._write(snapshot.sentences, snapshot.translations)
        while over_at is None or time.monotonic() - over_at < LATE_S:
            # Before anything is read: what is no longer ours, or was lost, is not to be written.
            if not await self._hold() or await live_store.born(self._store) != self._born:
                return
            sentences: list[Sentence] = []
            translations: list[Translated] = []
            for entry in await follower.read(wait_ms=READ_MS):
                match entry:
                    case LinesWritten():
                        sentences.extend(entry.sentences)
                    case Translated():
                        translations.append(entry)
                    case SessionClosed():
                        over_at = time.monotonic()
            await self._write(sentences, translations)
            if over_at is not None and self._id is not None:
                await writing.end(self._archive, self._id, time.time())
        self.done = True

    async def _write(self, sentences: Sequence[Sentence], translations: Sequence[Translated]) -> None:
        """Raises FeedGap, TranscriptGone, ARCHIVE_AWAY."""
        new = [each for each in sentences if each.n >= self._next]
        numbers = [each.n for each in new]
        if numbers != list(range(self._next, self._next + len(new))) or any(
            each.n >= self._next + len(new) for each in translations
        ):
            raise FeedGap
        if self.consent != self._copied_as and (new or self._id is not None):
            self._id = await self._keep(new)
        if self._id is None:
            return
        await writing.append(self._archive, self._id, new, translations)
        self._next += len(new)
        if new:
            self._spoken_until = new[-1].end
            metrics.COPIED.inc(len(new))

    async def _keep(self, new: Sequence[Sentence]) -> int:
        """Make the transcript, or let it say what holds now. Raises TranscriptGone, ARCHIVE_AWAY."""
        consent = self.consent
        first = await audio.first_ms(self._store, self._key.room, self._key.session)
        # A store that was lost may know it no more: the last sentence was spoken just now.
        until = new[-1].end if new else self._spoken_until
        made = await writing.keep(self._archive, consent, first / 1000 if first else time.time() - until)
        if made is None:
            raise TranscriptGone
        self._copied_as = consent
        return made
