"""An informer and the order of things: words that cross, versions that are too old, servers that go."""

import asyncio
import logging
from collections.abc import AsyncGenerator, AsyncIterator
from typing import Any, cast

import pytest

from dolmetsch_core.cluster import informer
from dolmetsch_core.cluster.api import Away, Cluster, Expired, Json
from dolmetsch_core.cluster.informer import Informer
from dolmetsch_core.tasks import end_tasks
from tests.waiting import until


def obj(version: int, name: str = "r1") -> Json:
    return {"metadata": {"name": name, "resourceVersion": str(version)}}


class Server:
    """Says what the test tells it to; each list and watch is one answer of a queue."""

    def __init__(self) -> None:
        self.lists: asyncio.Queue[Json | Exception] = asyncio.Queue()
        self.words: asyncio.Queue[tuple[str, Json] | Exception | None] = asyncio.Queue()
        self.watched: list[str] = []
        self.listed = 0

    async def get(self, _: str, **__: str) -> Json:
        self.listed += 1
        answer = await self.lists.get()
        if isinstance(answer, Exception):
            raise answer
        return answer

    async def watch(self, _: str, version: str, **__: object) -> AsyncGenerator[tuple[str, Json], None]:
        self.watched.append(version)
        while word := await self.words.get():
            if isinstance(word, Exception):
                raise word
            yield word

    def list(self, version: int, *objects: Json) -> None:
        self.lists.put_nowait({"metadata": {"resourceVersion": str(version)}, "items": list(objects)})


@pytest.fixture
def server() -> Server:
    return Server()


@pytest.fixture
async def rooms(server: Server, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Informer]:
    monkeypatch.setattr(informer, "FIRST_PAUSE_S", 0.001)
    monkeypatch.setattr(informer, "MAX_PAUSE_S", 0.001)
    monkeypatch.setattr(informer, "SHORT_S", 0.0)

    async def sight() -> None:
        await asyncio.sleep(0)

    made = Informer(cast(Cluster, cast(Any, server)), "/rooms", sight)
    running = asyncio.create_task(made.run())
    yield made
    await end_tasks(running)


def known(rooms: Informer) -> dict[str, int]:
    return {name: int(each["metadata"]["resourceVersion"]) for name, each in rooms.objects.items()}


async def test_news_come_in_and_the_next_watch_goes_on_behind_them(server: Server, rooms: Informer) -> None:
    server.list(10, obj(3))
    server.words.put_nowait(("ADDED", obj(11, "r2")))
    server.words.put_nowait(("DELETED", obj(12)))
    server.words.put_nowait(("BOOKMARK", {"metadata": {"resourceVersion": "20"}}))
    server.words.put_nowait(None)
    await until(lambda: server.watched == ["10", "20"], "the second watch")
    assert known(rooms) == {"r2": 11}
    assert server.listed == 1


async def test_a_word_older_than_the_own_write_changes_nothing(server: Server, rooms: Informer) -> None:
    server.list(10, obj(3))
    await until(lambda: known(rooms) == {"r1": 3}, "the first list")
    assert rooms.take(obj(15))
    server.words.put_nowait(("DELETED", obj(12)))
    server.words.put_nowait(("ADDED", obj(13)))
    server.words.put_nowait(("ADDED", obj(14, "r2")))
    await until(lambda: "r2" in rooms.objects, "the last word")
    assert known(rooms) == {"r1": 15, "r2": 14}


async def test_an_own_write_that_comes_late_does_not_bring_back_what_is_gone(
    server: Server, rooms: Informer
) -> None:
    server.list(10, obj(3))
    server.words.put_nowait(("DELETED", obj(12)))
    await until(lambda: not server.lists.qsize() and not rooms.objects and server.listed == 1, "r1 is gone")
    await until(lambda: not server.words.qsize(), "all words are read")
    assert not rooms.take(obj(11))
    assert not rooms.objects


async def test_a_list_that_was_asked_for_before_an_own_write_does_not_hide_it(
    server: Server, rooms: Informer
) -> None:
    await until(lambda: server.listed == 1, "the first list is asked for")
    assert rooms.take(obj(15))
    server.list(10, obj(4, "r2"))
    await until(lambda: bool(server.watched), "the first watch")
    assert known(rooms) == {"r1": 15, "r2": 4}


async def test_a_list_after_an_own_write_knows_best(server: Server, rooms: Informer) -> None:
    """Also when versions fell, as after a backup was put back."""
    server.list(10)
    await until(lambda: bool(server.watched), "the first watch")
    assert rooms.take(obj(15))
    server.words.put_nowait(Expired(410, "too old"))
    server.list(7, obj(6, "r2"))
    await until(lambda: len(server.watched) == 2, "the second watch")
    assert known(rooms) == {"r2": 6}


async def test_a_server_that_is_away_is_told_of_once_and_what_is_known_stays(
    server: Server, rooms: Informer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    server.list(10, obj(3))
    for _ in range(informer.LIST_AFTER):
        server.words.put_nowait(Away("connection refused"))
        server.lists.put_nowait(Away("connection refused"))
    await until(lambda: server.listed == 2 + informer.LIST_AFTER, "all refusals are heard")
    assert known(rooms) == {"r1": 3}
    server.list(30, obj(30))
    await until(lambda: known(rooms) == {"r1": 30}, "the list of the server that is back")
    told = [each.getMessage() for each in caplog.records]
    assert told == [
        "/rooms: waiting for the API server: connection refused",
        "/rooms: the API server is back",
    ]
