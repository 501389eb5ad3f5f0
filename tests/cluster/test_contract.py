"""What clients in use depend on holds on a cluster too: tests/contract against an api on real engine pods."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from dolmetsch_core.cluster.api import Cluster
from dolmetsch_core.tokens import EngineKey
from tests.cluster.conftest import AddProcessNode
from tests.cluster.operator_process import OperatorProcess, make_pool, pool_where
from tests.cluster.platform import ClusterPlatform
from tests.cluster.process_node import ENGINE
from tests.conftest import REPOSITORY, LibreTranslateProcess, model
from tests.contract import schedule, setup
from tests.contract.server import Server
from tests.waiting import until

SUITE_S = 900


class ContractPlatform(ClusterPlatform):
    """The platform as the suite wants a server: its schedule, its passwords, its base path."""

    def __init__(
        self, folder: Path, *, kubeconfig: Path, namespace: str, store_url: str, key: EngineKey
    ) -> None:
        super().__init__(folder, kubeconfig=kubeconfig, namespace=namespace, store_url=store_url, key=key)
        schedule.write(folder / "schedule.json")
        self._env |= setup.environment(folder / "schedule.json")
        del self._env["DOLMETSCH_ROOMS_FILE"]


@pytest.fixture
async def url(  # noqa: PLR0917 (fixtures)
    admin: Cluster,
    api_kubeconfig: Path,
    namespace: str,
    operator: OperatorProcess,
    add_process_node: AddProcessNode,
    store_url: str,
    key: EngineKey,
    libretranslate: LibreTranslateProcess,
    tmp_path: Path,
    failure_logs: list[Path],
) -> AsyncIterator[str]:
    """The address of an api whose rooms are Rooms, with real engines on two nodes."""
    folder = tmp_path / "platform"
    folder.mkdir()
    failure_logs.append(folder)
    for name in ("a", "b"):
        await add_process_node(name, gpus=1, entrypoint=ENGINE)
    env = {
        "DOLMETSCH_STORE_URL": store_url,
        "DOLMETSCH_ENGINE_MODEL": str(model("demo")),
        "DOLMETSCH_ENGINE_LANGUAGES": '["en","de"]',
        "DOLMETSCH_ENGINE_THREADS": "1",
    }
    await make_pool(admin, namespace, warm=1, env=env)
    platform = ContractPlatform(
        folder, kubeconfig=api_kubeconfig, namespace=namespace, store_url=store_url, key=key
    )
    try:
        platform.add_worker(libretranslate.spec.url)
        address = await platform.add_api()
        await pool_where(admin, namespace, lambda status: status.get("warm") == 1)
        await platform.ready(address)
        yield address.url + setup.BASE_PATH
        server = Server(address.url, setup.HOST_PASSWORD, setup.ADMIN_PASSWORD)
        await until(server.no_room_active, "all rooms closed", timeout=60)
        server.close()
    finally:
        platform.stop()


@pytest.mark.audio
@pytest.mark.timeout(SUITE_S + 120)
async def test_clients_in_use_can_live_with_an_api_on_a_cluster(url: str) -> None:
    """The whole suite, but for what stops and starts a platform."""
    env = os.environ | {
        "DOLMETSCH_CONTRACT_URL": url,
        "DOLMETSCH_CONTRACT_HOST_PASSWORD": setup.HOST_PASSWORD,
        "DOLMETSCH_CONTRACT_ADMIN_PASSWORD": setup.ADMIN_PASSWORD,
        "DOLMETSCH_CONTRACT_OWN_SETUP": "1",
    }
    suite = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "pytest", "tests/contract", "-q", "--tb=short", "-p", "no:cacheprovider"),
        cwd=REPOSITORY,
        env=env,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        # Beside it this loop runs the nodes: it must never stand still.
        async with asyncio.timeout(SUITE_S):
            output, _ = await suite.communicate()
    finally:
        if suite.returncode is None:
            suite.kill()
            await suite.wait()
    print(output.decode(errors="replace"))
    assert suite.returncode == 0, f"tests/contract against {url}: see its output"
