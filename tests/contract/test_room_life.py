"""How long a room lives: its grace time, and what holds for everybody in it meanwhile."""

import asyncio
from collections.abc import Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass

import pytest

from tests.contract import schedule
from tests.contract.client import (
    NOT_ACTIVE,
    ROOM_CLOSED,
    SECOND_HOST,
    Tab,
    cookies_of_host,
    encoded,
    hosting,
    opened,
    viewing,
)
from tests.contract.server import PATIENCE_S, Rooms, Server
from tests.contract.setup import GRACE_S
from tests.waiting import until

Closed = tuple[int, str] | None
"""Code and reason; None: it is open."""


@dataclass
class GraceTime:
    """What was so when the grace time of one room's host was over, and any of the other room long before."""

    viewer: Closed
    seconds: float
    """Between the host's leaving and the viewer's being told."""
    late: Closed
    """Whoever came after that."""
    kept: tuple[Closed, Closed]
    """Host and viewer of the other room: its host had left and come back, then a second one was refused."""
    listed: bool
    """Whether that host was still the other room's."""


@pytest.fixture(scope="module")
def grace_time(server: Server, rooms: Rooms) -> Iterator[GraceTime]:
    """Of two timers the one that was armed last is waited for: so long a machine may take, and no longer."""
    if server.room_list()["max_active_rooms"] < 2:
        pytest.skip("needs two rooms at once")
    yield asyncio.run(_leave(server, *rooms.some(2)))


async def _leave(server: Server, kept: str, left: str) -> GraceTime:
    await until(server.no_room_active, "all rooms closed", PATIENCE_S)
    async with AsyncExitStack() as sockets:
        host, watching = await _leave_and_come_back(server, kept, sockets)
        async with opened(server, f"{encoded(kept)}/host/en/en", _somebody_else(server, kept)) as second:
            assert await second.closing() == SECOND_HOST
        async with hosting(server, left):
            viewer = await sockets.enter_async_context(viewing(server, left, server.target))
            leaving = asyncio.get_running_loop().time()
        closed = await viewer.closing()
        seconds = asyncio.get_running_loop().time() - leaving
        await until(lambda: not server.connection_id(left), "the room is not active any more", PATIENCE_S)
        async with opened(server, f"{encoded(left)}/client/undefined/{server.source}") as late:
            told = await late.closing()
        listed = server.connection_id(kept) == host.connection_id
        return GraceTime(closed, seconds, told, (host.closed, watching.closed), listed)


def _somebody_else(server: Server, room: str) -> dict[str, str]:
    return cookies_of_host(room, server.new_host())


async def _leave_and_come_back(server: Server, room: str, sockets: AsyncExitStack) -> tuple[Tab, Tab]:
    """A host that left its room and came back, and a viewer that has been there all the time."""
    async with hosting(server, room) as host:
        viewer = await sockets.enter_async_context(viewing(server, room, server.target))
    cookies = cookies_of_host(room, server.host_key, connection_id=host.connection_id)
    again = await sockets.enter_async_context(hosting(server, room, cookies))
    assert viewer.closed is None, f"this machine needs more than {GRACE_S} s to come back"
    return again, viewer


async def test_viewers_stay_and_may_join_while_the_host_is_away(server: Server, room: str) -> None:
    """Until then viewers may join and the host may come back; `host_connection_id` stays set."""
    async with AsyncExitStack() as viewers:
        async with hosting(server, room) as host:
            viewer = await viewers.enter_async_context(viewing(server, room, server.target))
        another = await viewers.enter_async_context(viewing(server, room, server.target))
        assert server.connection_id(room) == host.connection_id
        cookies = cookies_of_host(room, server.host_key, connection_id=host.connection_id)
        async with hosting(server, room, cookies):
            assert (viewer.closed, another.closed) == (None, None)


@pytest.mark.own_setup
def test_a_room_is_closed_for_all_when_its_host_does_not_come_back(grace_time: GraceTime) -> None:
    """A room is closed `close_room_after` seconds after its host left, and not before; all in it: 1003
    `Room closed`."""
    assert grace_time.viewer == ROOM_CLOSED
    assert grace_time.seconds >= GRACE_S - 1
    assert grace_time.late == NOT_ACTIVE


@pytest.mark.own_setup
def test_a_host_that_comes_back_stops_the_timer(grace_time: GraceTime) -> None:
    """Until then the host may come back: the time it was away for is forgotten."""
    assert grace_time.kept == (None, None)


@pytest.mark.own_setup
def test_a_refused_second_host_does_not_arm_the_close_timer_of_the_live_one(grace_time: GraceTime) -> None:
    """A rejected second host must not arm the close timer of the live host."""
    assert grace_time.kept == (None, None)
    assert grace_time.listed


async def test_a_closed_room_can_be_opened_again_and_begins_empty(server: Server, room: str) -> None:
    async with hosting(server, room) as host:
        server.close_room(room)
        assert await host.closing() == ROOM_CLOSED
    await until(lambda: not server.connection_id(room), "the room is not active any more", PATIENCE_S)
    async with hosting(server, room) as host:
        assert host.frames[1]["last_n_sents"] == []


@pytest.mark.own_setup
async def test_an_active_room_is_listed_whatever_the_clock_says(server: Server) -> None:
    """Every active room is listed until it is closed, whatever the clock says."""
    code = schedule.PAST
    assert server.listed(code) is None
    async with hosting(server, code) as host:
        assert server.connection_id(code) == host.connection_id
        async with viewing(server, code, server.target) as viewer:
            server.close_room(code)
            assert await viewer.closing() == ROOM_CLOSED
    await until(lambda: server.listed(code) is None, "the room is listed no more", PATIENCE_S)
