"""A pool that is missing, nonsense, full or over quota: rooms say so, and a mended one works at once."""

import re
from collections.abc import Callable
from typing import Any

from dolmetsch_core.cluster import names
from dolmetsch_core.cluster.api import Cluster
from tests.cluster.conftest import AddProcessNode
from tests.cluster.operator_process import (
    IMAGE,
    OperatorProcess,
    edit_pool,
    engine_of,
    make_pool,
    make_room,
    message,
    phase,
    pods_of,
    pool_where,
    served,
    until_capacity,
)
from tests.cluster.pods import delete, engine_pod
from tests.cluster.waiting import gone, object_where, pod_where, room_where

ENGINE = {"name": "engine", "image": IMAGE}
NO_POOL = "There is no EnginePool 'default' in this namespace"
QUOTAS = "/api/v1/namespaces/{}/resourcequotas"
UNUSABLE: dict[str, tuple[dict[str, Any], str]] = {
    "no image": ({"containers": [{"name": "engine"}]}, "image is missing"),
    "no engine": ({"containers": [{"name": "other", "image": IMAGE}]}, "the engine's container is named"),
    "text for a list": ({"containers": "engine"}, "a list is expected instead of 'engine'"),
    "numbers for objects": ({"containers": [1, 2]}, "does not have the form of a pod"),
    "a number in a selector": ({"nodeSelector": {"gpu": 3}}, "nodeSelector"),
    "text for a selector": ({"nodeSelector": "gpu"}, "nodeSelector"),
    "text for tolerations": ({"tolerations": "all"}, "a list is expected instead of 'all'"),
    "an impossible name": ({"containers": [ENGINE, {"name": "Ü", "image": IMAGE}]}, "containers[1].name"),
}


def says(words: str) -> Callable[[dict[str, Any]], bool]:
    return lambda status: words in status["message"]


async def test_a_room_without_a_pool_says_so_and_starts_once_there_is_one(
    admin: Cluster, namespace: str, operator: OperatorProcess, add_process_node: AddProcessNode
) -> None:
    await add_process_node("a", gpus=1)
    await make_room(admin, namespace, "R1")
    waiting = await room_where(admin, namespace, "r1", message(NO_POOL), "told")
    assert waiting["status"]["phase"] == "Pending"
    await make_room(admin, namespace, "R2", origin="api")
    await gone(admin, names.rooms_path(namespace, "r2"))
    await make_pool(admin, namespace)
    await room_where(admin, namespace, "r1", phase("Ready"), "Ready")


async def test_a_template_that_makes_no_pods_is_told_and_engines_are_made_of_the_last_good_one(
    admin: Cluster, namespace: str, operator: OperatorProcess, add_process_node: AddProcessNode
) -> None:
    await add_process_node("a", gpus=4)
    await make_pool(admin, namespace, warm=1)
    await make_room(admin, namespace, "LIVE")
    live = await room_where(admin, namespace, "live", phase("Ready"), "Ready")
    for part, words in UNUSABLE.values():
        spec = {"containers": [ENGINE], "nodeSelector": None, "tolerations": None, **part}
        await edit_pool(admin, namespace, template={"spec": spec})
        status = await pool_where(admin, namespace, says(words))
        assert status["message"].startswith("Engines can't be made of spec.template, mend it: ")
    await make_room(admin, namespace, "NEW")
    await room_where(admin, namespace, "new", phase("Ready"), "Ready")
    now = await admin.get(names.rooms_path(namespace, "live"))
    assert now["metadata"]["resourceVersion"] == live["metadata"]["resourceVersion"]

    mended = {"containers": [ENGINE | {"image": "engine:2"}], "nodeSelector": None, "tolerations": None}
    await edit_pool(admin, namespace, template={"spec": mended})
    await pool_where(admin, namespace, lambda status: not status.get("message"))
    await make_room(admin, namespace, "LAST")
    await room_where(admin, namespace, "last", phase("Ready"), "Ready")


async def test_an_operator_that_begins_with_an_unusable_template_keeps_what_lives_and_tells_the_rest(
    admin: Cluster, namespace: str, operator: OperatorProcess, add_process_node: AddProcessNode
) -> None:
    await add_process_node("a", gpus=2)
    await make_pool(admin, namespace)
    await make_room(admin, namespace, "LIVE")
    live = await room_where(admin, namespace, "live", served, "Ready")
    await operator.stop()
    await edit_pool(admin, namespace, template={"spec": {"containers": "engine"}})
    await operator.start()
    await make_room(admin, namespace, "NEW")
    await room_where(admin, namespace, "new", message("Engines can't be made of spec.template"), "told")
    now = await admin.get(names.rooms_path(namespace, "live"))
    assert now["metadata"]["resourceVersion"] == live["metadata"]["resourceVersion"]
    await edit_pool(admin, namespace, template={"spec": {"containers": [ENGINE]}})
    await room_where(admin, namespace, "new", served, "Ready once mended")


async def test_a_deleted_pool_leaves_live_rooms_alone_and_lost_engines_come_back_with_it(
    admin: Cluster, namespace: str, operator: OperatorProcess, add_process_node: AddProcessNode
) -> None:
    node = await add_process_node("a", gpus=2)
    pool = await make_pool(admin, namespace, warm=1)
    await make_room(admin, namespace, "R1")
    await room_where(admin, namespace, "r1", phase("Ready"), "Ready")
    await admin.delete(names.pools_path(namespace, names.POOL), uid=pool["metadata"]["uid"])
    await make_room(admin, namespace, "R2")
    await room_where(admin, namespace, "r2", message(NO_POOL), "told")
    engine = await engine_of(admin, namespace, "R1")
    node.kill(engine["metadata"]["name"])
    await room_where(admin, namespace, "r1", message(NO_POOL), "told")
    await make_pool(admin, namespace)
    for name in ("r1", "r2"):
        await room_where(admin, namespace, name, phase("Ready"), "Ready")


async def test_gpus_that_other_pods_hold_refuse_rooms_of_the_api_and_keep_the_others_waiting(
    admin: Cluster, namespace: str, operator: OperatorProcess, add_process_node: AddProcessNode
) -> None:
    await add_process_node("a", gpus=1)
    other = await admin.create(names.pods_path(namespace), engine_pod("training"))
    name = other["metadata"]["name"]
    await pod_where(admin, namespace, name, lambda pod: bool(pod["spec"].get("nodeName")), "placed")
    await make_pool(admin, namespace, scheduleTimeoutSeconds=1)
    await until_capacity(admin, namespace, 1)
    words = "Unable to activate room <{}>: no node has a free place for its engine"
    refused = await make_room(admin, namespace, "API", origin="api")
    await room_where(admin, namespace, "api", message(words.format("API")), "refused", refused)
    await gone(admin, names.rooms_path(namespace, "api"))
    await make_room(admin, namespace, "MINE")
    waiting = await room_where(admin, namespace, "mine", message(words.format("MINE")), "waiting")
    assert waiting["status"]["phase"] == "Pending"
    await delete(admin, other)
    ready = await room_where(admin, namespace, "mine", phase("Ready"), "Ready")
    assert ready["status"]["failures"] == 0


async def test_a_device_plugin_that_starts_again_costs_no_warm_engine_and_a_new_host_waits(
    admin: Cluster, namespace: str, operator: OperatorProcess, add_process_node: AddProcessNode
) -> None:
    node = await add_process_node("a", gpus=2)
    await make_pool(admin, namespace, warm=1, scheduleTimeoutSeconds=1)
    await pool_where(admin, namespace, lambda status: status.get("warm") == 1)
    (warm,) = await pods_of(admin, namespace)
    await node.set_gpus(0)
    first = await make_room(admin, namespace, "R1", origin="api")
    await room_where(admin, namespace, "r1", phase("Ready"), "Ready on the warm engine", first)
    assert (await engine_of(admin, namespace, "R1"))["metadata"]["uid"] == warm["metadata"]["uid"]
    second = await make_room(admin, namespace, "R2", origin="api")
    waiting = await room_where(
        admin, namespace, "r2", message("Insufficient nvidia.com/gpu"), "waits", second
    )
    assert waiting["status"]["phase"] == "Starting"
    third = await make_room(admin, namespace, "R3", origin="api")
    full = message("Maximum capacity of 2 instances reached")
    await room_where(admin, namespace, "r3", full, "refused", third)
    await node.set_gpus(2)
    await room_where(admin, namespace, "r2", phase("Ready"), "Ready", second)


async def test_a_quota_on_pods_is_named_and_over_once_it_is_raised(
    admin: Cluster, namespace: str, operator: OperatorProcess, add_process_node: AddProcessNode
) -> None:
    await add_process_node("a", gpus=3)
    quota = await admin.create(
        QUOTAS.format(namespace), {"metadata": {"name": "few"}, "spec": {"hard": {"pods": "1"}}}
    )
    path = f"{QUOTAS.format(namespace)}/{quota['metadata']['name']}"
    await object_where(admin, path, lambda obj: "used" in obj.get("status", {}), "counting")
    await make_pool(admin, namespace)
    await make_room(admin, namespace, "R1")
    await room_where(admin, namespace, "r1", served, "Ready")
    await edit_pool(admin, namespace, warm=1)
    status = await pool_where(admin, namespace, lambda status: "exceeded quota: few" in status["message"])
    assert status["message"].startswith("Engines can't be created: ")
    # Last: its tries are counted, and soon it is given up.
    await make_room(admin, namespace, "R2")
    told = await room_where(admin, namespace, "r2", message("exceeded quota: few"), "told")
    assert re.match(r"Engine can't be created: pods .* is forbidden", told["status"]["message"])

    await admin.merge(path, {"spec": {"hard": {"pods": "10"}}})
    await room_where(admin, namespace, "r2", phase("Ready"), "Ready")
    await pool_where(admin, namespace, lambda status: (status["warm"], status["message"]) == (1, ""))
    assert len(await pods_of(admin, namespace)) == 3
