"""What is done before the platform is uninstalled, over a stand-in for the API server."""

from typing import Any, cast

import pytest

from dolmetsch_core.cluster.api import Cluster, Conflict, NotFound
from dolmetsch_operator.uninstall import RoomsLeft, Uninstall

POOL = "/apis/dolmetsch.dev/v1alpha1/namespaces/ns/enginepools/default"
ROOMS = "/apis/dolmetsch.dev/v1alpha1/namespaces/ns/rooms"
SCALE = "/apis/apps/v1/namespaces/ns/deployments/captions-api/scale"


class Server:
    """Rooms with finalizers; `ends` says which of them an operator lets go, at the next look."""

    def __init__(self, *rooms: str, ends: tuple[str, ...] = ()) -> None:
        self.rooms: dict[str, dict[str, Any]] = {name: {"name": name, "uid": f"uid-{name}"} for name in rooms}
        self.ends = ends
        self.calls: list[str] = []
        self.now = 0.0
        self.late: list[str] = []
        """Rooms that a host opens while the api is being ended."""

    async def get(self, path: str) -> dict[str, Any]:
        assert path == ROOMS
        return {"items": [{"metadata": dict(meta)} for meta in self.rooms.values()]}

    async def merge(self, path: str, patch: Any) -> None:
        self.calls.append(f"patch {path.rpartition('/')[2]}")
        if path == SCALE:
            assert patch == {"spec": {"replicas": 0}}
            self.rooms |= {name: {"name": name, "uid": name} for name in self.late}
        elif path == POOL:
            assert patch == {"spec": {"maxActiveRooms": 0}}
        else:
            assert patch == {"metadata": {"finalizers": None}}
            del self.rooms[path.rpartition("/")[2]]

    async def delete(self, path: str, *, uid: str) -> None:
        meta = self.rooms[path.rpartition("/")[2]]
        assert meta["uid"] == uid
        self.calls.append(f"delete {meta['name']}")
        meta["deletionTimestamp"] = "now"

    async def sleep(self, seconds: float) -> None:
        self.now += seconds
        for name in self.ends:
            if "deletionTimestamp" in self.rooms.get(name, {}):
                del self.rooms[name]

    def uninstall(self) -> Uninstall:
        cluster = cast("Cluster", self)
        return Uninstall(
            cluster, "ns", api_deployment="captions-api", sleep=self.sleep, clock=lambda: self.now
        )


async def test_rooms_that_an_operator_drains_are_not_cut() -> None:
    server = Server("r1", "r2", ends=("r1", "r2"))
    assert await server.uninstall().run(60) == []
    assert server.calls == ["patch default", "delete r1", "delete r2", "patch scale"]
    assert server.now < 5, "it does not wait when nothing is left"


async def test_rooms_that_nobody_drains_are_cut_after_the_wait() -> None:
    server = Server("r1", "r2", ends=("r1",))
    assert await server.uninstall().run(60) == ["r2"]
    assert 60 <= server.now < 65
    assert server.rooms == {}


async def test_a_room_that_is_opened_while_the_api_ends_is_cut_too() -> None:
    server = Server()
    server.late = ["r3"]
    assert await server.uninstall().run(60) == ["r3"]
    assert server.rooms == {}


async def test_a_room_that_ends_by_itself_meanwhile_was_not_cut_off() -> None:
    class Racing(Server):
        async def merge(self, path: str, patch: Any) -> None:
            if path.startswith(ROOMS):
                del self.rooms[path.rpartition("/")[2]]
                raise NotFound(404, "gone")
            await super().merge(path, patch)

    assert await Racing("r1").uninstall().run(1) == []


async def test_rooms_that_can_not_be_cut_off_are_an_error_with_their_names() -> None:
    class Busy(Server):
        async def merge(self, path: str, patch: Any) -> None:
            if path.startswith(ROOMS):
                raise Conflict(409, "changed meanwhile")
            await super().merge(path, patch)

    with pytest.raises(RoomsLeft, match=r"r1, r2 are still there: .* by hand"):
        await Busy("r1", "r2").uninstall().run(1)


async def test_without_rooms_pool_and_kinds_there_is_nothing_to_do() -> None:
    class Empty(Server):
        async def get(self, path: str) -> dict[str, Any]:
            raise NotFound(404, f"{path} not found")

        async def merge(self, path: str, patch: Any) -> None:
            raise NotFound(404, f"{path} not found")

    assert await Empty().uninstall().run(60) == []
