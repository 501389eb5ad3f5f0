"""Pods as processes: their life, their probes, and the faults that tests give them."""

import signal
from typing import Any

import httpx

from dolmetsch_core.cluster import names
from dolmetsch_core.cluster.api import Cluster
from dolmetsch_core.wire.engine import EngineStatus, SessionRequest
from tests.cluster.conftest import AddProcessNode
from tests.cluster.operator_process import tell_engine
from tests.cluster.pods import delete, engine_pod, is_ready, state, terminated
from tests.cluster.stand_in_engine import CRASHED, LAST_WORDS
from tests.cluster.waiting import PATIENCE_S, gone, pod_where, until


async def test_pod_becomes_a_process_that_answers_at_its_own_address(
    admin: Cluster, namespace: str, add_process_node: AddProcessNode
) -> None:
    node = await add_process_node("a", gpus=2)
    for name in ("one", "two"):
        await admin.create(names.pods_path(namespace), engine_pod(name))
    one, two = [await pod_where(admin, namespace, name, is_ready, "Ready") for name in ("one", "two")]

    assert one["status"]["podIP"] != two["status"]["podIP"]
    assert set(node.processes) == {"one", "two"}
    async with client_of(one) as client:
        answer = await client.get("/status")
    assert EngineStatus.model_validate_json(answer.content).ready


async def test_deletion_ends_the_process(
    admin: Cluster, namespace: str, add_process_node: AddProcessNode
) -> None:
    node = await add_process_node("a", gpus=1)
    await admin.create(names.pods_path(namespace), engine_pod("one"))
    pod = await pod_where(admin, namespace, "one", is_ready, "Ready")
    process = node.processes["one"].process
    assert process is not None

    await delete(admin, pod)
    await gone(admin, names.pods_path(namespace, "one"))
    assert process.returncode == 0


async def test_pod_removed_by_force_ends_its_process_too(
    admin: Cluster, namespace: str, add_process_node: AddProcessNode
) -> None:
    node = await add_process_node("a", gpus=1)
    await admin.create(names.pods_path(namespace), engine_pod("one"))
    pod = await pod_where(admin, namespace, "one", is_ready, "Ready")

    await admin.delete(names.pods_path(namespace, "one"), uid=pod["metadata"]["uid"], grace_seconds=0)
    await until(lambda: not node.processes, "no process left")


async def test_pod_held_in_its_deletion_stays_until_released(
    admin: Cluster, namespace: str, add_process_node: AddProcessNode
) -> None:
    node = await add_process_node("a", gpus=1)
    await admin.create(names.pods_path(namespace), engine_pod("one"))
    pod = await pod_where(admin, namespace, "one", is_ready, "Ready")
    node.hold_terminating("on")

    await delete(admin, pod)
    await until(lambda: not node.processes, "no process left")
    assert (await admin.get(names.pods_path(namespace, "one")))["metadata"]["deletionTimestamp"]
    node.release_terminating()
    await gone(admin, names.pods_path(namespace, "one"))


async def test_crash_tells_exit_code_and_last_words(
    admin: Cluster, namespace: str, add_process_node: AddProcessNode
) -> None:
    await add_process_node("a", gpus=1)
    await admin.create(names.pods_path(namespace), engine_pod("one", STAND_IN_FAULT="crash"))
    pod = await pod_where(
        admin, namespace, "one", lambda pod: pod["status"]["phase"] == "Failed", "phase Failed"
    )

    assert terminated(pod)["exitCode"] == CRASHED
    assert terminated(pod)["reason"] == "Error"
    assert LAST_WORDS in terminated(pod)["message"]


async def test_killed_process_fails_its_pod(
    admin: Cluster, namespace: str, add_process_node: AddProcessNode
) -> None:
    node = await add_process_node("a", gpus=1)
    await admin.create(names.pods_path(namespace), engine_pod("one"))
    await pod_where(admin, namespace, "one", is_ready, "Ready")

    node.kill("one")
    pod = await pod_where(admin, namespace, "one", lambda pod: pod["status"]["phase"] == "Failed", "Failed")
    assert terminated(pod)["exitCode"] == 137


async def test_failing_engine_is_ended_by_its_liveness_probe(
    admin: Cluster, namespace: str, add_process_node: AddProcessNode
) -> None:
    await add_process_node("a", gpus=1)
    await admin.create(names.pods_path(namespace), engine_pod("one"))
    ready = await pod_where(admin, namespace, "one", is_ready, "Ready")

    await tell_engine(ready, "failing", failing="no words come out")

    # It obeys SIGTERM; one that hangs would be killed.
    await pod_where(admin, namespace, "one", lambda pod: pod["status"]["phase"] == "Succeeded", "ended")


async def test_hanging_engine_is_killed_by_its_liveness_probe(
    admin: Cluster, namespace: str, add_process_node: AddProcessNode
) -> None:
    node = await add_process_node("a", gpus=1)
    await admin.create(names.pods_path(namespace), engine_pod("one"))
    await pod_where(admin, namespace, "one", is_ready, "Ready")

    node.kill("one", signal.SIGSTOP)
    await pod_where(admin, namespace, "one", lambda pod: "terminated" in state(pod), "ended")


async def test_image_that_cannot_be_pulled_keeps_the_pod_pending(
    admin: Cluster, namespace: str, add_process_node: AddProcessNode
) -> None:
    node = await add_process_node("a", gpus=1)
    node.fail_images("broken:1")
    await admin.create(names.pods_path(namespace), engine_pod("one", image="broken:1"))

    def backing_off(pod: dict[str, Any]) -> bool:
        return bool(state(pod).get("waiting", {}).get("reason") == "ImagePullBackOff")

    await pod_where(admin, namespace, "one", backing_off, "backing off")
    node.heal_images()
    await pod_where(admin, namespace, "one", is_ready, "Ready")


async def test_engine_on_a_node_that_is_cut_off_runs_on_and_is_ready_again_afterwards(
    admin: Cluster, namespace: str, add_process_node: AddProcessNode
) -> None:
    node = await add_process_node("a", gpus=1)
    await admin.create(names.pods_path(namespace), engine_pod("one"))
    await pod_where(admin, namespace, "one", is_ready, "Ready")

    await node.cut_off()
    await pod_where(admin, namespace, "one", lambda pod: not is_ready(pod), "not Ready")
    assert set(node.processes) == {"one"}
    await node.come_back()
    await pod_where(admin, namespace, "one", is_ready, "Ready")


async def test_engine_that_lies_says_it_is_ready_and_refuses_sessions(
    admin: Cluster, namespace: str, add_process_node: AddProcessNode
) -> None:
    await add_process_node("a", gpus=1)
    await admin.create(names.pods_path(namespace), engine_pod("one", STAND_IN_FAULT="lies"))
    pod = await pod_where(admin, namespace, "one", is_ready, "Ready")

    wanted = SessionRequest(room="r1", session="s.1", epoch=1, source_lang="en")
    async with client_of(pod) as client:
        told = EngineStatus.model_validate_json((await client.get("/status?after=0")).content)
        refused = await client.put("/session", content=wanted.to_bytes())
    assert (told.ready, refused.status_code) == (True, 503)


async def test_stand_in_serves_one_session_and_drains_it(
    admin: Cluster, namespace: str, add_process_node: AddProcessNode
) -> None:
    await add_process_node("a", gpus=1)
    await admin.create(names.pods_path(namespace), engine_pod("one"))
    pod = await pod_where(admin, namespace, "one", is_ready, "Ready")

    wanted = SessionRequest(room="r1", session="s.1", epoch=1, source_lang="en")
    other = wanted.model_copy(update={"session": "s.2"})
    async with client_of(pod) as client:
        opened = await client.put("/session", content=wanted.to_bytes())
        refused = await client.put("/session", content=other.to_bytes())
        await client.post("/test/host?connected=true")
        rev = (await client.delete("/session")).json()["rev"]
        drained = EngineStatus.model_validate_json((await client.get(f"/status?after={rev}")).content)
    assert (opened.json()["session"], refused.status_code) == ("s.1", 409)
    assert (drained.drained, drained.host_connected) == (True, True)


def client_of(pod: dict[str, Any]) -> httpx.AsyncClient:
    """Asks a pod's engine, as long as it takes."""
    url = f"http://{pod['status']['podIP']}:{names.ENGINE_PORT}"
    return httpx.AsyncClient(base_url=url, trust_env=False, timeout=PATIENCE_S)
