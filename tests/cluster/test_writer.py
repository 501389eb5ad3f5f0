"""The operator's writes, each meant for one very Room, on a real API server."""

from datetime import UTC, datetime

import pytest

from dolmetsch_core.cluster import names
from dolmetsch_core.cluster.api import Cluster, Conflict
from dolmetsch_core.cluster.objects import room_of
from dolmetsch_core.life.report import changed
from dolmetsch_core.wire.room import Phase, RoomStatus
from dolmetsch_operator.apply import Writer
from dolmetsch_operator.facts import Facts
from dolmetsch_operator.leased import Leased
from tests.cluster.operator_process import delete_room, make_room
from tests.cluster.waiting import gone

CLOSED = RoomStatus(phase=Phase.CLOSED, message="Closed")


@pytest.fixture
def facts() -> Facts:
    return Facts(lambda kind, room: None)


@pytest.fixture
def writer(admin: Cluster, namespace: str, facts: Facts) -> Writer:
    return Writer(Leased(admin, lambda: float("inf")), facts, namespace)


async def test_a_room_made_anew_does_not_take_over_the_status_of_the_one_before(
    admin: Cluster, namespace: str, writer: Writer, facts: Facts
) -> None:
    first = await make_room(admin, namespace, "R1")
    await delete_room(admin, namespace, first)
    await gone(admin, names.rooms_path(namespace, "r1"))
    second = await make_room(admin, namespace, "R1")
    with pytest.raises(Conflict):
        await writer.room_status(room_of(first), CLOSED)
    found = await admin.get(names.rooms_path(namespace, "r1"))
    assert room_of(found).status == RoomStatus()
    assert facts.rooms["r1"].room.uid == second["metadata"]["uid"], "the new one is known at once"


async def test_a_status_is_replaced_as_a_whole(admin: Cluster, namespace: str, writer: Writer) -> None:
    room = room_of(await make_room(admin, namespace, "R1"))
    await writer.room_status(room, changed(CLOSED, close_at=datetime(2026, 1, 1, tzinfo=UTC)))
    await writer.room_status(room, CLOSED)
    found = await admin.get(names.rooms_path(namespace, "r1"))
    assert room_of(found).status == CLOSED


async def test_the_status_of_a_room_that_is_gone_is_dropped(
    admin: Cluster, namespace: str, writer: Writer, facts: Facts
) -> None:
    made = await make_room(admin, namespace, "R1")
    facts.take_room(None, made)
    await delete_room(admin, namespace, made)
    await gone(admin, names.rooms_path(namespace, "r1"))
    await writer.room_status(room_of(made), CLOSED)
    assert not facts.rooms
