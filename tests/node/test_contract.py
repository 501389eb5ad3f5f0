"""What clients in use depend on, through the route: tests/contract against the api in its pods."""

import functools
import threading
from collections.abc import Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.contract import schedule, setup
from tests.contract.conftest import MARKERS
from tests.contract_run import run_contract
from tests.node.addresses import MACHINE
from tests.node.release import Release

SUITE_S = 1800.0
SECRET = "contract-logins"


class Silent(SimpleHTTPRequestHandler):
    """Files, without a line for each request."""

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def schedule_url(tmp_path: Path) -> Iterator[str]:
    """Where the suite's schedule is served."""
    folder = tmp_path / "schedule"
    folder.mkdir()
    schedule.write(folder / "schedule.json")
    handler = functools.partial(Silent, directory=str(folder))
    with ThreadingHTTPServer((MACHINE, 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://{MACHINE}:{server.server_port}/schedule.json"
        server.shutdown()


@pytest.mark.audio
@pytest.mark.timeout(SUITE_S + 600)
async def test_clients_in_use_can_live_with_real_pods(
    release: Release, schedule_url: str, tmp_path: Path
) -> None:
    release.make_secret(
        SECRET,
        {
            "host-password": setup.HOST_PASSWORD,
            "admin-password": setup.ADMIN_PASSWORD,
            "signing-key": "of the contract, and long enough for it",
        },
    )
    told = setup.environment(Path("unused"))
    release.upgrade(
        {
            "rooms": [],
            "schedule": {"url": schedule_url, "refreshSeconds": 1},
            "logins": {
                "existingSecret": SECRET,
                "plainPasswords": True,
                "failuresPerMinute": int(told["DOLMETSCH_LOGIN_FAILURES_PER_MINUTE"]),
                "failuresOverall": int(told["DOLMETSCH_LOGIN_FAILURES_OVERALL"]),
            },
            # As of the platform that the suite starts for itself.
            "engine": {"pool": {"warm": int(setup.PLATFORM["DOLMETSCH_WARM_ENGINES"])}},
            "api": {
                "closeRoomAfter": setup.GRACE_S,
                "extraEnv": [{"name": "DOLMETSCH_FAKE_NOW", "value": setup.FAKE_NOW}],
            },
        }
    )
    try:
        ran = await run_contract(
            release.url, tmp_path / "contract.xml", SUITE_S, DOLMETSCH_CONTRACT_PROXIED="1"
        )
    finally:
        release.upgrade({})
        release.kubectl("delete", "secret", SECRET)
    assert ran.returncode == 0, f"tests/contract against {release.url}: see its output"
    others = {f"it {MARKERS[name]}" for name in ("own_api", "own_platform", "direct")}
    assert set(ran.left_out.values()) <= others, (
        "these run without a route, in tests/cluster and with a platform of their own"
    )
    assert not ran.skipped
