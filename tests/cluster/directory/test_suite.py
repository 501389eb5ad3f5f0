"""The Directory suite on a real API server, and what a cluster's directory has in its view."""

import asyncio
import logging

import pytest

from dolmetsch_api.cluster.kubernetes_directory import KubernetesDirectory
from dolmetsch_core.cluster import names
from dolmetsch_core.cluster.api import Cluster
from dolmetsch_core.cluster.objects import status_patch
from dolmetsch_core.tasks import end_tasks
from dolmetsch_core.wire.room import EnginePoolStatus
from tests.cluster.directory.conftest import ClusterOperator
from tests.cluster.waiting import until, until_so
from tests.integration.core.directory_suite import DirectorySuite, until_seen, wish


class TestKubernetesDirectory(DirectorySuite):
    """The suite."""


async def test_what_a_directory_wrote_is_in_its_view_at_once(
    directory: KubernetesDirectory, operator: ClusterOperator
) -> None:
    room = await directory.activate(wish())
    assert directory.view.rooms["R1"] == room
    renewed = await directory.restart("R1")
    assert directory.view.rooms["R1"] == renewed
    await directory.close("R1")
    assert directory.view.rooms["R1"].deleted is not None


async def test_an_older_word_never_undoes_a_newer_one(
    directory: KubernetesDirectory, operator: ClusterOperator
) -> None:
    seen: list[int] = []

    async def watch() -> None:
        async for room in directory.view.changes("R1"):
            seen.extend([room.spec.restart] if room else [])

    watching = asyncio.create_task(watch())
    await directory.activate(wish())
    for _ in range(30):
        await directory.restart("R1")
    await until(lambda: seen[-1:] == [30], "thirty restarts")
    # All that the watch has to tell of R1 came before this.
    await operator.make(room_id="R2")
    await until_seen(directory, "R2")
    await end_tasks(watching)
    assert seen == sorted(seen)


async def test_a_room_of_a_wrong_name_is_not_in_the_view(
    directory: KubernetesDirectory, operator: ClusterOperator
) -> None:
    await operator.make("misnamed")
    await operator.make(room_id="R2")
    await until_seen(directory, "R2")
    assert set(directory.view.rooms) == {"R2"}
    assert not await directory.close("R1")
    await directory.activate(wish())
    assert directory.view.rooms["R1"].name == "r1"


async def test_an_unreadable_room_is_told_of_once(
    admin: Cluster, namespace: str, directory: KubernetesDirectory, caplog: pytest.LogCaptureFixture
) -> None:
    room = await directory.activate(wish())
    obj = await admin.get(names.rooms_path(namespace, room.name))
    for _ in range(2):
        # What the CRD of another version would let through.
        version = str(int(obj["metadata"]["resourceVersion"]) + 1)
        obj |= {"metadata": obj["metadata"] | {"resourceVersion": version}, "spec": {"roomId": "R1"}}
        await directory._show(obj)
    assert "R1" not in directory.view.rooms
    told = [each.getMessage() for each in caplog.records if each.levelno >= logging.ERROR]
    assert told == ["left out: Room r1: sourceLang: Field required"]


async def test_capacity_follows_the_pool(
    admin: Cluster, namespace: str, directory: KubernetesDirectory
) -> None:
    assert await directory.capacity() == EnginePoolStatus()
    pool = {"apiVersion": names.API_VERSION, "kind": "EnginePool", "metadata": {"name": names.POOL}}
    path = names.pools_path(namespace)
    await admin.create(path, pool | {"spec": {}})
    await admin.create(path, pool | {"metadata": {"name": "another"}, "spec": {}})
    told = EnginePoolStatus(capacity=3, available=3, languages=("de", "en"))
    await admin.merge(f"{path}/another/status", status_patch(EnginePoolStatus(capacity=9)))
    await admin.merge(f"{path}/{names.POOL}/status", status_patch(told))

    async def as_told() -> bool:
        return await directory.capacity() == told

    await until_so(as_told, "the pool's figures")


async def test_a_deleted_pool_leaves_no_capacity_and_a_new_one_is_seen(
    admin: Cluster, namespace: str, directory: KubernetesDirectory
) -> None:
    pool = {"apiVersion": names.API_VERSION, "kind": "EnginePool", "metadata": {"name": names.POOL}}
    path = names.pools_path(namespace)

    async def make(capacity: int) -> str:
        made = await admin.create(path, pool | {"spec": {}})
        told = EnginePoolStatus(capacity=capacity, available=capacity)
        await admin.merge(f"{path}/{names.POOL}/status", status_patch(told))
        await until_capacity(capacity)
        return str(made["metadata"]["uid"])

    async def until_capacity(capacity: int) -> None:
        async def as_told() -> bool:
            return (await directory.capacity()).capacity == capacity

        await until_so(as_told, f"capacity for {capacity} rooms")

    uid = await make(3)
    await admin.delete(f"{path}/{names.POOL}", uid=uid)
    await until_capacity(0)
    await make(2)
