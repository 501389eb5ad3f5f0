"""The operator is killed at any moment, or stopped in order: who comes next goes on from the facts."""

import asyncio
import contextlib
import os
import random
import signal
import time
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
    tell_engine,
)
from tests.cluster.waiting import PATIENCE_S, gone, object_where, room_where, until_so

KILLS = 50
STORM_S = 1800.0
"""What all kills may take on a slow machine, and so whatever is waited for meanwhile."""
SEED = int(os.environ.get("DOLMETSCH_TEST_SEED", "0")) or random.SystemRandom().randrange(1, 1 << 31)
ROOMS, TURNS = 5, 4
"""Rooms that are activated and closed so often each: 20 activations."""


async def kill_again_and_again(operator: OperatorProcess, chance: random.Random) -> None:
    """Kill and start it, at moments from its first breath to some work done: half of them meet it at work.

    Moments are counted in what a start takes here, or a slow machine would never come to any work.
    """
    start_s = await timed_start(operator)
    for _ in range(KILLS):
        if chance.random() < 0.5:
            start_s = await timed_start(operator)
        await asyncio.sleep(chance.uniform(0.0, 1.5 * start_s))
        operator.kill()
        operator.begin()


async def timed_start(operator: OperatorProcess) -> float:
    """Wait until it is ready; how long that took, a second at least."""
    began = time.monotonic()
    await operator.ready()
    return max(1.0, time.monotonic() - began)


async def activate_and_close(admin: Cluster, namespace: str, room_id: str, kills: asyncio.Task[None]) -> None:
    """Activations and closings, one after the other, as long as there are kills; the last one stays."""
    path = names.rooms_path(namespace, names.room_name(room_id))
    turns = 0
    while turns < TURNS or not kills.done():
        room = await make_room(admin, namespace, room_id)
        await object_where(admin, path, phase("Ready"), "Ready", timeout=STORM_S)
        await delete_room(admin, namespace, room)
        await gone(admin, path, timeout=STORM_S)
        turns += 1
    await make_room(admin, namespace, room_id)


@pytest.mark.timeout(2 * STORM_S)
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
        await room_where(admin, namespace, names.room_name(each), phase("Ready"), "Ready in the end")
    expected = {names.room_name(each): 1 for each in kept} | {"": 1}

    async def settled() -> list[dict[str, Any]]:
        rooms: list[dict[str, Any]] = (await admin.get(names.rooms_path(namespace)))["items"]
        engines = by_room(await pods_of(admin, namespace))
        return rooms if engines == expected and len(rooms) == len(kept) else []

    rooms = await until_so(settled, "one engine for each room, and a warm one")
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
            watch = admin.watch(names.pods_path(namespace), version, timeout=30, silence=PATIENCE_S)
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
        await room_where(admin, namespace, name, phase("Ready"), "Ready")
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


async def test_a_restart_with_twenty_rooms_writes_nothing_whether_it_was_stopped_or_killed(
    admin: Cluster, namespace: str, operator: OperatorProcess, add_process_node: AddProcessNode
) -> None:
    await add_process_node("a", gpus=21)
    await make_pool(admin, namespace, warm=1, maxActiveRooms=30)
    ids = [f"R{number}" for number in range(20)]
    await asyncio.gather(*(make_room(admin, namespace, each) for each in ids))
    for each in ids:
        await room_where(admin, namespace, each.lower(), phase("Ready"), "Ready")
    await pool_where(admin, namespace, lambda status: (status["warm"], status["active"]) == (1, 20))
    for lang, number in (("de", signal.SIGTERM), ("fr", signal.SIGKILL)):
        before = await rooms_and_pods(admin, namespace)
        pool = await admin.get(names.pools_path(namespace, names.POOL))
        await operator.stop(number)
        await operator.start()
        await until_told_of_rooms(operator, 20)
        # One more activation goes through: whatever the others needed was decided before it.
        await admin.merge(names.rooms_path(namespace, "r7"), {"spec": {"sourceLang": lang}})
        await room_where(admin, namespace, "r7", speaks(lang), f"in {lang}")
        rooms, pods = await rooms_and_pods(admin, namespace)
        changed = {name for name in rooms if rooms[name] != before[0][name]}
        assert changed == {"r7"}
        assert pods == before[1]
        now = await admin.get(names.pools_path(namespace, names.POOL))
        assert now["metadata"]["resourceVersion"] == pool["metadata"]["resourceVersion"]


def speaks(lang: str) -> Callable[[dict[str, Any]], bool]:
    return lambda room: bool((room["status"].get("engine") or {}).get("sourceLang") == lang)


async def until_told_of_rooms(operator: OperatorProcess, count: int) -> None:
    """Wait until the operator's metrics say that it knows so many that are Ready."""

    async def known() -> bool:
        return f'dolmetsch_rooms{{phase="Ready"}} {count}.0' in await operator.metrics()

    await until_so(known, f"{count} Ready rooms in the metrics")
