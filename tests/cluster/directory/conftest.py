"""Two directories on one namespace's Rooms, and an operator played by an admin."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from dolmetsch_api.cluster.kubernetes_directory import KubernetesDirectory
from dolmetsch_core.cluster import names
from dolmetsch_core.cluster.api import Cluster, cluster_of
from dolmetsch_core.cluster.objects import room_object, room_of, status_patch
from dolmetsch_core.wire.room import Origin, Room
from tests.cluster.waiting import until
from tests.integration.core.directory_suite import Operator, wish


class ClusterOperator(Operator):
    """Writes as the operator does."""

    def __init__(self, admin: Cluster, namespace: str) -> None:
        self._admin = admin
        self._namespace = namespace

    async def rooms(self) -> dict[str, Room]:
        found = await self._admin.get(names.rooms_path(self._namespace))
        return {room.spec.room_id: room for room in map(room_of, found["items"])}

    async def write_status(self, room: Room) -> None:
        await self._admin.merge(f"{self._path(room)}/status", status_patch(room.status))

    async def delete(self, room: Room) -> None:
        await self._admin.delete(self._path(room), uid=room.uid)

    async def forget(self, room: Room) -> None:
        await self._admin.merge(self._path(room), {"metadata": {"finalizers": None}})

    async def make(self, name: str = "", **fields: object) -> Room:
        """Make a Room as a person does: no label, no finalizer."""
        made = room_object(wish(**fields), self._namespace, Origin.OTHER)
        made["metadata"] = {
            "name": name or made["metadata"]["name"],
            "annotations": {"example.org/note": "kept"},
        }
        return room_of(await self._admin.create(names.rooms_path(self._namespace), made))

    def _path(self, room: Room) -> str:
        return names.rooms_path(self._namespace, room.name)


@pytest.fixture
async def operator(admin: Cluster, namespace: str) -> ClusterOperator:
    return ClusterOperator(admin, namespace)


async def watching_directory(kubeconfig: Path, namespace: str) -> AsyncIterator[KubernetesDirectory]:
    """A directory whose view has seen the rooms, stopped afterwards."""
    directory = KubernetesDirectory(cluster_of(kubeconfig), namespace)
    await directory.start()
    await until(lambda: directory.view.seen, "the first list of rooms")
    yield directory
    await directory.stop()


@pytest.fixture
async def directory(api_kubeconfig: Path, namespace: str) -> AsyncIterator[KubernetesDirectory]:
    async for each in watching_directory(api_kubeconfig, namespace):
        yield each


@pytest.fixture
async def other(api_kubeconfig: Path, namespace: str) -> AsyncIterator[KubernetesDirectory]:
    async for each in watching_directory(api_kubeconfig, namespace):
        yield each
