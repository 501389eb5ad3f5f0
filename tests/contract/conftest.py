"""Which server the suite runs against: the one that the environment names, or one that it starts.

| variable | meaning |
|---|---|
| `DOLMETSCH_CONTRACT_URL` | the server's address with its base path; without it the suite starts a platform |
| `DOLMETSCH_CONTRACT_HOST_PASSWORD`, `DOLMETSCH_CONTRACT_ADMIN_PASSWORD` | its passwords |
| `DOLMETSCH_CONTRACT_OWN_SETUP` | `1`: it was started with what `setup.environment` says |
| `DOLMETSCH_CONTRACT_PROXIED` | `1`: a proxy is before it, which leads the base path alone |
| `DOLMETSCH_CONTRACT_OWN_API` | a file with the environment of its api, as JSON: another one may be started |

A server that is named should have nothing else to do: the suite closes every room. It refuses one that has an
active room when it begins.
"""

import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from dolmetsch_local.processes import free_port
from tests.contract import own, schedule, setup
from tests.contract.server import PATIENCE_S, Rooms, Server
from tests.platform_process import PlatformProcess
from tests.waiting import until

HERE = Path(__file__).parent
URL = os.environ.get("DOLMETSCH_CONTRACT_URL", "")
OWN_SETUP = not URL or os.environ.get("DOLMETSCH_CONTRACT_OWN_SETUP") == "1"
PROXIED = os.environ.get("DOLMETSCH_CONTRACT_PROXIED") == "1"
LEFT_OUT = pytest.StashKey[list[str]]()
NOT_RUN = "contract: NOT run against "
MARKERS = {
    "own_setup": "needs the suite's own schedule and settings",
    "own_api": "needs an api of its own, with another clock",
    "own_platform": "needs a platform of its own, some part of which is away",
    "direct": "asks for what a proxy does not hand on",
}


def pytest_configure(config: pytest.Config) -> None:
    for name, why in MARKERS.items():
        config.addinivalue_line("markers", f"{name}: {why}")
    config.stash[LEFT_OUT] = []


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what a server that others started can't be asked for."""
    unwanted = {"own_platform"} if URL else set()
    unwanted |= {"own_api"} if URL and not own.API else set()
    unwanted |= set() if OWN_SETUP else {"own_setup"}
    unwanted |= {"direct"} if PROXIED else set()
    left_out = []
    for item in items:
        reasons = [name for name in MARKERS if name in unwanted and item.get_closest_marker(name)]
        if HERE in item.path.parents and reasons:
            left_out.append(item)
            config.stash[LEFT_OUT].append(f"{item.nodeid}: it {MARKERS[reasons[0]]}")
    if left_out:
        items[:] = [item for item in items if item not in left_out]
        config.hook.pytest_deselected(items=left_out)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """What was left out is never left out silently."""
    for each in config.stash[LEFT_OUT]:
        terminalreporter.write_line(f"{NOT_RUN}{URL}: {each}")


@pytest.fixture(scope="session")
def platform_process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PlatformProcess | None]:
    """The platform that the suite starts as `make run` does; None: it was given a server."""
    if URL:
        yield None
        return
    folder = tmp_path_factory.mktemp("contract")
    schedule.write(folder / "schedule.json")
    process = PlatformProcess(
        folder / "state", free_port(), **setup.PLATFORM, **setup.environment(folder / "schedule.json")
    )
    try:
        process.start()
        yield process
    finally:
        process.stop()


@pytest.fixture(scope="session")
def server(platform_process: PlatformProcess | None) -> Iterator[Server]:
    """The server under test."""
    if platform_process is not None:
        url, passwords = platform_process.url + setup.BASE_PATH, (setup.HOST_PASSWORD, setup.ADMIN_PASSWORD)
    else:
        names = ("DOLMETSCH_CONTRACT_HOST_PASSWORD", "DOLMETSCH_CONTRACT_ADMIN_PASSWORD")
        if missing := [name for name in names if not os.environ.get(name)]:
            pytest.exit(f"Set {' and '.join(missing)} as well", 4)
        url, passwords = URL, (os.environ[names[0]], os.environ[names[1]])
    found = Server(url, *passwords)
    if any(each["host_connection_id"] for each in found.room_list()["rooms"]):
        pytest.exit(f"{url} has an active room, which the suite would close: run it when nobody speaks", 4)
    yield found
    found.close()


@pytest.fixture(scope="session")
def rooms(server: Server) -> Rooms:
    """Rooms to use."""
    return Rooms(server)


@pytest.fixture
def room(rooms: Rooms) -> str:
    """A room that is listed and not active."""
    return rooms.some(1)[0]


@pytest.fixture(autouse=True)
async def no_room_active(
    server: Server, platform_process: PlatformProcess | None, request: pytest.FixtureRequest
) -> AsyncIterator[None]:
    """Before and after each test."""
    await until(server.no_room_active, "all rooms closed", timeout=PATIENCE_S)
    failed_before = request.session.testsfailed
    yield
    if platform_process and request.session.testsfailed > failed_before:
        print(platform_process.log.read_text()[-3000:], platform_process.part_logs())
    await until(server.no_room_active, "all rooms closed", timeout=PATIENCE_S)
