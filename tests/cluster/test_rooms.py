"""Rooms as people with kubectl see them: the operator with its own rights, on the real scheduler."""

import asyncio
import json
from collections.abc import Callable
from contextlib import aclosing
from datetime import UTC, datetime, timedelta
from typing import Any

from dolmetsch_core.cluster import names
from dolmetsch_core.cluster.api import Cluster
from dolmetsch_core.tokens import EngineKey
from tests.cluster.conftest import AddProcessNode
from tests.cluster.operator_process import (
    DRAINS_UNTIL_TOLD,
    OperatorProcess,
    delete_room,
    edit_pool,
    end_grace_time,
    engine_of,
    make_pool,
    make_room,
    message,
    phase,
    pods_of,
    pool_where,
    room_manifest,
    tell_engine,
    until_capacity,
    until_no_pod,
)
from tests.cluster.tools import Kubectl
from tests.cluster.waiting import PATIENCE_S, Json, gone, room_where, until, until_so


async def test_two_rooms_take_two_gpus_the_third_is_refused_and_gets_in_after_one_has_closed(
    admin: Cluster, namespace: str, operator: OperatorProcess, add_process_node: AddProcessNode
) -> None:
    await add_process_node("a", gpus=2)
    await make_pool(admin, namespace, warm=1)
    await until_capacity(admin, namespace, 2)
    first = await make_room(admin, namespace, "R1", origin="api")
    await make_room(admin, namespace, "R2", origin="api")
    for name in ("r1", "r2"):
        await room_where(admin, namespace, name, phase("Ready"), "Ready")
    engines = await pods_of(admin, namespace)
    assert len(engines) == 2, "no warm engine waits where none can fit"
    assert not [pod for pod in engines if not pod["spec"].get("nodeName")]

    third = await make_room(admin, namespace, "R3", origin="api")
    refused = "Unable to activate room <R3>: Maximum capacity of 2 instances reached"
    await room_where(admin, namespace, "r3", message(refused), "refused", third)
    await gone(admin, names.rooms_path(namespace, "r3"))

    await delete_room(admin, namespace, first)
    await gone(admin, names.rooms_path(namespace, "r1"))
    await make_room(admin, namespace, "R3", origin="api")
    await room_where(admin, namespace, "r3", phase("Ready"), "Ready at the first try")


async def test_a_warm_engine_is_claimed_and_another_one_takes_its_place(
    admin: Cluster, namespace: str, operator: OperatorProcess, add_process_node: AddProcessNode
) -> None:
    await add_process_node("a", gpus=3)
    await make_pool(admin, namespace, warm=1)
    pool = await pool_where(admin, namespace, lambda status: status.get("warm") == 1)
    assert (pool["capacity"], pool["active"], pool["available"]) == (3, 0, 3)
    (warm,) = await pods_of(admin, namespace)

    await make_room(admin, namespace, "R1")
    await room_where(admin, namespace, "r1", phase("Ready"), "Ready")
    engine = await engine_of(admin, namespace, "R1")
    assert engine["metadata"]["uid"] == warm["metadata"]["uid"]
    assert engine["metadata"]["ownerReferences"][0]["kind"] == "Room"
    pool = await pool_where(
        admin, namespace, lambda status: status.get("warm") == 1 and status["active"] == 1
    )
    assert pool["available"] == 2


async def test_kubectl_tells_the_story(
    admin: Cluster,
    namespace: str,
    operator: OperatorProcess,
    add_process_node: AddProcessNode,
    kubectl: Kubectl,
) -> None:
    await add_process_node("a", gpus=1)
    await make_pool(admin, namespace)
    await asyncio.to_thread(kubectl, "apply", "-f", "-", stdin=json.dumps(room_manifest("RJ8XYZ")))
    await room_where(admin, namespace, "rj8xyz", phase("Ready"), "prewarmed")
    engine = await engine_of(admin, namespace, "RJ8XYZ")
    await tell_engine(engine, "host", connected="true")
    await room_where(admin, namespace, "rj8xyz", phase("Active"), "Active")

    header, row = (await asyncio.to_thread(kubectl, "get", "rooms")).splitlines()
    assert header.split() == ["NAME", "PHASE", "LANGUAGE", "HOST", "DELAY", "ENGINE", "AGE"]
    assert row.split()[:6] == ["rj8xyz", "Active", "en", "true", "ok", engine["metadata"]["name"]]

    async def told(*wanted: str) -> bool:
        text = await asyncio.to_thread(kubectl, "describe", "room", "rj8xyz")
        return all(each in text for each in wanted)

    # Events are written beside the work.
    serves = f"Engine {engine['metadata']['name']} serves the room (epoch 1, en)"
    await until_so(lambda: told(serves, "The host's audio reaches the engine"), "both events")

    await asyncio.to_thread(kubectl, "delete", "room", "rj8xyz")
    await until_no_pod(admin, namespace)


async def test_deleting_a_room_flushes_its_engine_first(
    admin: Cluster, namespace: str, operator: OperatorProcess, add_process_node: AddProcessNode
) -> None:
    node = await add_process_node("a", gpus=1)
    await make_pool(admin, namespace, env=DRAINS_UNTIL_TOLD)
    room = await make_room(admin, namespace, "R1")
    await room_where(admin, namespace, "r1", phase("Ready"), "Ready")
    engine = await engine_of(admin, namespace, "R1")
    await delete_room(admin, namespace, room)
    await room_where(admin, namespace, "r1", phase("Draining"), "Draining")
    assert node.processes, "the engine lives while it drains"
    await tell_engine(engine, "drained")
    await gone(admin, names.rooms_path(namespace, "r1"))
    await until_no_pod(admin, namespace)
    await until(lambda: not node.processes, "no process left")


async def test_a_host_that_left_closes_a_room_of_the_api_and_frees_one_of_a_person(
    admin: Cluster, namespace: str, operator: OperatorProcess, add_process_node: AddProcessNode
) -> None:
    await add_process_node("a", gpus=2)
    await make_pool(admin, namespace)
    await until_capacity(admin, namespace, 2)
    await make_room(admin, namespace, "API", origin="api")
    await make_room(admin, namespace, "MINE")
    for room_id in ("API", "MINE"):
        await room_where(admin, namespace, room_id.lower(), phase("Ready"), "Ready")
        await tell_engine(await engine_of(admin, namespace, room_id), "host", connected="true")
        await room_where(admin, namespace, room_id.lower(), phase("Active"), "Active")
        await tell_engine(await engine_of(admin, namespace, room_id), "host", connected="false")
        waiting = await room_where(admin, namespace, room_id.lower(), phase("Ready"), "host away")
        assert waiting["status"]["closeAt"]
        await end_grace_time(admin, namespace, room_id)
    await gone(admin, names.rooms_path(namespace, "api"))
    await room_where(admin, namespace, "mine", phase("Closed"), "Closed")
    await until_no_pod(admin, namespace)

    await admin.merge(names.rooms_path(namespace, "mine"), {"spec": {"activation": 2}})
    again = await room_where(admin, namespace, "mine", phase("Ready"), "active again")
    assert again["status"]["engine"]["epoch"] > waiting["status"]["epoch"]


async def test_a_changed_language_renews_the_session_on_the_same_engine(
    admin: Cluster, namespace: str, operator: OperatorProcess, add_process_node: AddProcessNode
) -> None:
    await add_process_node("a", gpus=1)
    await make_pool(admin, namespace)
    await make_room(admin, namespace, "R1")
    before = await room_where(admin, namespace, "r1", phase("Ready"), "Ready")
    await admin.merge(names.rooms_path(namespace, "r1"), {"spec": {"sourceLang": "de"}})

    def german(room: dict[str, Any]) -> bool:
        engine = room["status"].get("engine") or {}
        return bool(engine.get("sourceLang") == "de" and room["status"]["observedGeneration"] == 2)

    after = await room_where(admin, namespace, "r1", german, "in German")
    assert after["status"]["engine"]["podUID"] == before["status"]["engine"]["podUID"]


async def test_editing_the_pool_takes_effect(
    admin: Cluster, namespace: str, operator: OperatorProcess, add_process_node: AddProcessNode
) -> None:
    await add_process_node("a", gpus=4)
    await make_pool(admin, namespace, warm=1)
    await pool_where(admin, namespace, lambda status: status.get("warm") == 1)
    await edit_pool(admin, namespace, warm=3)
    await pool_where(admin, namespace, lambda status: status["warm"] == 3)
    await edit_pool(admin, namespace, warm=0, maxActiveRooms=1)
    await pool_where(admin, namespace, lambda status: (status["warm"], status["capacity"]) == (0, 1))
    await until_no_pod(admin, namespace)


async def test_a_new_image_replaces_warm_engines_and_leaves_live_rooms_alone(
    admin: Cluster, namespace: str, operator: OperatorProcess, add_process_node: AddProcessNode
) -> None:
    await add_process_node("a", gpus=3)
    await make_pool(admin, namespace, warm=1)
    await make_room(admin, namespace, "R1")
    before = await room_where(admin, namespace, "r1", phase("Ready"), "Ready")
    await pool_where(admin, namespace, lambda status: status.get("warm") == 1)
    await new_image(admin, namespace, "engine:2")
    await until_images(admin, namespace, warm="engine:2", live="engine:1")

    room = await admin.get(names.rooms_path(namespace, "r1"))
    assert room["status"]["engine"] == before["status"]["engine"]


async def test_after_the_grace_period_of_a_roll_out_live_rooms_move_to_the_new_image(
    admin: Cluster, namespace: str, operator: OperatorProcess, add_process_node: AddProcessNode
) -> None:
    await add_process_node("a", gpus=3)
    await make_pool(admin, namespace, warm=1, rolloutGraceSeconds=3)
    await make_room(admin, namespace, "R1")
    await room_where(admin, namespace, "r1", phase("Ready"), "Ready")
    await pool_where(admin, namespace, lambda status: status.get("warm") == 1)
    await new_image(admin, namespace, "engine:2")

    def moved(room: dict[str, Any]) -> bool:
        engine = room["status"].get("engine") or {}
        return bool(engine.get("epoch") == 2 and room["status"]["phase"] == "Ready")

    room = await room_where(admin, namespace, "r1", moved, "on the new image")
    assert room["status"]["failures"] == 0
    await until_images(admin, namespace, warm="engine:2", live="engine:2")


async def test_the_grace_of_a_template_begins_when_it_is_edited(
    admin: Cluster, namespace: str, operator: OperatorProcess, add_process_node: AddProcessNode
) -> None:
    await add_process_node("a", gpus=4)
    await make_pool(admin, namespace, warm=2, rolloutGraceSeconds=3600)
    await make_room(admin, namespace, "R1")
    before = await room_where(admin, namespace, "r1", phase("Ready"), "Ready")
    await pool_where(admin, namespace, lambda status: status.get("warm") == 2)
    long_ago = {"templateSince": "2026-01-01T00:00:00Z"}
    await admin.merge(f"{names.pools_path(namespace, names.POOL)}/status", {"status": long_ago})
    await new_image(admin, namespace, "engine:2")
    await until_images(admin, namespace, warm="engine:2", live="engine:1")
    # Two were warm before the edit as well: the status is of after it once it says when the grace began.
    await pool_where(
        admin,
        namespace,
        lambda status: status.get("warm") == 2 and status["templateSince"] > long_ago["templateSince"],
    )

    room = await admin.get(names.rooms_path(namespace, "r1"))
    assert room["status"]["engine"] == before["status"]["engine"]
    assert room["status"]["epoch"] == before["status"]["epoch"]


async def test_a_live_room_does_not_move_to_an_image_that_never_starts_nor_to_another_old_one(
    admin: Cluster, namespace: str, operator: OperatorProcess, add_process_node: AddProcessNode
) -> None:
    node = await add_process_node("a", gpus=4)
    node.fail_images("engine:2")
    await make_pool(admin, namespace, warm=2, rolloutGraceSeconds=1)
    await make_room(admin, namespace, "R1")
    before = await room_where(admin, namespace, "r1", phase("Ready"), "Ready")
    await pool_where(admin, namespace, lambda status: status.get("warm") == 2)
    await new_image(admin, namespace, "engine:2")
    status = await pool_where(admin, namespace, lambda status: "ImagePullBackOff" in status["message"])
    grace_ends = datetime.fromisoformat(status["templateSince"]) + timedelta(seconds=1)
    await until(lambda: datetime.now(UTC) > grace_ends, "the grace is over")
    # What the operator does after this, it does knowing that.
    await make_room(admin, namespace, "R2")
    await room_where(admin, namespace, "r2", phase("Ready"), "on the old image")

    room = await admin.get(names.rooms_path(namespace, "r1"))
    assert room["status"]["engine"] == before["status"]["engine"]
    assert room["status"]["epoch"] == before["status"]["epoch"]


async def test_a_room_under_another_name_is_told_its_right_one(
    admin: Cluster, namespace: str, operator: OperatorProcess, add_process_node: AddProcessNode
) -> None:
    await add_process_node("a", gpus=2)
    await make_pool(admin, namespace)
    right = await make_room(admin, namespace, "R1")
    twin = room_manifest("R1")
    twin["metadata"]["name"] = "second-r1"
    await admin.create(names.rooms_path(namespace), twin)
    failed = await room_where(admin, namespace, "second-r1", phase("Failed"), "Failed")
    assert "has to be named 'r1'" in failed["status"]["message"]
    assert failed["status"]["conditions"][0]["reason"] == "WrongName"
    await room_where(admin, namespace, "r1", phase("Ready"), "Ready")
    assert len(await pods_of(admin, namespace)) == 1

    twin = await admin.get(names.rooms_path(namespace, "second-r1"))
    await delete_room(admin, namespace, twin)
    await gone(admin, names.rooms_path(namespace, "second-r1"))
    assert right


async def test_an_engine_gets_the_public_half_of_the_operators_key_only(
    admin: Cluster,
    namespace: str,
    operator: OperatorProcess,
    add_process_node: AddProcessNode,
    key: EngineKey,
) -> None:
    await add_process_node("a", gpus=1)
    await make_pool(admin, namespace, warm=1)
    await pool_where(admin, namespace, lambda status: status.get("warm") == 1)
    (pod,) = await pods_of(admin, namespace)
    env = {each["name"]: each.get("value") for each in pod["spec"]["containers"][0]["env"]}
    assert env["DOLMETSCH_ENGINE_PUBLIC_KEY"] == key.public_pem
    assert "PRIVATE" not in json.dumps(pod)


async def test_status_is_not_written_while_nothing_changes(
    admin: Cluster, namespace: str, operator: OperatorProcess, add_process_node: AddProcessNode
) -> None:
    await add_process_node("a", gpus=1)
    await make_pool(admin, namespace)
    await make_room(admin, namespace, "R1")
    await room_where(admin, namespace, "r1", phase("Ready"), "Ready")
    engine = await engine_of(admin, namespace, "R1")
    await tell_engine(engine, "host", connected="true")
    active = await room_where(admin, namespace, "r1", phase("Active"), "Active")
    version = active["metadata"]["resourceVersion"]
    # The first change of the delay is written, the next ones within half a minute are not.
    await tell_engine(engine, "delay", delay="slow")
    await room_where(admin, namespace, "r1", lambda room: room["status"]["delay"] == "slow", "slow")
    for delay in ("late", "slow", "ok", "late"):
        await tell_engine(engine, "delay", delay=delay)
    await tell_engine(engine, "failing", failing="no words come out")
    # Another reason to write takes the delay along.
    delays, messages = zip(*await written(admin, namespace, version, message("no words")), strict=True)
    assert delays == ("slow", "late")
    assert messages[0] == ""


async def written(
    admin: Cluster, namespace: str, version: str, last: Callable[[Json], bool]
) -> list[tuple[str, str]]:
    """Delay and message of every change of a namespace's one Room after a version, up to the last one."""
    watch = admin.watch(names.rooms_path(namespace), version, timeout=PATIENCE_S, silence=PATIENCE_S)
    found: list[tuple[str, str]] = []
    async with aclosing(watch) as events:
        async for kind, obj in events:
            if kind == "MODIFIED":
                found.append((obj["status"]["delay"], obj["status"]["message"]))
                if last(obj):
                    break
    return found


async def new_image(admin: Cluster, namespace: str, image: str) -> None:
    container = {"name": "engine", "image": image}
    await edit_pool(admin, namespace, template={"spec": {"containers": [container]}})


async def until_images(admin: Cluster, namespace: str, *, warm: str, live: str) -> None:
    """Wait until all warm engines and all engines of rooms have these images."""

    async def as_wanted() -> bool:
        found = {
            (names.ROOM in pod["metadata"]["labels"], pod["spec"]["containers"][0]["image"])
            for pod in await pods_of(admin, namespace)
        }
        return found == {(False, warm), (True, live)}

    await until_so(as_wanted, f"warm engines of {warm}, live ones of {live}")
