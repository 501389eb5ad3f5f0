"""What clients in use depend on holds on a cluster too: tests/contract against an api on real engine pods."""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from dolmetsch_core.cluster.api import Cluster
from dolmetsch_core.tokens import EngineKey
from tests.cluster.conftest import AddProcessNode
from tests.cluster.operator_process import OperatorProcess, make_pool, pool_where
from tests.cluster.platform import ClusterPlatform
from tests.cluster.process_node import ENGINE
from tests.cluster.waiting import until
from tests.conftest import LibreTranslateProcess, model
from tests.contract import schedule, setup
from tests.contract.server import Server
from tests.contract_run import run_contract

SUITE_S = 3600.0
LEFT_OUT = {
    f"tests/contract/test_known_faults.py::{test}"
    for test in (
        # Starts no server, and needs none.
        "test_a_platform_without_passwords_does_not_start",
        # Stop the store, the translator or the worker: these are the tests' own here, and not the cluster's.
        "test_health_stays_when_store_and_libretranslate_are_away",
        "test_languages_stay_while_libretranslate_is_away",
        "test_a_translation_failure_does_not_end_translation_for_the_room",
        # Failures are counted in the store: those of the tests beside it would be counted too.
        "test_failed_logins_of_others_do_not_log_a_host_out",
    )
}
"""What runs without a cluster only. Everything else runs, and is not skipped."""


class ContractPlatform(ClusterPlatform):
    """The platform as the suite wants a server: its schedule, its passwords, its base path."""

    def __init__(
        self, folder: Path, *, kubeconfig: Path, namespace: str, store_url: str, key: EngineKey
    ) -> None:
        super().__init__(folder, kubeconfig=kubeconfig, namespace=namespace, store_url=store_url, key=key)
        schedule.write(folder / "schedule.json")
        self._env |= setup.environment(folder / "schedule.json")
        del self._env["DOLMETSCH_ROOMS_FILE"]

    def tell_environment(self) -> Path:
        """A file with what an api process is started with: the suite starts one more, with another clock."""
        path = self.folder / "own-api.json"
        path.write_text(json.dumps(self._env))
        return path


@dataclass(frozen=True)
class Contracted:
    """What the suite is told of the platform."""

    url: str
    own_api: Path


@pytest.fixture
async def contracted(  # noqa: PLR0917 (fixtures)
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
) -> AsyncIterator[Contracted]:
    """An api whose rooms are Rooms, with real engines on two nodes."""
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
        yield Contracted(address.url + setup.BASE_PATH, platform.tell_environment())
        server = Server(address.url, setup.HOST_PASSWORD, setup.ADMIN_PASSWORD)
        await until(server.no_room_active, "all rooms closed")
        server.close()
    finally:
        platform.stop()


@pytest.mark.audio
@pytest.mark.timeout(SUITE_S + 120)
async def test_clients_in_use_can_live_with_an_api_on_a_cluster(
    contracted: Contracted, tmp_path: Path
) -> None:
    """The whole suite, but for LEFT_OUT."""
    ran = await run_contract(
        contracted.url,
        tmp_path / "contract.xml",
        SUITE_S,
        DOLMETSCH_CONTRACT_OWN_API=str(contracted.own_api),
    )
    assert ran.returncode == 0, f"tests/contract against {contracted.url}: see its output"
    assert ran.left_out.keys() == LEFT_OUT
    assert not ran.skipped
