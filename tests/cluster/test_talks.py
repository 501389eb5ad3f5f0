"""Hosts and viewers on api processes of the cluster: capacity, a spoken talk, a deleted engine."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import httpx
import pytest

from dolmetsch_core.cluster import names
from dolmetsch_core.cluster.api import Cluster
from dolmetsch_core.tokens import EngineKey
from dolmetsch_local.client import Refused, frames
from dolmetsch_local.speak import speak
from dolmetsch_local.state import Address
from tests.cluster.conftest import AddProcessNode
from tests.cluster.control_plane import ControlPlane
from tests.cluster.hosts import hosting, speaking
from tests.cluster.operator_process import (
    OperatorProcess,
    end_grace_time,
    engine_of,
    make_pool,
    phase,
    pods_of,
    pool_where,
    room_manifest,
    served_without,
)
from tests.cluster.platform import ClusterPlatform
from tests.cluster.process_node import ENGINE
from tests.cluster.tools import Kubectl
from tests.cluster.waiting import PATIENCE_S, gone, room_where, until
from tests.conftest import LibreTranslateProcess, model
from tests.integration.platform.reading import until_all_is_read
from tests.platform_process import ADMIN_PASSWORD, Viewer, viewing
from tests.scoring import Talk, exact_translations, score, talk

Apis = tuple[Address, Address]


@pytest.fixture
async def cluster_platform(  # noqa: PLR0917 (fixtures)
    api_kubeconfig: Path,
    namespace: str,
    store_url: str,
    key: EngineKey,
    tmp_path: Path,
    failure_logs: list[Path],
) -> AsyncIterator[ClusterPlatform]:
    """No process yet."""
    folder = tmp_path / "platform"
    folder.mkdir()
    failure_logs.append(folder)
    platform = ClusterPlatform(
        folder, kubeconfig=api_kubeconfig, namespace=namespace, store_url=store_url, key=key
    )
    yield platform
    platform.stop()


async def test_the_third_host_is_told_the_capacity_and_gets_in_after_one_has_closed(  # noqa: PLR0917
    admin: Cluster,
    namespace: str,
    operator: OperatorProcess,
    add_process_node: AddProcessNode,
    cluster_platform: ClusterPlatform,
    libretranslate: LibreTranslateProcess,
) -> None:
    await add_process_node("a", gpus=2)
    await make_pool(admin, namespace, warm=1)
    cluster_platform.add_worker(libretranslate.spec.url)
    one, other = await cluster_platform.add_api(), await cluster_platform.add_api()
    await cluster_platform.ready(one)
    await cluster_platform.ready(other)
    async with AsyncExitStack() as hosts:
        await hosts.enter_async_context(hosting(one, "TALK1"))
        await hosts.enter_async_context(hosting(other, "TALK2"))
        assert not [pod for pod in await pods_of(admin, namespace) if not pod["spec"].get("nodeName")]

        refused = "Unable to activate room <TALK3>: Maximum capacity of 2 instances reached"
        with pytest.raises(Refused, match=refused):
            async with hosting(one, "TALK3"):
                raise AssertionError("the third host got in")

        async with httpx.AsyncClient(trust_env=False, timeout=PATIENCE_S) as client:
            closed = await client.post(f"{other.url}/room/TALK1/close", json={"key": ADMIN_PASSWORD})
        assert closed.is_success
        await gone(admin, names.rooms_path(namespace, "talk1"))
        async with hosting(one, "TALK3"):
            await room_where(admin, namespace, "talk3", phase("Ready", "Active"), "Ready")


async def test_a_room_that_kubectl_made_ready_is_joined_and_one_that_it_deletes_is_closed_for_all(  # noqa: PLR0917
    admin: Cluster,
    namespace: str,
    operator: OperatorProcess,
    add_process_node: AddProcessNode,
    cluster_platform: ClusterPlatform,
    libretranslate: LibreTranslateProcess,
    kubectl: Kubectl,
) -> None:
    await add_process_node("a", gpus=1)
    await make_pool(admin, namespace)
    cluster_platform.add_worker(libretranslate.spec.url)
    address = await cluster_platform.add_api()
    manifest = json.dumps(room_manifest("TALK1"))
    await asyncio.to_thread(kubectl, "apply", "-f", "-", stdin=manifest)
    prewarmed = await room_where(admin, namespace, "talk1", phase("Ready"), "prewarmed")
    await cluster_platform.ready(address)
    async with viewing(address.url, "TALK1", "en") as (english,), hosting(address, "TALK1") as host:
        joined = await admin.get(names.rooms_path(namespace, "talk1"))
        assert joined["metadata"]["uid"] == prewarmed["metadata"]["uid"]
        assert joined["status"]["engine"]["podUID"] == prewarmed["status"]["engine"]["podUID"]

        await asyncio.to_thread(kubectl, "delete", "room", "talk1", "--wait=false")
        with pytest.raises(Refused, match="Room closed"):
            async for _ in frames(host):
                continue
        await until(lambda: english.closed == "Room closed", "the viewer is told")
    await gone(admin, names.rooms_path(namespace, "talk1"))


@pytest.fixture
async def apis(  # noqa: PLR0917 (fixtures)
    admin: Cluster,
    namespace: str,
    operator: OperatorProcess,
    add_process_node: AddProcessNode,
    cluster_platform: ClusterPlatform,
    store_url: str,
    libretranslate: LibreTranslateProcess,
) -> Apis:
    """Real engines with the demo model on two nodes, a translator, two api processes."""
    for name in ("a", "b"):
        await add_process_node(name, gpus=1, entrypoint=ENGINE)
    env = {
        "DOLMETSCH_STORE_URL": store_url,
        "DOLMETSCH_ENGINE_MODEL": str(model("demo")),
        "DOLMETSCH_ENGINE_LANGUAGES": '["en","de"]',
        "DOLMETSCH_ENGINE_THREADS": "1",
    }
    await make_pool(admin, namespace, warm=1, env=env)
    cluster_platform.add_worker(libretranslate.spec.url)
    one, other = await cluster_platform.add_api(), await cluster_platform.add_api()
    await pool_where(admin, namespace, lambda status: status.get("warm") == 1)
    await cluster_platform.ready(one)
    await cluster_platform.ready(other)
    return one, other


async def room_closes(admin: Cluster, namespace: str, english: Viewer, german: Viewer) -> None:
    """The host has left for good."""
    await end_grace_time(admin, namespace, "TALK1")
    await until(lambda: english.closed and german.closed, "the room closes after its host left")


def assert_all_heard(of: Talk, own: Viewer, other: Viewer) -> None:
    heard = score(of.texts, own.texts("en"))
    print(f"{of.name}: WER {heard.wer:.1%}, missing {heard.missing}")
    assert heard.wer <= 0.15, own.texts("en")
    assert not heard.missing, own.texts("en")
    assert not heard.doubled, own.texts("en")
    own.assert_no_gaps()
    assert own.texts("en") == other.texts("en")
    exact, right = exact_translations(of, other.in_order, "en", "de")
    assert exact >= 0.9 * right > 0


@pytest.mark.audio
async def test_a_spoken_talk_is_read_in_both_languages_from_another_api_process(
    apis: Apis, admin: Cluster, namespace: str
) -> None:
    (here, there), of = apis, talk("en")
    async with viewing(there.url, "TALK1", "en", "de") as (english, german):
        await speak(here, "TALK1", of.recording, "en", lambda _done, _total: None)
        await until_all_is_read(of, "en", english, german)
        await room_closes(admin, namespace, english, german)
    assert (english.closed, german.closed) == ("Room closed", "Room closed")
    assert_all_heard(of, english, german)
    await gone(admin, names.rooms_path(namespace, "talk1"))


@pytest.mark.audio
async def test_captions_go_on_when_the_engines_pod_is_deleted_in_mid_talk(
    apis: Apis, admin: Cluster, namespace: str, kubectl: Kubectl
) -> None:
    (here, there), of = apis, talk("en")
    async with viewing(there.url, "TALK1", "en", "de") as (english, german):
        async with speaking(here, "TALK1", of):
            await until(lambda: len(english.sentences) >= 3, "three sentences")
            before = await engine_of(admin, namespace, "TALK1")
            lines = len(english.sentences)
            await asyncio.to_thread(kubectl, "delete", "pod", before["metadata"]["name"], "--wait=false")
            await room_where(admin, namespace, "talk1", served_without(before), "on another engine")
            await until(lambda: len(english.sentences) > lines, "the talk goes on in another engine")
            await until_all_is_read(of, "en", english, german)
        await room_closes(admin, namespace, english, german)
    assert_all_heard(of, english, german)


@pytest.mark.audio
async def test_a_live_talk_goes_on_while_the_api_server_is_away_and_new_rooms_are_refused(
    apis: Apis, admin: Cluster, namespace: str, control_plane: ControlPlane
) -> None:
    (here, there), of = apis, talk("en")
    async with viewing(there.url, "TALK1", "en", "de") as (english, german):
        async with speaking(here, "TALK1", of):
            await until(lambda: len(english.sentences) >= 2, "two sentences")
            control_plane.stop_apiserver()
            try:
                before = len(german.texts("de"))
                with pytest.raises(Refused, match="API server is away"):
                    async with hosting(here, "TALK2"):
                        raise AssertionError("a room without an API server")
                # One may have been on its way already.
                await until(lambda: len(german.texts("de")) > before + 1, "captions go on")
            finally:
                await asyncio.to_thread(control_plane.start_apiserver)
            await until_all_is_read(of, "en", english, german)
        await room_closes(admin, namespace, english, german)
    assert_all_heard(of, english, german)
