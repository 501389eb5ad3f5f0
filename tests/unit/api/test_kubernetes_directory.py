"""What a cluster's directory makes of the words of its watches."""

from typing import cast

from dolmetsch_api.cluster.kubernetes_directory import KubernetesDirectory
from dolmetsch_core.cluster import names
from dolmetsch_core.cluster.api import Cluster, Json
from dolmetsch_core.wire.room import EnginePoolStatus


def pool(version: int, capacity: int) -> Json:
    meta = {"name": names.POOL, "resourceVersion": str(version)}
    return {"metadata": meta, "status": {"capacity": capacity}}


async def test_a_deleted_pool_leaves_no_capacity_and_a_new_one_is_seen() -> None:
    directory = KubernetesDirectory(cast("Cluster", None), "ns")
    pools = directory._pools
    for kind, obj, capacity in (
        ("ADDED", pool(1, 3), 3),
        ("DELETED", pool(2, 3), 0),
        ("ADDED", pool(3, 2), 2),
    ):
        pools._take_event(kind, obj)
        await directory._see_pool()
        assert (await directory.capacity()).capacity == capacity
    assert await directory.capacity() == EnginePoolStatus(capacity=2)
