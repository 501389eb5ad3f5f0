"""What clients in use depend on holds on a cluster too: tests/contract against an api on real engine pods."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

import pytest

from dolmetsch_core.cluster.api import Cluster
from dolmetsch_core.tokens import EngineKey
from tests.cluster.conftest import AddProcessNode
from tests.cluster.control_plane import die_with_parent
from tests.cluster.operator_process import OperatorProcess, make_pool, pool_where
from tests.cluster.platform import ClusterPlatform
from tests.cluster.process_node import ENGINE
from tests.cluster.waiting import until
from tests.conftest import REPOSITORY, LibreTranslateProcess, model
from tests.contract import schedule, setup
from tests.contract.conftest import NOT_RUN
from tests.contract.server import Server
from tests.reporting import OF_THIS_RUN

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
    # What tells this process of itself would take the suite for a part of it.
    own = {name: value for name, value in os.environ.items() if not name.startswith(OF_THIS_RUN)}
    env = own | {
        "DOLMETSCH_CONTRACT_URL": contracted.url,
        "DOLMETSCH_CONTRACT_HOST_PASSWORD": setup.HOST_PASSWORD,
        "DOLMETSCH_CONTRACT_ADMIN_PASSWORD": setup.ADMIN_PASSWORD,
        "DOLMETSCH_CONTRACT_OWN_SETUP": "1",
        "DOLMETSCH_CONTRACT_OWN_API": str(contracted.own_api),
    }
    report = tmp_path / "contract.xml"
    options = ("-q", "--tb=short", "-p", "no:cacheprovider", f"--junitxml={report}")
    suite = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "pytest", "tests/contract", *options),
        cwd=REPOSITORY,
        env=env,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        start_new_session=True,
        preexec_fn=die_with_parent,
    )
    try:
        # Beside it this loop runs the nodes: it must never stand still.
        async with asyncio.timeout(SUITE_S):
            output, _ = await suite.communicate()
    finally:
        if suite.returncode is None:
            os.killpg(suite.pid, signal.SIGKILL)
            await suite.wait()
    told = output.decode(errors="replace")
    print(told)
    assert suite.returncode == 0, f"tests/contract against {contracted.url}: see its output"
    lines = [line.removeprefix(NOT_RUN).split() for line in told.splitlines() if line.startswith(NOT_RUN)]
    assert {test.rstrip(":") for _, test, *_ in lines} == LEFT_OUT
    assert not skipped(report)


def skipped(report: Path) -> list[str]:
    """Tests that were not run to their end, of a JUnit report that holds some."""
    cases = list(ElementTree.parse(report).iter("testcase"))
    assert cases
    return [
        f"{case.get('classname')}::{case.get('name')}" for case in cases if case.find("skipped") is not None
    ]
