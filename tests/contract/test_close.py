"""`POST /room/{id}/close {key}`: an admin ends a room."""

import asyncio
from typing import Any

import pytest

from tests.contract.client import ROOM_CLOSED, encoded, fill, hosting, viewing
from tests.contract.proxies import NUL
from tests.contract.server import OK, PATIENCE_S, Rooms, Server, refused, said
from tests.waiting import until


async def test_an_admin_closes_a_room_and_everybody_in_it_is_told(server: Server, room: str) -> None:
    """`{"status":"ok"}`; all in the room: 1003 `Room closed`."""
    async with hosting(server, room) as host, viewing(server, room, server.target) as viewer:
        assert said(server.close_room(room)) == OK
        assert await host.closing() == ROOM_CLOSED
        assert await viewer.closing() == ROOM_CLOSED
    await until(lambda: not server.connection_id(room), "the room is not active any more", PATIENCE_S)


async def test_who_is_no_admin_is_refused(server: Server, room: str) -> None:
    """Not admin: refusal, and the room goes on; the admin password is as good as a key."""
    async with hosting(server, room) as host:
        for key in (server.host_key, server.host_password, "", "x.y.z"):
            assert refused(server.close_room(room, key)), key
        assert server.connection_id(room) == host.connection_id
        assert host.closed is None
        assert said(server.close_room(room, server.admin_password)) == OK


@pytest.mark.parametrize("body", [{}, {"key": None}, {"key": 7}, []])
def test_a_request_without_a_key_is_refused(server: Server, room: str, body: Any) -> None:
    """Not admin: refusal."""
    assert refused(server.post(f"/room/{encoded(room)}/close", body))


@pytest.mark.parametrize("unknown", ["NOWHERE", "x" * 3000, NUL])
def test_a_room_that_does_not_exist_is_refused(server: Server, unknown: str) -> None:
    """Room not active: refusal."""
    assert refused(server.post(f"/room/{unknown}/close", {"key": server.admin_key}))


def test_a_room_that_is_not_active_is_refused(server: Server, room: str) -> None:
    """Room not active: refusal."""
    assert refused(server.close_room(room))


async def test_closing_twice_does_not_change_capacity(server: Server, rooms: Rooms) -> None:
    """Closing twice does not change capacity: neither at once nor later, neither up nor down."""
    before = server.room_list()["max_active_rooms"]
    first, *others = rooms.some(before + 1)
    async with hosting(server, first):
        closing = (asyncio.to_thread(server.close_room, first) for _ in range(3))
        answers = await asyncio.gather(*closing)
    # Who comes second may find it closed already.
    assert OK in [said(answer) for answer in answers]
    assert all(said(answer) == OK or refused(answer) for answer in answers)
    await until(lambda: not server.connection_id(first), "the room is not active any more", PATIENCE_S)
    assert refused(server.close_room(first))
    assert server.room_list()["max_active_rooms"] == before
    await fill(server, [*others, first], before)
