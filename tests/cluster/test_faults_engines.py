"""Engines that fail in every way there is: the room goes on with another one, or says why it can't."""

from collections.abc import Callable
from contextlib import aclosing
from typing import Any

import pytest

from dolmetsch_core.cluster import names
from dolmetsch_core.cluster.api import Cluster
from dolmetsch_core.tokens import EngineKey
from tests.cluster.conftest import AddNode, AddProcessNode
from tests.cluster.operator_process import (
    IMAGE,
    OperatorProcess,
    delete_room,
    edit_pool,
    engine_of,
    make_pool,
    make_room,
    message,
    phase,
    pods_of,
    pool_where,
    served,
    served_without,
    tell_engine,
    until_no_pod,
    until_told,
)
from tests.cluster.pods import delete, is_ready
from tests.cluster.process_node import ProcessNode
from tests.cluster.stand_in_engine import CRASHED, LAST_WORDS
from tests.cluster.waiting import PATIENCE_S, gone, room_where, until, until_so

GIVEN_UP_AFTER_S = 4
"""An engine that does not start: long enough for a slow machine to tell why."""


async def look_again(admin: Cluster, namespace: str, room: dict[str, Any]) -> None:
    """Have the operator decide on a room now: an edited pool alone makes it do so some time later."""
    path = names.rooms_path(namespace, room["metadata"]["name"])
    await admin.merge(path, {"metadata": {"annotations": {"example.com/look": "again"}}})


async def serving_room(admin: Cluster, namespace: str, room_id: str = "R1", **pool: Any) -> dict[str, Any]:
    """A pool, a Ready room in it, and its pod."""
    await make_pool(admin, namespace, **pool)
    await make_room(admin, namespace, room_id)
    await room_where(admin, namespace, names.room_name(room_id), served, "Ready")
    return await engine_of(admin, namespace, room_id)


async def test_an_image_that_can_not_be_pulled_fails_the_room_with_the_cause_until_it_is_healed(
    admin: Cluster, namespace: str, operator: OperatorProcess, add_process_node: AddProcessNode
) -> None:
    node = await add_process_node("a", gpus=2)
    node.fail_images(IMAGE)
    await make_pool(admin, namespace)
    room = await make_room(admin, namespace, "R1")
    cause = f'ImagePullBackOff: Back-off pulling image "{IMAGE}"'
    starting = await room_where(admin, namespace, "r1", message(cause), "told")
    assert starting["status"]["phase"] == "Starting"
    # Only now, so that the cause is told before the first engine is given up.
    edited = (await edit_pool(admin, namespace, startTimeoutSeconds=GIVEN_UP_AFTER_S))["metadata"]
    await pool_where(admin, namespace, lambda pool: pool["observedGeneration"] == edited["generation"])
    await look_again(admin, namespace, room)
    given_up = (await room_where(admin, namespace, "r1", phase("Failed"), "Failed"))["status"]
    assert f"Given up after 6 failures. Engine lost: {cause}" in given_up["message"]
    assert "Raise spec.activation" in given_up["message"]
    await until_no_pod(admin, namespace)

    node.heal_images()
    await admin.merge(names.rooms_path(namespace, "r1"), {"spec": {"activation": 2}})
    again = await room_where(admin, namespace, "r1", phase("Ready"), "active again")
    assert again["status"]["failures"] == 0
    assert again["status"]["epoch"] > given_up["epoch"], "the pen never goes back"


async def test_an_engine_that_crashes_at_its_start_fails_the_room_with_its_last_words(
    admin: Cluster, namespace: str, operator: OperatorProcess, add_process_node: AddProcessNode
) -> None:
    await add_process_node("a", gpus=2)
    await make_pool(admin, namespace, env={"STAND_IN_FAULT": "crash"})
    await make_room(admin, namespace, "R1")
    given_up = await room_where(admin, namespace, "r1", phase("Failed"), "Failed")
    assert f"Error (exit code {CRASHED}) {LAST_WORDS}" in given_up["status"]["message"]
    await until_told(admin, namespace, given_up["status"]["message"])
    await until_no_pod(admin, namespace)


@pytest.mark.parametrize(
    ("hurt", "cause", "failures"),
    [
        (lambda node, pod: node.kill(pod), "exit code 137", 1),
        (lambda node, pod: node.evict(pod, "The node was low on memory."), "Evicted: The node was low", 0),
    ],
    ids=["killed", "evicted"],
)
async def test_a_live_room_gets_another_engine_and_says_what_became_of_the_last(
    *,
    admin: Cluster,
    namespace: str,
    operator: OperatorProcess,
    add_process_node: AddProcessNode,
    hurt: Callable[[ProcessNode, str], None],
    cause: str,
    failures: int,
) -> None:
    node = await add_process_node("a", gpus=2)
    pod = await serving_room(admin, namespace)
    hurt(node, pod["metadata"]["name"])
    room = await room_where(admin, namespace, "r1", served_without(pod), "on another engine")
    assert (room["status"]["failures"], room["status"]["message"]) == (failures, "")
    await until_told(admin, namespace, cause)
    await until_pods(admin, namespace, {room["status"]["engine"]["podName"]})


REFUSALS = [
    ("UnexpectedAdmissionError", "Allocate failed due to no healthy devices present"),
    ("OutOfnvidia.com/gpu", "Node didn't have enough resource: nvidia.com/gpu"),
    ("NodeShutdown", "node is shutting down"),
]


@pytest.mark.parametrize(("reason", "words"), REFUSALS)
async def test_a_node_that_refuses_engines_is_tried_again_until_it_takes_one_and_none_is_a_failure(
    *,
    admin: Cluster,
    namespace: str,
    operator: OperatorProcess,
    add_process_node: AddProcessNode,
    reason: str,
    words: str,
) -> None:
    node = await add_process_node("a", gpus=1)
    node.refuse_pods(reason, words)
    await make_pool(admin, namespace)
    await make_room(admin, namespace, "R1")
    tries = 4
    several = await room_where(
        admin, namespace, "r1", lambda room: room.get("status", {}).get("epoch", 0) >= tries, "several tries"
    )
    assert several["status"]["phase"] == "Starting"
    assert several["status"]["failures"] == 0
    assert several["status"]["message"] == f"No node keeps the engine: {reason}: Pod was rejected: {words}"
    node.take_pods()
    ready = await room_where(admin, namespace, "r1", served, "Ready")
    assert (ready["status"]["failures"], ready["status"]["message"]) == (0, "")
    assert ready["status"].get("unplacedSince") is None
    await until_pods(admin, namespace, {ready["status"]["engine"]["podName"]})


async def test_a_host_whose_engine_no_node_takes_is_refused_after_the_schedule_timeout(
    admin: Cluster, namespace: str, operator: OperatorProcess, add_process_node: AddProcessNode
) -> None:
    node = await add_process_node("a", gpus=1)
    node.refuse_pods(*REFUSALS[0])
    await make_pool(admin, namespace, warm=1, scheduleTimeoutSeconds=1)
    await pool_where(admin, namespace, lambda pool: "No node keeps warm engines: " in pool.get("message", ""))
    await edit_pool(admin, namespace, warm=0)
    room = await make_room(admin, namespace, "R1", origin="api")
    refused = await room_where(
        admin, namespace, "r1", message("no node has a free place for its engine (Unex"), "refused", room
    )
    scheduled = next(each for each in refused["status"]["conditions"] if each["type"] == "EngineScheduled")
    assert (scheduled["status"], scheduled["reason"]) == ("False", "NoCapacity")
    assert refused["status"]["failures"] == 0
    await gone(admin, names.rooms_path(namespace, "r1"))
    await until_no_pod(admin, namespace)


async def test_an_engine_that_crashes_with_every_session_is_counted_each_time(
    admin: Cluster, namespace: str, operator: OperatorProcess, add_process_node: AddProcessNode
) -> None:
    await add_process_node("a", gpus=2)
    await make_pool(admin, namespace, env={"STAND_IN_FAULT": "crash-after-session"})
    await make_room(admin, namespace, "R1")
    third = await room_where(
        admin, namespace, "r1", lambda room: room.get("status", {}).get("failures", 0) >= 3, "three losses"
    )
    assert third["status"]["epoch"] >= 3
    assert LAST_WORDS in third["status"]["message"]
    assert len([pod for pod in await pods_of(admin, namespace) if not ended(pod)]) <= 1


@pytest.mark.parametrize("fault", ["die", "freeze"])
async def test_a_lost_node_costs_a_room_its_engine_and_no_more(
    admin: Cluster,
    namespace: str,
    operator: OperatorProcess,
    add_process_node: AddProcessNode,
    fault: str,
) -> None:
    node = await add_process_node("a", gpus=1)
    old = await serving_room(admin, namespace)
    await add_process_node("b", gpus=1)
    await getattr(node, fault)()
    await node.be_missed()
    room = await room_where(admin, namespace, "r1", served_without(old), "on the other node")
    engine = await engine_of(admin, namespace, "R1")
    assert engine["spec"]["nodeName"].endswith("-b")
    await until_told(admin, namespace, f"node {node.name} is lost")
    old_path = names.pods_path(namespace, old["metadata"]["name"])
    assert (await admin.get(old_path))["metadata"]["deletionTimestamp"], "its object waits for the node"

    await node.come_back()
    await gone(admin, old_path)
    await until(lambda: not node.processes, "nothing left on the node")
    now = await admin.get(names.rooms_path(namespace, "r1"))
    assert now["status"]["engine"] == room["status"]["engine"]


async def test_a_pod_that_never_finishes_its_deletion_is_not_waited_for(
    admin: Cluster, namespace: str, operator: OperatorProcess, add_process_node: AddProcessNode
) -> None:
    node = await add_process_node("a", gpus=2)
    stuck = await serving_room(admin, namespace)
    node.hold_terminating(stuck["metadata"]["name"])
    await delete(admin, stuck)
    await room_where(admin, namespace, "r1", served_without(stuck), "on another engine")
    assert len(await pods_of(admin, namespace)) == 2
    node.release_terminating()
    await gone(admin, names.pods_path(namespace, stuck["metadata"]["name"]))


@pytest.mark.parametrize(
    ("fault", "start_s", "cause"),
    [
        ("failing", 300, "no words come out"),
        ("never-ready", 2, "the engine was not ready in time"),
        ("hang", 2, "the engine was not ready in time"),
        ("lies", 300, "it does not take the session"),
    ],
)
async def test_an_engine_that_is_no_use_does_not_keep_its_room_waiting_without_a_word(
    *,
    admin: Cluster,
    namespace: str,
    operator: OperatorProcess,
    add_process_node: AddProcessNode,
    fault: str,
    start_s: int,
    cause: str,
) -> None:
    await add_process_node("a", gpus=2)
    await make_pool(admin, namespace, env={"STAND_IN_FAULT": fault}, startTimeoutSeconds=start_s)
    room = await make_room(admin, namespace, "R1")
    waiting = await room_where(admin, namespace, "r1", message(cause), cause)
    assert waiting["status"]["phase"] in ("Starting", "Recovering", "Failed")
    assert waiting["status"]["deadline"], "every wait has an end"
    await delete_room(admin, namespace, room)
    await gone(admin, names.rooms_path(namespace, "r1"))
    await until_no_pod(admin, namespace)


async def test_an_engine_that_lost_the_pen_is_replaced(
    admin: Cluster, namespace: str, operator: OperatorProcess, add_process_node: AddProcessNode
) -> None:
    await add_process_node("a", gpus=2)
    pod = await serving_room(admin, namespace)
    await tell_engine(pod, "fenced")
    room = await room_where(admin, namespace, "r1", served_without(pod), "on another engine")
    assert room["status"]["failures"] == 1
    await until_told(admin, namespace, "another engine took this session's pen")


async def test_engines_that_do_not_take_the_operators_new_key_are_replaced_with_the_cause(
    *,
    admin: Cluster,
    namespace: str,
    operator: OperatorProcess,
    add_operator: Callable[..., OperatorProcess],
    add_process_node: AddProcessNode,
) -> None:
    await add_process_node("a", gpus=2)
    await make_pool(admin, namespace)
    refusing: dict[str, dict[str, Any]] = {}
    for room_id in ("R1", "R2"):
        await make_room(admin, namespace, room_id)
        await room_where(admin, namespace, room_id.lower(), served, "Ready")
        refusing[room_id.lower()] = await engine_of(admin, namespace, room_id)
    await operator.stop()
    other = add_operator("other", DOLMETSCH_OPERATOR_ENGINE_PRIVATE_KEY=EngineKey.generate().pem)
    await other.start()
    for name, old in refusing.items():
        room = await room_where(admin, namespace, name, served_without(old), "on an engine of the new key")
        assert room["status"]["failures"] == 1
    await until_told(admin, namespace, "it does not accept this operator's key")


async def test_an_engine_deleted_by_hand_is_asked_for_again_at_once_and_is_no_failure(
    admin: Cluster, namespace: str, operator: OperatorProcess, add_process_node: AddProcessNode
) -> None:
    await add_process_node("a", gpus=3)
    live = await serving_room(admin, namespace)
    await delete(admin, live)
    room = await room_where(admin, namespace, "r1", served_without(live), "on another engine")
    assert room["status"]["failures"] == 0
    await until_told(admin, namespace, "Its engine went away")
    await gone(admin, names.pods_path(namespace, live["metadata"]["name"]))


async def test_engines_that_are_deleted_as_fast_as_they_are_made_are_not_made_without_a_pause(
    admin: Cluster, namespace: str, operator: OperatorProcess, add_node: AddNode
) -> None:
    """A node without a kubelet: the pods get a place and never start."""
    await add_node("a", gpus=1)
    await make_pool(admin, namespace)
    version = (await admin.get(names.pods_path(namespace)))["metadata"]["resourceVersion"]
    await make_room(admin, namespace, "R1")
    made = 0
    watch = admin.watch(names.pods_path(namespace), version, timeout=PATIENCE_S, silence=PATIENCE_S)
    async with aclosing(watch) as events:
        async for kind, pod in events:
            if kind != "ADDED":
                continue
            made += 1
            path = names.pods_path(namespace, pod["metadata"]["name"])
            await admin.delete(path, uid=pod["metadata"]["uid"], grace_seconds=0)
            if made == 6:
                break
    failed = await room_where(admin, namespace, "r1", phase("Failed"), "given up")
    assert "Engine went away before it served the room" in failed["status"]["message"]
    assert failed["status"]["epoch"] >= made


async def test_a_warm_engine_deleted_by_hand_is_made_again(
    admin: Cluster, namespace: str, operator: OperatorProcess, add_process_node: AddProcessNode
) -> None:
    await add_process_node("a", gpus=2)
    await make_pool(admin, namespace, warm=1)
    await pool_where(admin, namespace, lambda status: status.get("warm") == 1)
    (warm,) = await pods_of(admin, namespace)
    await delete(admin, warm)
    await gone(admin, names.pods_path(namespace, warm["metadata"]["name"]))

    async def another() -> bool:
        # The pool's status may be of before the deletion.
        return [is_ready(pod) for pod in await pods_of(admin, namespace)] == [True]

    await until_so(another, "another one, and one only")
    await pool_where(admin, namespace, lambda status: status.get("warm") == 1)
    assert len(await pods_of(admin, namespace)) == 1


async def test_labels_that_a_person_edits_do_not_give_a_live_engine_to_another_room(
    admin: Cluster, namespace: str, operator: OperatorProcess, add_process_node: AddProcessNode
) -> None:
    node = await add_process_node("a", gpus=3)
    live = await serving_room(admin, namespace)
    name = live["metadata"]["name"]
    nonsense = {names.ROOM: None, names.EPOCH: "99999999999999999999", names.TEMPLATE: "banana"}
    await admin.merge(names.pods_path(namespace, name), {"metadata": {"labels": nonsense}})
    await make_room(admin, namespace, "R2")
    other = await room_where(admin, namespace, "r2", served, "Ready")
    assert other["status"]["engine"]["podName"] != name
    still = await room_where(admin, namespace, "r1", phase("Ready"), "Ready")
    assert (still["status"]["engine"]["podName"], still["status"]["failures"]) == (name, 0)
    node.kill(name)
    await room_where(admin, namespace, "r1", served_without(live), "on another engine")


def ended(pod: dict[str, Any]) -> bool:
    return "deletionTimestamp" in pod["metadata"] or pod["status"]["phase"] in ("Failed", "Succeeded")


async def until_pods(admin: Cluster, namespace: str, expected: set[str]) -> None:
    """Wait until there are these pods and no others."""

    async def as_expected() -> bool:
        return {pod["metadata"]["name"] for pod in await pods_of(admin, namespace)} == expected

    await until_so(as_expected, f"the pods {expected}")
