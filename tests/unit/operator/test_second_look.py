"""A full reading over a stand-in for the API server."""

from typing import Any, cast

from dolmetsch_core.cluster.api import Cluster
from dolmetsch_operator.facts import Facts
from dolmetsch_operator.health import Health
from dolmetsch_operator.second_look import SecondLook
from tests.unit.operator.test_facts import room


class Listed:
    """Lists what it was given, by the last part of the path."""

    def __init__(self) -> None:
        self.rooms: list[Any] = []

    async def get(self, path: str, **_query: str) -> Any:
        return {"items": self.rooms if path.endswith("/rooms") else []}


async def test_a_room_that_can_not_be_read_is_forgotten_once_it_is_gone_unseen() -> None:
    known, server = Facts(lambda kind, room: None), Listed()
    look = SecondLook(cast("Cluster", server), known, "ns", Health(list, lambda: None, lambda: 0))  # type: ignore[arg-type,return-value]
    server.rooms = [room(3, sourceLang="English")]
    await look.read()
    assert "r1" in known.unreadable
    server.rooms = []
    await look.read()
    assert not known.unreadable


async def test_a_room_that_can_not_be_read_any_more_is_forgotten_as_a_whole() -> None:
    known, server = Facts(lambda kind, room: None), Listed()
    look = SecondLook(cast("Cluster", server), known, "ns", Health(list, lambda: None, lambda: 0))  # type: ignore[arg-type,return-value]
    for obj in (room(3), room(4, sourceLang="English")):
        server.rooms = [obj]
        await look.read()
    assert (set(known.rooms), set(known.unreadable)) == ({"r1"}, {"r1"})
    server.rooms = []
    await look.read()
    assert not known.rooms
    assert not known.unreadable
