"""The cluster around the operator fails: its API server, its watches, its Lease, its namespace."""

import asyncio
import signal
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import httpx
import pytest
import yaml

from dolmetsch_core.cluster import names
from dolmetsch_core.cluster.api import Cluster
from dolmetsch_core.tokens import EngineKey
from tests.cluster.conftest import NAMESPACES, AddProcessNode
from tests.cluster.control_plane import ControlPlane
from tests.cluster.fault_proxy import FaultProxy
from tests.cluster.operator_process import (
    OperatorProcess,
    delete_room,
    engine_of,
    make_pool,
    make_room,
    message,
    phase,
    pods_of,
    pool_where,
    rooms_and_pods,
    served,
    served_without,
    until_no_pod,
)
from tests.cluster.waiting import PATIENCE_S, gone, room_where, until, until_so

AddOperator = Callable[..., OperatorProcess]
SHORT_LEASE = {"DOLMETSCH_OPERATOR_LEASE_SECONDS": "3"}
LOOK_OFTEN = {"DOLMETSCH_OPERATOR_SECOND_LOOK_SECONDS": "2"}


async def probe(operator: OperatorProcess, path: str) -> int:
    """The status of /healthz or /readyz; 0: the port is not open yet."""
    async with httpx.AsyncClient(trust_env=False, timeout=PATIENCE_S) as client:
        try:
            return (await client.get(f"http://127.0.0.1:{operator.port}{path}")).status_code
        except httpx.HTTPError:
            return 0


async def until_probed(operator: OperatorProcess, path: str, status: int) -> None:
    """Wait until a probe says so."""

    async def says_so() -> bool:
        return await probe(operator, path) == status

    await until_so(says_so, f"{path} says {status}")


def token_of(kubeconfig: Path) -> str:
    token: str = yaml.safe_load(kubeconfig.read_text())["users"][0]["user"]["token"]
    return token


def log_of(operator: OperatorProcess) -> str:
    return operator.log.read_text()


async def test_an_api_server_that_restarts_changes_nothing_for_live_rooms(
    admin: Cluster,
    namespace: str,
    control_plane: ControlPlane,
    operator: OperatorProcess,
    add_process_node: AddProcessNode,
) -> None:
    await add_process_node("a", gpus=3)
    await make_pool(admin, namespace)
    for room_id in ("R1", "R2"):
        await make_room(admin, namespace, room_id)
        await room_where(admin, namespace, room_id.lower(), served, "Ready")
    before = await rooms_and_pods(admin, namespace)
    await asyncio.to_thread(control_plane.restart_apiserver)
    await make_room(admin, namespace, "R3")
    await room_where(admin, namespace, "r3", served, "Ready afterwards")
    rooms, pods = await rooms_and_pods(admin, namespace)
    assert {name: rooms[name] for name in before[0]} == before[0]
    assert before[1].items() <= pods.items()
    assert operator.running


async def test_an_engine_that_died_while_the_api_server_was_away_is_replaced_afterwards(
    admin: Cluster,
    namespace: str,
    control_plane: ControlPlane,
    add_operator: AddOperator,
    add_process_node: AddProcessNode,
) -> None:
    operator = add_operator(**SHORT_LEASE)
    await operator.start()
    node = await add_process_node("a", gpus=2)
    await make_pool(admin, namespace)
    await make_room(admin, namespace, "R1")
    await room_where(admin, namespace, "r1", served, "Ready")
    engine = await engine_of(admin, namespace, "R1")
    await asyncio.to_thread(control_plane.stop_apiserver)
    try:
        node.kill(engine["metadata"]["name"])
        # The fifth try comes after 8 s: the Lease has run out by then.
        await until(lambda: log_of(operator).count("attempt #5/") >= 3, "the operator tries on")
        assert await probe(operator, "/healthz") == 200
    finally:
        await asyncio.to_thread(control_plane.start_apiserver)
    await room_where(admin, namespace, "r1", served_without(engine), "on another engine")
    assert operator.running


async def test_a_second_operator_waits_for_the_lease_and_takes_it_over_at_once_or_after_it_ran_out(
    admin: Cluster, namespace: str, add_operator: AddOperator, add_process_node: AddProcessNode
) -> None:
    # Whoever works has time to renew it, also where that takes long.
    first, second, third = (add_operator(name) for name in ("one", "two", "three"))
    await first.start()
    second.begin()
    await until_probed(second, "/healthz", 200)
    assert await probe(second, "/readyz") == 503
    assert await first.stop() == 0
    await second.ready()
    assert await probe(second, "/readyz") == 200
    third.begin()
    await until_probed(third, "/healthz", 200)
    await until(lambda: "two holds the Lease" in log_of(third), "waiting")
    fourth = add_operator("four")
    fourth.begin()
    await until(lambda: fourth.log.exists() and "two holds the Lease" in log_of(fourth), "waiting")
    assert await fourth.stop() == 0, "who waits can be stopped"
    second.kill()
    await third.ready()
    await add_process_node("a", gpus=1)
    await make_pool(admin, namespace)
    await make_room(admin, namespace, "R1")
    await room_where(admin, namespace, "r1", phase("Ready"), "Ready")
    assert log_of(third).count("holds the Lease") == 1, "said once"


async def test_a_standalone_operator_works_without_a_lease(
    admin: Cluster, namespace: str, add_operator: AddOperator, add_process_node: AddProcessNode
) -> None:
    operator = add_operator()
    await operator.start("--standalone")
    await add_process_node("a", gpus=1)
    await make_pool(admin, namespace)
    await make_room(admin, namespace, "R1")
    await room_where(admin, namespace, "r1", phase("Ready"), "Ready")
    leases = await admin.get(f"/apis/coordination.k8s.io/v1/namespaces/{namespace}/leases")
    assert leases["items"] == []


async def test_a_paused_operator_that_wakes_up_after_another_took_over_ends_and_writes_nothing(
    admin: Cluster, namespace: str, add_operator: AddOperator, add_process_node: AddProcessNode
) -> None:
    paused, other = (add_operator(name, **SHORT_LEASE) for name in ("paused", "other"))
    await paused.start()
    node = await add_process_node("a", gpus=2)
    await make_pool(admin, namespace)
    await make_room(admin, namespace, "R1")
    await room_where(admin, namespace, "r1", served, "Ready")
    paused.signal(signal.SIGSTOP)
    await other.start()
    engine = await engine_of(admin, namespace, "R1")
    node.kill(engine["metadata"]["name"])
    await room_where(admin, namespace, "r1", served_without(engine), "on another engine")
    before = await rooms_and_pods(admin, namespace)
    paused.signal(signal.SIGCONT)
    assert await paused.ended() == 1
    assert "other has taken the Lease" in log_of(paused)
    assert await rooms_and_pods(admin, namespace) == before
    assert other.running


async def test_a_namespace_that_is_deleted_makes_the_operator_neither_loop_nor_create(
    admin: Cluster, namespace: str, add_operator: AddOperator, add_process_node: AddProcessNode
) -> None:
    operator = add_operator(**SHORT_LEASE)
    await operator.start()
    await add_process_node("a", gpus=3)
    await make_pool(admin, namespace, warm=1)
    await make_room(admin, namespace, "R1")
    await room_where(admin, namespace, "r1", phase("Ready"), "Ready")
    await pool_where(admin, namespace, lambda status: status.get("warm") == 1)
    known = {pod["metadata"]["name"] for pod in await pods_of(admin, namespace)}
    lines = log_of(operator).count("\n")
    meta = (await admin.get(f"{NAMESPACES}/{namespace}"))["metadata"]
    await admin.delete(f"{NAMESPACES}/{namespace}", uid=meta["uid"])

    async def only_known_pods() -> bool:
        left = {pod["metadata"]["name"] for pod in await pods_of(admin, namespace)}
        assert left <= known
        return not left

    await until_so(only_known_pods, "no pod left")
    # Nobody but the operator lets the room go, and its rights end with the namespace.
    await gone(admin, f"{NAMESPACES}/{namespace}")
    assert log_of(operator).count("\n") - lines < 200


@pytest.fixture
async def proxy(control_plane: ControlPlane) -> AsyncIterator[FaultProxy]:
    async with FaultProxy(control_plane) as running:
        yield running


@pytest.fixture
async def proxied(proxy: FaultProxy, operator_kubeconfig: Path, add_operator: AddOperator) -> OperatorProcess:
    """An operator that reaches the API server through the proxy."""
    operator = add_operator(KUBECONFIG=str(proxy.kubeconfig(operator_kubeconfig)), **LOOK_OFTEN)
    await operator.start()
    return operator


async def test_conflicts_and_throttling_of_every_third_write_delay_and_break_nothing(
    admin: Cluster,
    namespace: str,
    proxy: FaultProxy,
    proxied: OperatorProcess,
    add_process_node: AddProcessNode,
) -> None:
    await add_process_node("a", gpus=4)
    await make_pool(admin, namespace, warm=1)
    proxy.refuse(3, 409, 429)
    rooms = [await make_room(admin, namespace, f"R{number}") for number in range(4)]
    for room in rooms:
        await room_where(admin, namespace, room["metadata"]["name"], phase("Ready"), "Ready")
    assert len(await pods_of(admin, namespace)) == 4
    for room in rooms:
        await delete_room(admin, namespace, room)
    for room in rooms:
        await gone(admin, names.rooms_path(namespace, room["metadata"]["name"]))
    assert proxy.refused > 5
    proxy.refuse(0)
    await pool_where(admin, namespace, lambda status: (status["warm"], status["active"]) == (1, 0))
    assert len(await pods_of(admin, namespace)) == 1


async def test_every_call_answered_with_409_and_429_before_it_passes_costs_nothing_but_time(
    *,
    admin: Cluster,
    namespace: str,
    proxy: FaultProxy,
    operator_kubeconfig: Path,
    add_operator: AddOperator,
    add_process_node: AddProcessNode,
) -> None:
    """Reads and watches too, from the operator's first one on: its Lease, its first look, all of it."""
    proxy.refuse_each(409, 429)
    operator = add_operator(KUBECONFIG=str(proxy.kubeconfig(operator_kubeconfig)), **LOOK_OFTEN)
    await operator.start()
    node = await add_process_node("a", gpus=3)
    await make_pool(admin, namespace, warm=1)
    rooms = [await make_room(admin, namespace, each) for each in ("R1", "R2")]
    for room in rooms:
        ready = await room_where(admin, namespace, room["metadata"]["name"], phase("Ready"), "Ready")
        assert ready["status"]["failures"] == 0
    # Each path was refused by now: what is refused next is new again.
    proxy.refuse_each(429, 409)
    lost = await engine_of(admin, namespace, "R1")
    node.kill(lost["metadata"]["name"])
    healed = await room_where(admin, namespace, "r1", served_without(lost), "on another engine")
    assert healed["status"]["failures"] == 1, "a loss counts once, however often its writes are refused"
    for room in rooms:
        await delete_room(admin, namespace, room)
        await gone(admin, names.rooms_path(namespace, room["metadata"]["name"]))
    await pool_where(admin, namespace, lambda status: (status["warm"], status["active"]) == (1, 0))
    assert len(await pods_of(admin, namespace)) == 1
    assert proxy.refused > 30
    assert operator.running


async def test_pods_that_the_api_server_can_not_make_are_named_and_made_once_it_can(
    admin: Cluster,
    namespace: str,
    proxy: FaultProxy,
    proxied: OperatorProcess,
    add_process_node: AddProcessNode,
) -> None:
    await add_process_node("a", gpus=2)
    await make_pool(admin, namespace, warm=1)
    await pool_where(admin, namespace, lambda status: status.get("warm") == 1)
    proxy.break_path("/pods")
    await make_room(admin, namespace, "R1")
    await make_room(admin, namespace, "R2")
    await room_where(admin, namespace, "r1", phase("Ready"), "Ready on the warm engine")
    told = message("Engine can't be created yet: by the test's proxy (500)")
    stuck = await room_where(admin, namespace, "r2", told, "told why")
    assert stuck["status"]["failures"] == 0
    # Capacity is told all the same.
    figures = ("warm", "active", "available")
    await pool_where(admin, namespace, lambda status: [status[each] for each in figures] == [0, 2, 0])
    proxy.break_path("")
    await room_where(admin, namespace, "r2", phase("Ready"), "Ready")


async def test_watches_that_fall_silent_are_made_up_for_by_the_second_look(
    admin: Cluster,
    namespace: str,
    proxy: FaultProxy,
    proxied: OperatorProcess,
    add_process_node: AddProcessNode,
) -> None:
    await add_process_node("a", gpus=1)
    await make_pool(admin, namespace)
    await make_room(admin, namespace, "R1")
    await room_where(admin, namespace, "r1", phase("Ready"), "Ready")
    await room_where(admin, namespace, "r1", lambda room: bool(room["metadata"]["finalizers"]), "held")
    proxy.silent.set()
    room = await admin.get(names.rooms_path(namespace, "r1"))
    await delete_room(admin, namespace, room)
    await gone(admin, names.rooms_path(namespace, "r1"))
    await until_no_pod(admin, namespace)
    told = await proxied.metrics()
    healed = [line for line in told.splitlines() if line.startswith("dolmetsch_operator_lost_events_total")]
    assert any('kind="room"' in line and not line.endswith(" 0.0") for line in healed), healed


async def test_no_key_and_no_token_is_ever_logged(
    *,
    admin: Cluster,
    namespace: str,
    operator: OperatorProcess,
    operator_kubeconfig: Path,
    add_process_node: AddProcessNode,
    key: EngineKey,
) -> None:
    node = await add_process_node("a", gpus=2)
    await make_pool(admin, namespace)
    await make_room(admin, namespace, "R1")
    await room_where(admin, namespace, "r1", served, "Ready")
    engine = await engine_of(admin, namespace, "R1")
    node.kill(engine["metadata"]["name"])
    await room_where(admin, namespace, "r1", served_without(engine), "on another engine")
    said = log_of(operator)
    assert "room r1" in said
    secret = key.pem.splitlines()[1]
    token = token_of(operator_kubeconfig)
    assert not [word for word in (secret, token, "Bearer ", "eyJ") if word in said]
