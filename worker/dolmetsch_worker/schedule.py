"""Which sentence is next, over all sessions and backends: a pure choice."""

from collections.abc import Callable, Iterable
from typing import NamedTuple

from dolmetsch_worker.backends.protocol import Backend
from dolmetsch_worker.due import Due, Head
from dolmetsch_worker.session import Session


class Choice(NamedTuple):
    """A sentence, whose it is, and who is to translate it."""

    session: Session
    due: Due
    head: Head
    backend: Backend


def choose(
    sessions: Iterable[Session],
    backend_for: Callable[[str, str], Backend | None],
    free: Callable[[Backend], bool],
    *,
    room_at_once: int,
    now: float,
) -> Choice | None:
    """The next sentence at `now` (monotonic s), or None while nothing can be given to anyone.

    Recent sentences before older ones of any room; then the room with the least at work, then the one
    that waited longest; in a room the newest. A pair without a backend, or whose backend is not free,
    is passed over and holds nobody up.
    """
    best: tuple[tuple[bool, int, int, int], Choice] | None = None
    for session in sessions:
        if session.due is None or session.running >= room_at_once:
            continue
        for head in session.due.heads(now):
            backend = backend_for(head.source, head.target)
            if backend is None or not free(backend):
                continue
            rank = (not head.recent, session.running, session.served, -head.n)
            if best is None or rank < best[0]:
                best = rank, Choice(session, session.due, head, backend)
    return best[1] if best else None
