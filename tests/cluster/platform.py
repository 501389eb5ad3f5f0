"""The platform on the test cluster: api processes and a worker, beside operator and engine pods."""

import os
import subprocess
import sys
from pathlib import Path

import httpx
import yaml

from dolmetsch_core.tokens import EngineKey
from dolmetsch_local.state import Address
from tests.cluster.control_plane import die_with_parent, last_words, steady_port
from tests.cluster.waiting import PATIENCE_S, until_so
from tests.platform_process import ADMIN_PASSWORD, HOST_PASSWORD

ROOMS = ("TALK1", "TALK2", "TALK3")
GRACE_S = 600
"""How long a room waits for its host to come back: `end_grace_time` does not wait for it."""


class ClusterPlatform:
    """Its processes, each with a log in `folder`; the api ones have just the rights of the chart."""

    def __init__(
        self, folder: Path, *, kubeconfig: Path, namespace: str, store_url: str, key: EngineKey
    ) -> None:
        self.folder = folder
        self._store_url = store_url
        rooms = folder / "rooms.yaml"
        talks = [{"id": room, "title": room, "source_lang": "en"} for room in ROOMS]
        rooms.write_text(yaml.safe_dump({"rooms": talks}))
        self._env = os.environ | {
            "DOLMETSCH_STORE_URL": store_url,
            "DOLMETSCH_DIRECTORY": "kubernetes",
            "DOLMETSCH_NAMESPACE": namespace,
            "KUBECONFIG": str(kubeconfig),
            "DOLMETSCH_ENGINE_PRIVATE_KEY": key.pem,
            "DOLMETSCH_HOST_PASSWORD": HOST_PASSWORD,
            "DOLMETSCH_ADMIN_PASSWORD": ADMIN_PASSWORD,
            "DOLMETSCH_ALLOW_PLAIN_PASSWORDS": "true",
            "DOLMETSCH_ARCHIVE_URL": f"sqlite:///{folder}/archive.db",
            "DOLMETSCH_SIGNING_KEY": "signing-key-of-the-cluster-tests-only",
            "DOLMETSCH_CLOSE_ROOM_AFTER": str(GRACE_S),
            "DOLMETSCH_ROOMS_FILE": str(rooms),
        }
        self._processes: list[subprocess.Popen[bytes]] = []

    async def add_api(self) -> Address:
        """Start another api process and wait until it sees the cluster."""
        port = steady_port()
        name, url = f"api-{port}", f"http://127.0.0.1:{port}"
        process = self._start(name, "dolmetsch_api", "--port", str(port))

        async def well() -> bool:
            assert process.poll() is None, f"{name} ended: {last_words(self.folder / f'{name}.log')}"
            return await _is_well(url)

        await until_so(well, f"{name} is well")
        return Address(url=url, host_password=HOST_PASSWORD, pid=process.pid, store_url=self._store_url)

    def add_worker(self, libretranslate_url: str) -> None:
        """Start a translator."""
        self._env["DOLMETSCH_WORKER_LIBRETRANSLATE_URL"] = libretranslate_url
        self._env["DOLMETSCH_WORKER_BACKENDS"] = '["libretranslate"]'
        self._start("worker", "dolmetsch_worker")

    async def ready(self, address: Address) -> None:
        """Wait until hosts can come: an engine was heard of, and the translator."""
        async with httpx.AsyncClient(trust_env=False, timeout=PATIENCE_S) as client:

            async def is_ready() -> bool:
                return bool((await client.get(f"{address.url}/api/v1/about")).json()["ready"])

            await until_so(is_ready, "the api is ready")

    def stop(self) -> None:
        """End all of them."""
        for process in self._processes:
            process.kill()
            process.wait()

    def _start(self, name: str, module: str, *arguments: str) -> subprocess.Popen[bytes]:
        with (self.folder / f"{name}.log").open("wb") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", module, *arguments],
                env=self._env,
                stdout=log,
                stderr=log,
                stdin=subprocess.DEVNULL,
                preexec_fn=die_with_parent,
            )
        self._processes.append(process)
        return process


async def _is_well(url: str) -> bool:
    async with httpx.AsyncClient(trust_env=False, timeout=PATIENCE_S) as client:
        try:
            return (await client.get(f"{url}/health")).is_success
        except httpx.HTTPError:
            return False
