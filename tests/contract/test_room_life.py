"""How long a room lives: its grace time, and what holds for everybody in it meanwhile."""

import asyncio
from contextlib import AsyncExitStack

import pytest

from tests.contract import schedule
from tests.contract.client import (
    NOT_ACTIVE,
    ROOM_CLOSED,
    cookies_of_host,
    encoded,
    hosting,
    opened,
    viewing,
)
from tests.contract.server import Server
from tests.contract.setup import GRACE_S
from tests.waiting import until


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
async def test_a_room_is_closed_for_all_when_its_host_does_not_come_back(server: Server, room: str) -> None:
    """A room is closed `close_room_after` seconds after its host left; all in it: 1003 `Room closed`."""
    now = asyncio.get_running_loop().time
    async with hosting(server, room) as host, viewing(server, room, server.target) as viewer:
        left = now()
        await host.connection.close()
        assert await viewer.closing() == ROOM_CLOSED
        assert GRACE_S - 1 <= now() - left <= GRACE_S * 3
    await until(lambda: not server.connection_id(room), "the room is not active any more")
    async with opened(server, f"{encoded(room)}/client/undefined/{server.source}") as late:
        assert await late.closing() == NOT_ACTIVE


@pytest.mark.own_setup
async def test_a_host_that_comes_back_stops_the_timer(server: Server, room: str) -> None:
    """Until then the host may come back: the time it was away for is forgotten."""
    async with hosting(server, room) as host, viewing(server, room, server.target) as viewer:
        await host.connection.close()
        cookies = cookies_of_host(room, server.host_key, connection_id=host.connection_id)
        async with hosting(server, room, cookies) as again:
            with pytest.raises(AssertionError, match="not within"):
                await again.sees(lambda: viewer.closed, "the viewer is sent away", timeout=6)


async def test_a_closed_room_can_be_opened_again_and_begins_empty(server: Server, room: str) -> None:
    async with hosting(server, room) as host:
        server.close_room(room)
        assert await host.closing() == ROOM_CLOSED
    await until(lambda: not server.connection_id(room), "the room is not active any more")
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
    await until(lambda: server.listed(code) is None, "the room is listed no more")
