"""A server of the suite's own, with another clock and other settings, that may be stopped and started."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Protocol

import httpx

from dolmetsch_local.processes import free_port
from tests.contract import setup
from tests.platform_process import PATIENCE_S, PlatformProcess
from tests.spawn import popen

API = os.environ.get("DOLMETSCH_CONTRACT_OWN_API", "")
"""A file with the environment, as JSON, of an api process of the platform under test: it gets another one."""
READY_S = 300.0


class Own(Protocol):
    """What a test may do with it. `env` counts from the next start on."""

    url: str
    env: dict[str, str]

    @property
    def running(self) -> bool: ...
    @property
    def signing_key(self) -> str: ...
    @property
    def api_log(self) -> str: ...
    def start(self) -> None: ...
    def stop(self) -> object: ...


class OwnApi:
    """Another api process beside those of a platform that others started; its votes are its own."""

    def __init__(self, folder: Path, **env: str) -> None:
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        self.env: dict[str, str] = (
            json.loads(Path(API).read_text()) | env | {"DOLMETSCH_ARCHIVE_URL": f"sqlite:///{folder}/own.db"}
        )
        self._log = folder / "api.log"
        self._argv = [sys.executable, "-m", "dolmetsch_api", "--port", str(port)]
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def running(self) -> bool:
        """Whether it was started and has not ended."""
        return self._process is not None and self._process.poll() is None

    @property
    def signing_key(self) -> str:
        """What its platform signs its keys with."""
        return self.env["DOLMETSCH_SIGNING_KEY"]

    @property
    def api_log(self) -> str:
        """What it has logged."""
        return self._log.read_text()

    def start(self) -> None:
        """Start it and wait until it takes hosts."""
        with self._log.open("ab") as log:
            self._process = popen(self._argv, env=self.env, stdout=log, stderr=log, stdin=subprocess.DEVNULL)
        deadline = time.monotonic() + READY_S
        while not self._ready():
            words = self._log.read_text()[-3000:]
            assert self.running, f"the api ended: {words}"
            assert time.monotonic() < deadline, f"the api is not ready: {words}"
            time.sleep(0.1)

    def stop(self) -> None:
        """End it, if it runs."""
        if self._process is not None and self.running:
            self._process.terminate()
            self._process.wait(PATIENCE_S)

    def _ready(self) -> bool:
        try:
            about = httpx.get(f"{self.url}/api/v1/about", trust_env=False, timeout=PATIENCE_S)
        except httpx.HTTPError:
            return False
        return about.is_success and bool(about.json()["ready"])


def own_server(folder: Path, **env: str) -> Own:
    """With these settings, not started yet: a whole platform, or one more api where there is a platform."""
    if API:
        return OwnApi(folder, **env)
    return PlatformProcess(folder / "state", free_port(), **setup.PLATFORM, **env)
