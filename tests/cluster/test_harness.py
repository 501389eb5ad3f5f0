"""The test cluster itself: the real scheduler, lost nodes, an API server that restarts, hollow nodes."""

import asyncio
import os
import sys
from pathlib import Path

import httpx
import pytest

from dolmetsch_core.cluster import names
from dolmetsch_core.cluster.api import Away, Cluster
from tests.cluster.conftest import AddNode, AddProcessNode
from tests.cluster.control_plane import ControlPlane, die_with_parent, steady_port
from tests.cluster.kwok import Kwok, add_hollow_nodes, remove_hollow_nodes
from tests.cluster.nodes import GPU
from tests.cluster.pods import condition_of, delete, engine_pod, is_ready
from tests.cluster.waiting import PATIENCE_S, gone, pod_where, until
from tests.conftest import REPOSITORY


async def test_third_pod_waits_for_one_of_two_gpus(
    admin: Cluster, namespace: str, add_process_node: AddProcessNode
) -> None:
    await add_process_node("a", gpus=2)
    for name in ("one", "two"):
        await admin.create(names.pods_path(namespace), engine_pod(name))
    one = await pod_where(admin, namespace, "one", is_ready, "Ready")
    await pod_where(admin, namespace, "two", is_ready, "Ready")

    await admin.create(names.pods_path(namespace), engine_pod("three"))
    three = await pod_where(
        admin, namespace, "three", lambda pod: "reason" in condition_of(pod, "PodScheduled"), "refused"
    )
    assert condition_of(three, "PodScheduled")["reason"] == "Unschedulable"
    assert f"Insufficient {GPU}" in condition_of(three, "PodScheduled")["message"]

    await delete(admin, one)
    await pod_where(admin, namespace, "three", is_ready, "Ready")


async def test_lost_node_is_not_ready_and_its_pod_is_evicted(
    admin: Cluster, namespace: str, add_process_node: AddProcessNode, add_node: AddNode
) -> None:
    # With every node lost, Kubernetes takes itself for cut off, and evicts nothing.
    await add_node("witness")
    node = await add_process_node("a", gpus=1)
    await admin.create(names.pods_path(namespace), engine_pod("one"))
    await pod_where(admin, namespace, "one", is_ready, "Ready")

    await node.die()
    await until(lambda: not node.processes, "no process left")
    await pod_where(admin, namespace, "one", lambda pod: not is_ready(pod), "not Ready")
    seen = await admin.get(f"/api/v1/nodes/{node.name}")
    assert condition_of(seen, "Ready")["status"] == "Unknown"
    await pod_where(admin, namespace, "one", lambda pod: "deletionTimestamp" in pod["metadata"], "evicted")

    await node.come_back()
    await gone(admin, names.pods_path(namespace, "one"))


async def test_gpus_of_a_node_can_change(
    admin: Cluster, namespace: str, add_process_node: AddProcessNode
) -> None:
    node = await add_process_node("a", gpus=0)
    await admin.create(names.pods_path(namespace), engine_pod("one"))
    await pod_where(
        admin, namespace, "one", lambda pod: "reason" in condition_of(pod, "PodScheduled"), "refused"
    )
    await node.set_gpus(1)
    await pod_where(admin, namespace, "one", is_ready, "Ready")


async def test_cordoned_node_takes_no_pod(admin: Cluster, namespace: str, add_node: AddNode) -> None:
    node = await add_node("a", gpus=1)
    await node.cordon()
    await admin.create(names.pods_path(namespace), engine_pod("one"))
    await pod_where(
        admin, namespace, "one", lambda pod: "reason" in condition_of(pod, "PodScheduled"), "refused"
    )
    await node.cordon(False)
    await pod_where(admin, namespace, "one", lambda pod: bool(pod["spec"].get("nodeName")), "bound")


async def test_one_stand_in_answers_for_all_hollow_pods(
    control_plane: ControlPlane, admin: Cluster, namespace: str, tmp_path: Path
) -> None:
    port = steady_port()
    engines = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.cluster.stand_in_engine", "--many"),
        env=os.environ | {"DOLMETSCH_ENGINE_PORT": str(port)},
        cwd=REPOSITORY,
        preexec_fn=die_with_parent,
    )
    kwok = Kwok(control_plane, tmp_path)
    hollow: list[str] = []
    try:
        kwok.start()
        hollow += await add_hollow_nodes(admin, 2, 10, prefix=f"{namespace}-hollow")
        wanted = [f"p{number}" for number in range(20)]
        for name in wanted:
            await admin.create(names.pods_path(namespace), engine_pod(name))
        pods = [await pod_where(admin, namespace, name, is_ready, "Ready") for name in wanted]
        addresses = {pod["status"]["podIP"] for pod in pods}
        assert len(addresses) == len(wanted)
        # Asked until it answers: it may still be starting.
        tried = httpx.AsyncHTTPTransport(retries=10)
        async with httpx.AsyncClient(trust_env=False, transport=tried, timeout=PATIENCE_S) as client:
            first, second, *_ = sorted(addresses)
            await client.post(f"http://{first}:{port}/test/delay", params={"delay": "late"})
            told = [(await client.get(f"http://{each}:{port}/status")).json() for each in (first, second)]
        assert [each["delay"] for each in told] == ["late", "ok"]

        await delete(admin, pods[0])
        await gone(admin, names.pods_path(namespace, wanted[0]))
    finally:
        await remove_hollow_nodes(admin, hollow)
        kwok.stop()
        engines.kill()
        await engines.wait()


async def test_api_server_comes_back_at_its_address_with_its_data(
    control_plane: ControlPlane, admin: Cluster, namespace: str, add_process_node: AddProcessNode
) -> None:
    await add_process_node("a", gpus=1)
    await admin.create(names.pods_path(namespace), engine_pod("one"))
    before = await pod_where(admin, namespace, "one", is_ready, "Ready")
    control_plane.stop_apiserver()
    with pytest.raises(Away):
        await admin.get(names.pods_path(namespace))
    await asyncio.to_thread(control_plane.start_apiserver)

    after = await pod_where(admin, namespace, "one", is_ready, "Ready")
    assert after["metadata"]["uid"] == before["metadata"]["uid"]
