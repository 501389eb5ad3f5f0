"""The Directory suite on one machine's implementation, and what only it does."""

from collections.abc import AsyncIterator

import pytest
from redis.asyncio import Redis

from dolmetsch_core.live import rooms
from dolmetsch_core.live.directory import LocalDirectory
from dolmetsch_core.live.store import connect
from dolmetsch_core.wire.room import Room
from tests.integration.core.directory_suite import DirectorySuite, Operator, until_seen, wish


class LocalOperator(Operator):
    """Writes as the controller of one machine does."""

    def __init__(self, store: Redis) -> None:
        self._store = store

    async def rooms(self) -> dict[str, Room]:
        return (await rooms.read(self._store)).rooms

    async def write_status(self, room: Room) -> None:
        await rooms.write_status(self._store, room)

    async def delete(self, room: Room) -> None:
        marked = room.model_copy(update={"deleted": rooms.now(), "generation": room.generation + 1})
        await rooms.put(self._store, marked, replaces=room)

    async def forget(self, room: Room) -> None:
        await rooms.forget(self._store, room)


@pytest.fixture
async def operator(store: Redis) -> LocalOperator:
    await rooms.put_back(store, [])
    return LocalOperator(store)


async def _directory(url: str) -> AsyncIterator[LocalDirectory]:
    async with connect(url) as client:
        directory = LocalDirectory(client)
        await directory.start()
        yield directory
        await directory.stop()


@pytest.fixture
async def directory(store_url: str) -> AsyncIterator[LocalDirectory]:
    async for each in _directory(store_url):
        yield each


@pytest.fixture
async def other(store_url: str) -> AsyncIterator[LocalDirectory]:
    async for each in _directory(store_url):
        yield each


class TestLocalDirectory(DirectorySuite):
    """The suite."""


async def test_an_empty_new_store_does_not_make_rooms_vanish(
    store: Redis, directory: LocalDirectory, operator: LocalOperator
) -> None:
    room = await directory.activate(wish())
    await until_seen(directory, "R1")
    await store.flushall()
    with pytest.raises(rooms.NotReady):
        await rooms.put(store, room, replaces=None)
    await rooms.put_back(store, [room])
    await directory.activate(wish(room_id="R2"))
    await until_seen(directory, "R2")
    assert set(directory.view.rooms) == {"R1", "R2"}
