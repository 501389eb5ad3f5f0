"""What is still to be translated in one session: pure state, newest first, time as an argument."""

import heapq
from collections.abc import Iterable, Iterator, Set
from dataclasses import dataclass, field
from typing import NamedTuple

from dolmetsch_core.wire.feed import FeedGap, Sentence


class Head(NamedTuple):
    """The next sentence of one language pair."""

    source: str
    target: str
    n: int
    recent: bool
    """Among the last `backlog_size` sentences; others can wait for these, of whatever room."""


@dataclass(frozen=True, kw_only=True)
class Job:
    """One sentence to be put into one language."""

    n: int
    source: str
    target: str
    text: str = field(repr=False)
    due: float
    """Unix seconds since when it could have been done: its writing, or the first wish for its language."""
    attempt: int
    """0 the first time."""


class _Queue:
    """Sentences of one pair: `ready` newest first, `later` by the time of their next try."""

    def __init__(self) -> None:
        self.ready: list[int] = []
        self.later: list[tuple[float, int]] = []

    def push(self, n: int) -> None:
        heapq.heappush(self.ready, -n)

    def newest(self, now: float) -> int | None:
        while self.later and self.later[0][0] <= now:
            self.push(heapq.heappop(self.later)[1])
        return -self.ready[0] if self.ready else None


class Due:
    """One session's sentences, the languages wanted, and what is known, running, or put off."""

    def __init__(self, backlog_size: int) -> None:
        self._backlog_size = backlog_size
        self._sentences: list[tuple[Sentence, float]] = []
        self._wanted: dict[str, float] = {}
        self._settled: set[tuple[str, int]] = set()
        self._running: set[tuple[str, int]] = set()
        self._attempts: dict[tuple[str, int], int] = {}
        self._queues: dict[tuple[str, str], _Queue] = {}

    def add(self, sentences: Iterable[Sentence], at: float) -> None:
        """Sentences were written at `at` (Unix s). Known ones change nothing. Raises FeedGap."""
        for sentence in sentences:
            if sentence.n > len(self._sentences):
                raise FeedGap
            if sentence.n == len(self._sentences):
                self._sentences.append((sentence, at))
                for target in self._wanted:
                    self._enqueue(sentence, target)

    def want(self, languages: Set[str], at: float) -> None:
        """Exactly these languages are read, as of `at` (Unix s)."""
        for gone in self._wanted.keys() - languages:
            del self._wanted[gone]
            self._queues = {pair: queue for pair, queue in self._queues.items() if pair[1] != gone}
        for new in sorted(languages - self._wanted.keys()):
            self._wanted[new] = at
            for sentence, _ in self._sentences:
                self._enqueue(sentence, new)

    def heads(self, now: float) -> Iterator[Head]:
        """For each pair that has work at `now` (monotonic s), its newest sentence."""
        recent_from = len(self._sentences) - self._backlog_size
        for (source, target), queue in self._queues.items():
            self._drop_settled(queue, target, now)
            n = queue.newest(now)
            if n is not None:
                yield Head(source, target, n, n >= recent_from)

    def take(self, head: Head) -> Job:
        """Begins the work on a head that `heads` has just given."""
        n = -heapq.heappop(self._queues[head.source, head.target].ready)
        sentence, written = self._sentences[n]
        self._running.add((head.target, n))
        return Job(
            n=n,
            source=head.source,
            target=head.target,
            text=sentence.text,
            due=max(written, self._wanted[head.target]),
            attempt=self._attempts.get((head.target, n), 0),
        )

    def settle(self, target: str, n: int) -> None:
        """This translation is written, by whomever, or given up."""
        self._running.discard((target, n))
        self._attempts.pop((target, n), None)
        self._settled.add((target, n))

    def put_off(self, job: Job, until: float, *, counts: bool = True) -> None:
        """The work on it failed: again at `until` (monotonic s). `counts`: as an attempt of its own."""
        key = (job.target, job.n)
        self._running.discard(key)
        if counts:
            self._attempts[key] = job.attempt + 1
        queue = self._queues.get((job.source, job.target))
        if job.target in self._wanted and key not in self._settled and queue is not None:
            heapq.heappush(queue.later, (until, job.n))

    def next_try(self) -> float | None:
        """The earliest `until` (monotonic s) of what was put off; None when nothing was."""
        return min((queue.later[0][0] for queue in self._queues.values() if queue.later), default=None)

    def pending(self) -> int:
        """Sentences times languages that wait or are put off, without those at work."""
        return sum(len(queue.ready) + len(queue.later) for queue in self._queues.values())

    def _enqueue(self, sentence: Sentence, target: str) -> None:
        key = (target, sentence.n)
        if target == sentence.lang or key in self._settled:
            return
        queue = self._queues.setdefault((sentence.lang, target), _Queue())
        if key not in self._running:
            queue.push(sentence.n)

    def _drop_settled(self, queue: _Queue, target: str, now: float) -> None:
        """Another worker may have written what still stands in our queue."""
        while (n := queue.newest(now)) is not None and (target, n) in self._settled:
            heapq.heappop(queue.ready)
