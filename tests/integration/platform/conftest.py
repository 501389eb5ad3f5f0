"""The platform with the demonstration model, started once; its rooms are closed after each test."""

from collections.abc import AsyncIterator, Iterator

import httpx
import pytest

from tests.conftest import free_port
from tests.platform_process import PlatformProcess, until


@pytest.fixture(scope="session")
def demo_platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PlatformProcess]:
    """`MODEL=demo`, a grace time of 4 s, an activation deadline of 6 s."""
    platform = PlatformProcess(
        tmp_path_factory.mktemp("platform") / "state",
        free_port(),
        DOLMETSCH_MODEL="demo",
        DOLMETSCH_CLOSE_ROOM_AFTER="4",
        DOLMETSCH_ACTIVATION_DEADLINE="6",
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
        rooms = httpx.get(f"{platform.url}/room_list", trust_env=False).json()["rooms"]
        return any(room["host_connection_id"] for room in rooms)

    await until(lambda: not active(), "all rooms closed", timeout=40)
