"""The Directory suite on a real API server, and what only a cluster's directory does.

The directories have the api's own service account; the operator is played by an admin.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from itertools import pairwise
from pathlib import Path

import pytest
from httpx import ASGITransport, AsyncClient
from pydantic import SecretStr

from dolmetsch_api import kubernetes_directory
from dolmetsch_api.app import create_app
from dolmetsch_api.kubernetes_directory import ClusterRefused, KubernetesDirectory
from dolmetsch_api.settings import ApiSettings
from dolmetsch_core.cluster import informer, names
from dolmetsch_core.cluster.api import Cluster, cluster_of
from dolmetsch_core.cluster.objects import room_object, room_of, status_patch
from dolmetsch_core.errors import DirectoryAway
from dolmetsch_core.life.observed import Observation
from dolmetsch_core.tasks import end_tasks
from dolmetsch_core.wire.room import EnginePoolStatus, Origin, Room
from tests.cluster.control_plane import ControlPlane
from tests.integration.core.directory_suite import DirectorySuite, Operator, serving, until_seen, wish

pytestmark = pytest.mark.timeout(120)


class ClusterOperator(Operator):
    """Writes as the operator does."""

    def __init__(self, admin: Cluster, namespace: str) -> None:
        self._admin = admin
        self._namespace = namespace

    async def rooms(self) -> dict[str, Room]:
        found = await self._admin.get(names.rooms_path(self._namespace))
        return {room.spec.room_id: room for room in map(room_of, found["items"])}

    async def write_status(self, room: Room) -> None:
        await self._admin.merge(f"{self._path(room)}/status", status_patch(room.status))

    async def delete(self, room: Room) -> None:
        await self._admin.delete(self._path(room), uid=room.uid)

    async def forget(self, room: Room) -> None:
        await self._admin.merge(self._path(room), {"metadata": {"finalizers": None}})

    async def make(self, name: str = "", **fields: object) -> Room:
        """Make a Room as a person does: no label, no finalizer."""
        made = room_object(wish(**fields), self._namespace, Origin.OTHER)
        made["metadata"] = {
            "name": name or made["metadata"]["name"],
            "annotations": {"example.org/note": "kept"},
        }
        return room_of(await self._admin.create(names.rooms_path(self._namespace), made))

    def _path(self, room: Room) -> str:
        return names.rooms_path(self._namespace, room.name)


@pytest.fixture
async def operator(admin: Cluster, namespace: str) -> ClusterOperator:
    return ClusterOperator(admin, namespace)


async def _directory(kubeconfig: Path, namespace: str) -> AsyncIterator[KubernetesDirectory]:
    directory = KubernetesDirectory(cluster_of(kubeconfig), namespace)
    await directory.start()
    await until(lambda: directory.view.seen)
    yield directory
    await directory.stop()


@pytest.fixture
async def directory(api_kubeconfig: Path, namespace: str) -> AsyncIterator[KubernetesDirectory]:
    async for each in _directory(api_kubeconfig, namespace):
        yield each


@pytest.fixture
async def other(api_kubeconfig: Path, namespace: str) -> AsyncIterator[KubernetesDirectory]:
    async for each in _directory(api_kubeconfig, namespace):
        yield each


async def until(reached: Callable[[], bool], *, timeout: float = 20.0) -> None:
    async with asyncio.timeout(timeout):
        while not reached():
            await asyncio.sleep(0.02)


def first_wait(directory: KubernetesDirectory, monkeypatch: pytest.MonkeyPatch) -> asyncio.Event:
    """Set once the directory waits for the end of a room that closes."""
    waits, until_ended = asyncio.Event(), directory._until_ended

    async def noticed(room_id: str) -> None:
        waits.set()
        await until_ended(room_id)

    monkeypatch.setattr(directory, "_until_ended", noticed)
    return waits


class TestKubernetesDirectory(DirectorySuite):
    """The suite."""


async def test_what_a_directory_wrote_is_in_its_view_at_once(
    directory: KubernetesDirectory, operator: ClusterOperator
) -> None:
    room = await directory.activate(wish())
    assert directory.view.rooms["R1"] == room
    renewed = await directory.restart("R1")
    assert directory.view.rooms["R1"] == renewed
    await directory.close("R1")
    assert directory.view.rooms["R1"].deleted is not None


async def test_an_older_word_never_undoes_a_newer_one(
    directory: KubernetesDirectory, operator: ClusterOperator
) -> None:
    seen: list[int] = []

    async def watch() -> None:
        async for room in directory.view.changes("R1"):
            seen.extend([room.spec.restart] if room else [])

    watching = asyncio.create_task(watch())
    await directory.activate(wish())
    for _ in range(30):
        await directory.restart("R1")
    await until(lambda: seen[-1] == 30)
    # All that the watch has to tell of R1 came before this.
    await operator.make(room_id="R2")
    await until_seen(directory, "R2")
    await end_tasks(watching)
    assert seen == sorted(seen)


async def test_a_room_of_a_wrong_name_is_not_in_the_view(
    directory: KubernetesDirectory, operator: ClusterOperator
) -> None:
    await operator.make("misnamed")
    await operator.make(room_id="R2")
    await until_seen(directory, "R2")
    assert set(directory.view.rooms) == {"R2"}
    assert not await directory.close("R1")
    await directory.activate(wish())
    assert directory.view.rooms["R1"].name == "r1"


async def test_a_room_of_another_id_under_the_name_is_said(
    directory: KubernetesDirectory, operator: ClusterOperator
) -> None:
    await operator.make("r1", room_id="R2")
    for call in (directory.activate(wish()), directory.restart("R1"), directory.close("R1")):
        with pytest.raises(ClusterRefused, match="The Room r1 is not <R1> but <R2>: delete it"):
            await call


async def test_an_unreadable_room_is_told_of_once(
    admin: Cluster, namespace: str, directory: KubernetesDirectory, caplog: pytest.LogCaptureFixture
) -> None:
    room = await directory.activate(wish())
    obj = await admin.get(names.rooms_path(namespace, room.name))
    for _ in range(2):
        # What the CRD of another version would let through.
        version = str(int(obj["metadata"]["resourceVersion"]) + 1)
        obj |= {"metadata": obj["metadata"] | {"resourceVersion": version}, "spec": {"roomId": "R1"}}
        await directory._show(obj)
    assert "R1" not in directory.view.rooms
    told = [each.getMessage() for each in caplog.records if each.levelno >= logging.ERROR]
    assert told == ["left out: Room r1: sourceLang: Field required"]


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
        await directory.activate(wish(), deadline=0.3)


async def test_a_room_that_is_gone_is_made_anew_as_soon_as_the_view_knows(
    directory: KubernetesDirectory, operator: ClusterOperator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kubernetes_directory, "LOOK_AGAIN_S", 60.0)
    room = await directory.activate(wish())
    await operator.serve("R1")
    await directory.close("R1")
    waits = first_wait(directory, monkeypatch)
    waiting = asyncio.create_task(directory.activate(wish(), deadline=20))
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
        waiting = asyncio.create_task(blind.activate(wish(), deadline=20))
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
    async for directory in _directory(control_plane.kubeconfig(), name):
        room = await directory.activate(wish())
        await admin.delete(f"/api/v1/namespaces/{name}", uid=uid)
        with pytest.raises(ClusterRefused, match="activate room <R2>: its namespace is being deleted"):
            await directory.activate(wish(room_id="R2"))
        await ClusterOperator(admin, name).forget(room)


async def test_capacity_follows_the_pool(
    admin: Cluster, namespace: str, directory: KubernetesDirectory
) -> None:
    assert await directory.capacity() == EnginePoolStatus()
    pool = {"apiVersion": names.API_VERSION, "kind": "EnginePool", "metadata": {"name": names.POOL}}
    path = names.pools_path(namespace)
    await admin.create(path, pool | {"spec": {}})
    await admin.create(path, pool | {"metadata": {"name": "another"}, "spec": {}})
    told = EnginePoolStatus(capacity=3, available=3, languages=("de", "en"))
    await admin.merge(f"{path}/another/status", status_patch(EnginePoolStatus(capacity=9)))
    await admin.merge(f"{path}/{names.POOL}/status", status_patch(told))
    async with asyncio.timeout(20):
        while await directory.capacity() != told:
            await asyncio.sleep(0.02)


async def test_a_server_that_is_away_leaves_the_view_and_it_grows_old(
    control_plane: ControlPlane,
    directory: KubernetesDirectory,
    operator: ClusterOperator,
    caplog: pytest.LogCaptureFixture,
) -> None:
    await directory.activate(wish())
    ready = await operator.serve("R1")
    await until(lambda: directory.view.rooms["R1"].status == ready.status)
    control_plane.stop_apiserver()
    try:
        before = directory.view.age
        with pytest.raises(DirectoryAway, match="API server is away: live rooms go on"):
            await directory.activate(wish(room_id="R2"))
        for call in (directory.restart, directory.close):
            with pytest.raises(DirectoryAway):
                await call("R1")
        await until(lambda: directory.view.age > before + 1)
        old = directory.view.age
        assert directory.view.rooms["R1"].routable is not None
    finally:
        control_plane.start_apiserver()
    await operator.make(room_id="R2")
    await until_seen(directory, "R2")
    assert directory.view.age < old
    await directory.activate(wish(room_id="R3"))
    told = [each for each in caplog.records if each.levelno >= logging.WARNING]
    assert [each.getMessage().split(":")[1] for each in told].count(" waiting for the API server") == 2
    assert not [each for each in told if each.levelno >= logging.ERROR]


@pytest.fixture
def short_watches(monkeypatch: pytest.MonkeyPatch) -> None:
    """For a directory that is made after this."""
    monkeypatch.setattr(informer, "WATCH_S", 3.0)


async def test_a_quiet_view_stays_young(short_watches: None, directory: KubernetesDirectory) -> None:
    """The server's bookmark and its end of the watch are words, too."""
    ages: list[float] = []

    def young_again(*, times: int) -> bool:
        ages.append(directory.view.age)
        return sum(later < before for before, later in pairwise(ages)) >= times

    await until(lambda: young_again(times=2))


async def test_the_api_works_with_the_clusters_rooms_when_told_to(
    api_kubeconfig: Path,
    namespace: str,
    store_url: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("KUBECONFIG", str(api_kubeconfig))
    secret = SecretStr("x" * 32)
    settings = ApiSettings(
        directory="kubernetes",
        namespace=namespace,
        store_url=store_url,
        host_password=secret,
        admin_password=secret,
        signing_key=secret,
    )
    app = create_app(settings)
    async with (
        app.router.lifespan_context(app),
        AsyncClient(transport=ASGITransport(app), base_url="http://a") as http,
    ):
        async with asyncio.timeout(20):
            while (health := await http.get("/health")).status_code != 200:
                await asyncio.sleep(0.05)
        assert health.json()["status"] == "ok"
        assert 0 <= health.json()["directory_age_seconds"] < 20
