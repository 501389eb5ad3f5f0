"""The operator is killed at any moment, or stopped in order: who comes next goes on from the facts."""

import asyncio
import contextlib
import os
import random
import signal
from collections.abc import Callable
from typing import Any

import pytest

from dolmetsch_core.cluster import names
from dolmetsch_core.cluster.api import Cluster
from tests.cluster.conftest import AddProcessNode
from tests.cluster.operator_process import (
    OperatorProcess,
    delete_room,
    make_pool,
    make_room,
    phase,
    pods_of,
    pool_where,
    rooms_and_pods,
    served,
    tell_engine,
)
from tests.cluster.waiting import gone, object_where, room_where

pytestmark = pytest.mark.timeout(400)
KILLS = 50
SEED = int(os.environ.get("DOLMETSCH_TEST_SEED", "0")) or random.SystemRandom().randrange(1, 1 << 31)
ROOMS, TURNS = 5, 4
"""Rooms that are activated and closed so often each: 20 activations."""


async def kill_again_and_again(operator: OperatorProcess, chance: random.Random) -> None:
    """Kill and start it, at moments from its first breath to some work done."""
    for _ in range(KILLS):
        # Its start takes two seconds: half of the kills meet it at work.
        await asyncio.sleep(chance.uniform(0.5, 5.0))
        operator.kill()
        operator.begin()


async def activate_and_close(admin: Cluster, namespace: str, room_id: str, kills: asyncio.Task[None]) -> None:
    """Activations and closings, one after the other, as long as there are kills; the last one stays."""
    path = names.rooms_path(namespace, names.room_name(room_id))
    turns = 0
    while turns < TURNS or not kills.done():
        room = await make_room(admin, namespace, room_id)
        await object_where(admin, path, phase("Ready"), "Ready", timeout=120)
        await delete_room(admin, namespace, room)
        await gone(admin, path, timeout=120)
        turns += 1
    await make_room(admin, namespace, room_id)


async def test_fifty_kills_during_twenty_activations_leave_every_room_where_it_should_be(
    admin: Cluster, namespace: str, operator: OperatorProcess, add_process_node: AddProcessNode
) -> None:
    print(f"DOLMETSCH_TEST_SEED={SEED}")
    await add_process_node("a", gpus=ROOMS + 2)
    await make_pool(admin, namespace, warm=1)
    epochs = asyncio.create_task(epochs_given(admin, namespace))
    kills = asyncio.create_task(kill_again_and_again(operator, random.Random(SEED)))
    kept = [f"KEPT{number}" for number in range(ROOMS)]
    await asyncio.gather(*(activate_and_close(admin, namespace, each, kills) for each in kept))
    await kills
    for each in kept:
        path = names.rooms_path(namespace, names.room_name(each))
        await object_where(admin, path, phase("Ready"), "Ready in the end", timeout=60)
    expected = {names.room_name(each): 1 for each in kept} | {"": 1}

    def settled(engines: dict[str, int], rooms: list[dict[str, Any]]) -> bool:
        return engines == expected and len(rooms) == len(kept)

    async with asyncio.timeout(60):
        while True:
            rooms = (await admin.get(names.rooms_path(namespace)))["items"]
            engines = by_room(await pods_of(admin, namespace))
            if settled(engines, rooms):
                break
            await asyncio.sleep(0.2)
    given = {owner: [epoch for _, epoch in found] for owner, found in (await ended(epochs)).items()}
    assert sum(len(found) for found in given.values()) >= ROOMS * (TURNS + 1)
    doubled = {owner: found for owner, found in given.items() if len(found) != len(set(found))}
    assert not doubled, "an epoch was given to two engines of a Room"
    pods = {pod["metadata"]["uid"]: pod for pod in await pods_of(admin, namespace)}
    for room in rooms:
        assert room["status"]["phase"] == "Ready"
        assert room["status"]["engine"]["podUID"] in pods
        assert room["status"]["failures"] == 0, room["status"]


async def epochs_given(admin: Cluster, namespace: str) -> dict[str, set[tuple[str, int]]]:
    """By Room (uid): every engine that it ever had (uid, epoch), until cancelled."""
    found: dict[str, set[tuple[str, int]]] = {}
    version = "0"
    with contextlib.suppress(asyncio.CancelledError):
        while True:
            watch = admin.watch(names.pods_path(namespace), version, timeout=30, silence=60)
            async with contextlib.aclosing(watch) as events:
                async for kind, obj in events:
                    version = obj["metadata"]["resourceVersion"]
                    if kind != "BOOKMARK" and (epoch := obj["metadata"]["labels"].get(names.EPOCH)):
                        (owner,) = obj["metadata"]["ownerReferences"]
                        found.setdefault(owner["uid"], set()).add((obj["metadata"]["uid"], int(epoch)))
    return found


async def ended(epochs: asyncio.Task[dict[str, set[tuple[str, int]]]]) -> dict[str, set[tuple[str, int]]]:
    assert not epochs.done(), "it watched to the end"
    epochs.cancel()
    return await epochs


def by_room(pods: list[dict[str, Any]]) -> dict[str, int]:
    """How many engines each room has; '' are warm ones."""
    found: dict[str, int] = {}
    for pod in pods:
        room = pod["metadata"]["labels"].get(names.ROOM, "")
        found[room] = found.get(room, 0) + 1
    return found


async def test_an_operator_that_is_stopped_changes_no_room_and_the_next_one_goes_on(
    admin: Cluster, namespace: str, operator: OperatorProcess, add_process_node: AddProcessNode
) -> None:
    await add_process_node("a", gpus=3)
    await make_pool(admin, namespace, warm=1)
    for room_id in ("R1", "R2"):
        await make_room(admin, namespace, room_id)
    for name in ("r1", "r2"):
        await room_where(admin, namespace, name, served(1), "Ready")
    await pool_where(admin, namespace, lambda status: (status["warm"], status["active"]) == (1, 2))
    before = await rooms_and_pods(admin, namespace)
    assert await operator.stop(signal.SIGTERM) == 0
    assert await rooms_and_pods(admin, namespace) == before
    await operator.start()
    assert await rooms_and_pods(admin, namespace) == before

    (engine,) = await pods_of(admin, namespace, f"{names.ROOM}=r1")
    await tell_engine(engine, "host", connected="true")
    await room_where(admin, namespace, "r1", phase("Active"), "Active: it is listened to again")
    assert (await rooms_and_pods(admin, namespace))[1] == before[1]


@pytest.mark.parametrize("ending", ["stop", "kill"])
async def test_a_restart_with_twenty_rooms_writes_nothing(
    admin: Cluster, namespace: str, operator: OperatorProcess, add_process_node: AddProcessNode, ending: str
) -> None:
    await add_process_node("a", gpus=21)
    await make_pool(admin, namespace, warm=1, maxActiveRooms=30)
    ids = [f"R{number}" for number in range(20)]
    await asyncio.gather(*(make_room(admin, namespace, each) for each in ids))
    for each in ids:
        path = names.rooms_path(namespace, each.lower())
        await object_where(admin, path, served(1), "Ready", timeout=90)
    await pool_where(admin, namespace, lambda status: (status["warm"], status["active"]) == (1, 20))
    before = await rooms_and_pods(admin, namespace)
    pool = await admin.get(names.pools_path(namespace, names.POOL))
    if ending == "stop":
        await operator.stop()
    else:
        operator.kill()
    await operator.start()
    await seen(operator, lambda told: 'dolmetsch_rooms{phase="Ready"} 20.0' in told)
    # One more activation goes through: whatever the others needed was decided before it.
    await admin.merge(names.rooms_path(namespace, "r7"), {"spec": {"sourceLang": "de"}})
    await room_where(admin, namespace, "r7", german, "in German")
    rooms, pods = await rooms_and_pods(admin, namespace)
    changed = {name for name in rooms if rooms[name] != before[0][name]}
    assert changed == {"r7"}
    assert pods == before[1]
    now = await admin.get(names.pools_path(namespace, names.POOL))
    assert now["metadata"]["resourceVersion"] == pool["metadata"]["resourceVersion"]


def german(room: dict[str, Any]) -> bool:
    return bool((room["status"].get("engine") or {}).get("sourceLang") == "de")


async def seen(operator: OperatorProcess, check: Callable[[str], bool]) -> None:
    """Wait until the operator's metrics say so."""
    async with asyncio.timeout(30):
        while not check(await operator.metrics()):
            await asyncio.sleep(0.1)
