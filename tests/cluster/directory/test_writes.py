"""What a cluster's directory writes: adoption, refusals, and rooms that are closing or have many writers."""

import asyncio
from pathlib import Path

import pytest

from dolmetsch_api.cluster import kubernetes_directory
from dolmetsch_api.cluster.kubernetes_directory import ClusterRefused, KubernetesDirectory
from dolmetsch_core.cluster import names
from dolmetsch_core.cluster.api import Cluster, cluster_of
from dolmetsch_core.errors import DirectoryAway
from dolmetsch_core.life.observed import Observation
from dolmetsch_core.wire.room import Origin
from tests.cluster.control_plane import ControlPlane
from tests.cluster.directory.conftest import ClusterOperator, watching_directory
from tests.cluster.waiting import PATIENCE_S
from tests.integration.core.directory_suite import serving, wish


def first_wait(directory: KubernetesDirectory, monkeypatch: pytest.MonkeyPatch) -> asyncio.Event:
    """Set once the directory waits for the end of a room that closes."""
    waits, until_ended = asyncio.Event(), directory._until_ended

    async def noticed(room_id: str) -> None:
        waits.set()
        await until_ended(room_id)

    monkeypatch.setattr(directory, "_until_ended", noticed)
    return waits


async def test_a_room_of_another_id_under_the_name_is_said(
    directory: KubernetesDirectory, operator: ClusterOperator
) -> None:
    await operator.make("r1", room_id="R2")
    for call in (directory.activate(wish()), directory.restart("R1"), directory.close("R1")):
        with pytest.raises(ClusterRefused, match="The Room r1 is not <R1> but <R2>: delete it"):
            await call


async def test_a_room_that_kubectl_made_is_adopted_and_stays_its_makers(
    admin: Cluster, namespace: str, directory: KubernetesDirectory, operator: ClusterOperator
) -> None:
    made = await operator.make(title="Mine", source_lang="de")
    adopted = await directory.activate(wish())
    assert (adopted.uid, adopted.origin, adopted.spec.source_lang) == (made.uid, Origin.OTHER, "en")
    assert (adopted.spec.title, adopted.generation) == ("Mine", made.generation + 1)
    now = await admin.get(names.rooms_path(namespace, "r1"))
    assert now["metadata"]["annotations"] == {"example.org/note": "kept"}


async def test_a_closing_room_has_a_deadline(
    directory: KubernetesDirectory, operator: ClusterOperator
) -> None:
    await directory.activate(wish())
    await directory.close("R1")
    with pytest.raises(DirectoryAway, match="still closing"):
        # Long enough for a first look at it.
        await directory.activate(wish(), deadline=3)


async def test_a_room_that_is_gone_is_made_anew_as_soon_as_the_view_knows(
    directory: KubernetesDirectory, operator: ClusterOperator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kubernetes_directory, "LOOK_AGAIN_S", 60.0)
    room = await directory.activate(wish())
    await operator.serve("R1")
    await directory.close("R1")
    waits = first_wait(directory, monkeypatch)
    waiting = asyncio.create_task(directory.activate(wish(), deadline=PATIENCE_S))
    await waits.wait()
    await operator.step("R1", Observation((serving(room),)))
    await operator.step("R1", Observation())
    assert (await waiting).uid != room.uid


async def test_a_lost_word_is_made_up_for_by_a_second_look(
    api_kubeconfig: Path, namespace: str, operator: ClusterOperator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kubernetes_directory, "LOOK_AGAIN_S", 0.3)
    blind = KubernetesDirectory(cluster_of(api_kubeconfig), namespace)
    try:
        room = await blind.activate(wish())
        await blind.close("R1")
        waits = first_wait(blind, monkeypatch)
        waiting = asyncio.create_task(blind.activate(wish(), deadline=PATIENCE_S))
        await waits.wait()
        await operator.forget(room)
        assert (await waiting).uid != room.uid
    finally:
        await blind.stop()


async def test_no_restart_is_lost_among_many_writers(
    directory: KubernetesDirectory, other: KubernetesDirectory, operator: ClusterOperator
) -> None:
    await directory.activate(wish())
    writers = [each.restart("R1") for each in (directory, other) for _ in range(20)]
    counts = {room.spec.restart for room in await asyncio.gather(*writers) if room is not None}
    assert counts == set(range(1, 41))
    assert (await operator.rooms())["R1"].spec.restart == 40


async def test_what_the_server_does_not_take_is_said_and_not_tried_for_ever(
    directory: KubernetesDirectory, operator: ClusterOperator
) -> None:
    await operator.make(restart=1_000_000)
    with pytest.raises(
        ClusterRefused, match=r"Unable to restart room <R1>: the cluster refuses it: .*restart"
    ):
        await directory.restart("R1")


async def test_a_quota_that_is_used_up_refuses_new_rooms_only(
    admin: Cluster, namespace: str, directory: KubernetesDirectory
) -> None:
    quotas, count = f"/api/v1/namespaces/{namespace}/resourcequotas", "count/rooms.dolmetsch.dev"
    await admin.create(quotas, {"metadata": {"name": "rooms"}, "spec": {"hard": {count: "1"}}})
    # A controller's work, which it does for new kinds only after half a minute.
    await admin.merge(f"{quotas}/rooms/status", {"status": {"hard": {count: "1"}, "used": {count: "0"}}})
    room = await directory.activate(wish())
    with pytest.raises(ClusterRefused, match="<R2>: a quota of the cluster is used up"):
        await directory.activate(wish(room_id="R2"))
    assert (await directory.activate(wish(source_lang="de"))).uid == room.uid


async def test_a_namespace_that_is_being_deleted_refuses_and_says_so(
    control_plane: ControlPlane, admin: Cluster
) -> None:
    """As admin: the api's own rights may go before its rooms do."""
    made = await admin.create("/api/v1/namespaces", {"metadata": {"generateName": "ending-"}})
    name, uid = made["metadata"]["name"], made["metadata"]["uid"]
    async for directory in watching_directory(control_plane.kubeconfig(), name):
        room = await directory.activate(wish())
        await admin.delete(f"/api/v1/namespaces/{name}", uid=uid)
        with pytest.raises(ClusterRefused, match="activate room <R2>: its namespace is being deleted"):
            await directory.activate(wish(room_id="R2"))
        await ClusterOperator(admin, name).forget(room)
