"""Fairness: which sentence is next over all rooms and backends."""

from typing import cast

from redis.asyncio import Redis

from dolmetsch_core.wire.feed import Sentence
from dolmetsch_worker.backends.protocol import Backend, Pair
from dolmetsch_worker.due import Due
from dolmetsch_worker.schedule import Choice, choose
from dolmetsch_worker.session import Session, SessionKey


class Named:
    """A backend that is only a name here."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.at_once = 1

    async def pairs(self) -> frozenset[Pair]:
        raise NotImplementedError

    async def translate(self, text: str, source: str, target: str) -> str:
        raise NotImplementedError

    async def close(self) -> None:
        raise NotImplementedError


ONE: Backend = Named("one")
OTHER: Backend = Named("other")


def room(name: str, count: int, target: str = "de", *, running: int = 0, served: int = 0) -> Session:
    nobody = cast(Redis, None)
    session = Session(
        nobody, SessionKey(name, "s"), owner="me", backlog_size=3, lease_ttl=5, on_change=lambda: None
    )
    session.due = Due(3)
    session.due.want({target}, 0.0)
    texts = [Sentence(n=n, line=0, sent=n, start=0, end=1, lang="en", text="x") for n in range(count)]
    session.due.add(texts, 0.0)
    session.running, session.served = running, served
    return session


def chosen(*rooms: Session, free: set[str] | None = None, room_at_once: int = 2) -> Choice | None:
    return choose(
        rooms,
        lambda _, target: {"de": ONE, "pt": OTHER}.get(target),
        lambda backend: free is None or backend.name in free,
        room_at_once=room_at_once,
        now=0.0,
    )


def name_of(choice: Choice | None) -> str:
    assert choice is not None
    return choice.session.key.room


def test_the_room_with_less_at_work_goes_first() -> None:
    assert name_of(chosen(room("busy", 9, running=1), room("idle", 1))) == "idle"


def test_the_room_that_waited_longest_goes_before_the_one_with_more_sentences() -> None:
    assert name_of(chosen(room("long", 100, served=2), room("short", 1, served=1))) == "short"


def test_a_recent_sentence_goes_before_an_old_one_of_a_less_busy_room() -> None:
    old = room("old", 10)
    assert old.due is not None
    for n in (7, 8, 9):
        old.due.settle("de", n)
    assert name_of(chosen(old, room("new", 1, running=1))) == "new"


def test_a_room_at_its_limit_waits() -> None:
    assert chosen(room("full", 5, running=2)) is None


def test_a_backend_that_is_not_free_holds_up_only_its_own_pairs() -> None:
    choice = chosen(room("a", 5, "de"), room("b", 1, "pt"), free={"other"})
    assert name_of(choice) == "b"
    assert choice is not None
    assert choice.backend is OTHER


def test_a_pair_that_nobody_translates_holds_nobody_up() -> None:
    assert name_of(chosen(room("a", 5, "fi"), room("b", 1, "de"))) == "b"


def test_a_session_without_its_lease_gets_nothing() -> None:
    session = room("a", 5)
    session.due = None
    assert chosen(session) is None
