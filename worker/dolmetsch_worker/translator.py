"""The translator: fills in the languages that somebody is reading, newest sentence first.

It wakes on the feed, on a newly wanted language, on a backend's return and at the next retry; one
translator per session by a lease; results are written by a script in which the first writer wins.
"""

import asyncio
import contextlib
import logging
import time
from collections import Counter
from collections.abc import Iterable

from redis.asyncio import Redis

from dolmetsch_core.live import keys, languages, translations, wanted
from dolmetsch_core.live.lease import LEAVE_S
from dolmetsch_core.live.store import STORE_AWAY
from dolmetsch_core.supervise import describe
from dolmetsch_core.tasks import end_tasks, finish, first_of
from dolmetsch_core.wire.feed import Translated
from dolmetsch_core.wire.translation import Languages
from dolmetsch_worker import metrics
from dolmetsch_worker.backends.protocol import (
    Backend,
    BackendUnavailable,
    PairUnsupported,
    TranslationRejected,
)
from dolmetsch_worker.backends.routing import Router
from dolmetsch_worker.due import Due, Job
from dolmetsch_worker.schedule import Choice, choose
from dolmetsch_worker.session import Session, SessionKey
from dolmetsch_worker.settings import WorkerSettings
from dolmetsch_worker.supervise import for_ever

log = logging.getLogger(__name__)
WANTED_EVERY_S = 2.0
"""Wishes expire unannounced: looked at again after this long without an announcement."""
REFUSALS = 3
"""Refusals (or unexpected errors) of one sentence before it is left untranslated."""
FIRST_RETRY_S = 0.25
LONGEST_RETRY_S = 15.0


class Translator:
    """All sessions of this worker. `owner` is its name in leases: another one for each process."""

    def __init__(self, store: Redis, router: Router, settings: WorkerSettings, *, owner: str) -> None:
        self._store = store
        self._router = router
        self._settings = settings
        self._owner = owner
        self._sessions: dict[SessionKey, Session] = {}
        self._tasks: dict[SessionKey, asyncio.Task[None]] = {}
        self._jobs: set[asyncio.Task[None]] = set()
        self._at_work: Counter[str] = Counter()
        self._paused: dict[str, float] = {}
        self._turn = 0
        self._timer: asyncio.TimerHandle | None = None
        self._answered = asyncio.Event()

    async def run(self) -> None:
        """Until cancelled; then gives its leases up."""
        try:
            await first_of(
                for_ever("wanted", "reading of wanted languages", self._watch_wanted),
                for_ever("languages", "publishing of languages", self._publish),
                for_ever("pairs", "reading of language pairs", self._watch_pairs),
            )
        finally:
            await finish(self._stop())

    async def _watch_wanted(self) -> None:
        """Subscribes first and reads then, so that no announcement falls between."""
        async with self._store.pubsub() as pubsub:
            await pubsub.subscribe(keys.wanted_changed())
            while True:
                self._want(await wanted.all_wanted(self._store))
                await pubsub.get_message(timeout=WANTED_EVERY_S)

    def _want(self, wishes: Iterable[wanted.Wanted]) -> None:
        """Starts, informs and ends sessions so that they are those in which somebody reads."""
        by_session: dict[SessionKey, set[str]] = {}
        for wish in wishes:
            by_session.setdefault(SessionKey(wish.room, wish.session), set()).add(wish.lang)
        for key in self._sessions.keys() - by_session.keys():
            self._end(key)
        for key, targets in by_session.items():
            if key not in self._sessions:
                self._begin(key)
            self._sessions[key].want(targets)
        metrics.SESSIONS.set(len(self._sessions))

    def _begin(self, key: SessionKey) -> None:
        session = Session(
            self._store,
            key,
            owner=self._owner,
            backlog_size=self._settings.backlog_size,
            lease_ttl=self._settings.lease_ttl,
            on_change=self._dispatch,
        )
        self._sessions[key] = session
        self._tasks[key] = asyncio.create_task(for_ever("session", str(key), session.run), name=str(key))

    def _end(self, key: SessionKey) -> None:
        """Nobody reads it. The lease is given up when the task has ended, lest it be renewed afterwards."""
        session = self._sessions.pop(key)
        task = self._tasks.pop(key)
        self._keep(asyncio.create_task(self._leave(session, task)))

    async def _leave(self, session: Session, task: asyncio.Task[None]) -> None:
        await end_tasks(task)
        try:
            await session.leave()
        except STORE_AWAY:
            log.debug("%s: the lease is left to expire", session.key)

    async def _watch_pairs(self) -> None:
        await self._router.run(self._backend_answered)

    def _backend_answered(self, backend: Backend) -> None:
        """It is there: whatever waits for it may go, and a change of its pairs is made known."""
        self._paused.pop(backend.name, None)
        self._answered.set()
        self._dispatch()

    async def _publish(self) -> None:
        """Languages into the store, at every change and every few seconds: the store may forget."""
        said: Languages | None = None
        due = 0.0
        while True:
            # Cleared first: an answer that comes while this one is published is not overlooked.
            self._answered.clear()
            now = time.monotonic()
            current = await self._languages()
            if current != said or now >= due:
                await languages.publish(self._store, current)
                said, due = current, now + self._settings.languages_every
            # Not wait_for: in Python 3.11 it loses a cancellation that comes together with the event.
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(max(0.0, due - time.monotonic())):
                    await self._answered.wait()

    async def _languages(self) -> Languages:
        """What the backends can do; until each has answered, also what was known before this worker began."""
        current = self._router.languages()
        if self._router.complete:
            return current
        known = await languages.read(self._store)
        return current if known is None else current.with_those_of(known)

    def _dispatch(self) -> None:
        """Gives out all work that can be given now, and sets the clock for the next that cannot."""
        now = time.monotonic()
        while choice := choose(
            self._sessions.values(),
            self._router.backend,
            lambda backend: self._free(backend, now),
            room_at_once=self._settings.room_at_once,
            now=now,
        ):
            self._start(choice)
        metrics.PENDING.set(sum(each.due.pending() for each in self._sessions.values() if each.due))
        self._set_timer(now)

    def _free(self, backend: Backend, now: float) -> bool:
        return self._at_work[backend.name] < backend.at_once and self._paused.get(backend.name, now) <= now

    def _set_timer(self, now: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        tries = [each.due.next_try() for each in self._sessions.values() if each.due is not None]
        times = [each for each in (*tries, *self._paused.values()) if each is not None and each > now]
        loop = asyncio.get_running_loop()
        self._timer = loop.call_later(min(times) - now, self._dispatch) if times else None

    def _start(self, choice: Choice) -> None:
        job = choice.due.take(choice.head)
        self._turn += 1
        choice.session.served = self._turn
        choice.session.running += 1
        self._at_work[choice.backend.name] += 1
        self._keep(asyncio.create_task(self._work(choice, job)))

    async def _work(self, choice: Choice, job: Job) -> None:
        """One attempt at one sentence. Whatever happens, it is told, and the next can go."""
        backend, session, due = choice.backend, choice.session, choice.due
        try:
            outcome = await self._attempt(backend, session.key, due, job)
        except BackendUnavailable as failure:
            outcome = "unavailable"
            self._unavailable(backend, due, job, failure)
        except PairUnsupported:
            # The router's list is older than the truth; it is read again within seconds.
            outcome = "unavailable"
            due.put_off(job, time.monotonic() + self._settings.languages_every)
        except TranslationRejected as failure:
            outcome = "rejected"
            _refused(session.key, due, job, str(failure))
        except STORE_AWAY:
            # The session is read anew when the store is back; this `due` may even be gone by then.
            outcome = "store"
            due.put_off(job, time.monotonic() + FIRST_RETRY_S)
        except Exception as error:  # noqa: BLE001 (told, and the end of this attempt only)
            outcome = "error"
            _refused(session.key, due, job, describe(error))
        finally:
            session.running -= 1
            self._at_work[backend.name] -= 1
        metrics.ATTEMPTS.labels(backend.name, job.source, job.target, outcome).inc()
        self._dispatch()

    async def _attempt(self, backend: Backend, key: SessionKey, due: Due, job: Job) -> str:
        began = time.monotonic()
        text = await backend.translate(job.text, job.source, job.target)
        took = time.monotonic() - began
        metrics.BACKEND_SECONDS.labels(backend.name).observe(took)
        delay = max(0.0, time.time() - job.due)
        translated = Translated(n=job.n, lang=job.target, text=text, delay=round(delay, 3), by=backend.name)
        written = await translations.write(self._store, key.room, key.session, translated)
        due.settle(job.target, job.n)
        if job.attempt == 0:
            metrics.OWN_SECONDS.observe(max(0.0, time.time() - job.due - took))
        return "written" if written else "late"

    def _unavailable(self, backend: Backend, due: Due, job: Job, failure: BackendUnavailable) -> None:
        """With a time from the backend or its breaker, all wait for that; else this sentence backs off."""
        now = time.monotonic()
        if failure.retry_after is None:
            due.put_off(job, now + _backoff(job.attempt))
        else:
            self._paused[backend.name] = now + failure.retry_after
            due.put_off(job, now, counts=False)

    def _keep(self, task: asyncio.Task[None]) -> None:
        """The loop holds tasks weakly only."""
        self._jobs.add(task)
        task.add_done_callback(self._jobs.discard)

    async def _stop(self) -> None:
        """Ends what runs and gives leases up, in little more than a second even if the store is away."""
        if self._timer is not None:
            self._timer.cancel()
        for task in self._jobs:
            task.cancel()
        for key in list(self._sessions):
            self._end(key)
        if self._jobs:
            await asyncio.wait(self._jobs, timeout=LEAVE_S)
        # Whoever called closes the store next: a task that goes on would connect to it again.
        await end_tasks(*self._jobs)
        await self._router.close()


def _backoff(attempt: int) -> float:
    """Seconds before the next attempt: doubling, with a limit."""
    return min(FIRST_RETRY_S * 2.0 ** min(attempt, 16), LONGEST_RETRY_S)


def _refused(key: SessionKey, due: Due, job: Job, why: str) -> None:
    """Tried again a few times, for a backend may be wrong for a moment; then left, and said so."""
    if job.attempt + 1 < REFUSALS:
        due.put_off(job, time.monotonic() + _backoff(job.attempt))
        return
    log.warning(
        "%s: sentence %d stays untranslated (%s -> %s) after %d tries: %s",
        key, job.n, job.source, job.target, REFUSALS, why,
    )  # fmt: skip
    metrics.GIVEN_UP.inc()
    due.settle(job.target, job.n)
