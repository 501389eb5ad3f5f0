"""Fixtures of the route tests: the nodes of tests/node, a real Traefik, the chart with both of its routes."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from dataclasses import dataclass

import httpx
import pytest

from dolmetsch_local.state import Address
from tests.cluster.control_plane import last_words
from tests.cluster.waiting import wait_for
from tests.node.real_cluster import RealCluster
from tests.node.release import BASE_PATH, Release
from tests.node.routes.traefik import PROVIDERS, Traefik

ROOMS = [f"HALL{number}" for number in range(1, 25)]
"""More than tests/contract leaves transcripts in, in two runs."""
FAILURES_PER_MINUTE = 5
"""So few that they are reached in a minute on a slow machine."""
VALUES = {
    "rooms": [{"id": room, "title": f"Talks in {room}", "source_lang": "en"} for room in ROOMS],
    "logins": {"failuresPerMinute": FAILURES_PER_MINUTE},
    "engine": {"pool": {"warm": 2}},
}


@dataclass(frozen=True)
class Route:
    """One of the chart's routes, as its clients know it."""

    kind: str
    address: Address
    """With the base path; the speakers' password."""
    admin_password: str


@pytest.fixture(scope="session")
def traefik(cluster: RealCluster) -> Iterator[Traefik]:
    """Traefik, before there is anything to route to."""
    made = Traefik(cluster.folder / "traefik", cluster.kubectl)
    try:
        made.start()
        yield made
    finally:
        made.stop()


@pytest.fixture(scope="session")
def prepared(cluster: RealCluster, traefik: Traefik) -> Iterator[Release]:
    """As in tests/node, for a chart with an HTTPRoute and an Ingress."""
    made = Release(cluster, VALUES | traefik.values)
    made.prepare()
    yield made
    made.leave()


@pytest.fixture(params=list(PROVIDERS))
def route(request: pytest.FixtureRequest, release: Release, traefik: Traefik) -> Route:
    """Each of them, served, with an api behind it that knows a language to translate to."""
    traefik.wait_for_route(request.param)
    url = traefik.address(request.param) + BASE_PATH
    wait_for(lambda: _translates(url), f"translations are known at {url}")
    secret = release.get("secret", "dolmetsch-logins")["data"]
    host, admin = (base64.b64decode(secret[f"{role}-password"]).decode() for role in ("host", "admin"))
    return Route(request.param, Address(url=url, host_password=host, pid=0), admin)


@pytest.fixture
def patient_route(route: Route, release: Release) -> Route:
    """The same after an upgrade to an api that takes the many wrong passwords of tests/contract."""
    release.upgrade({"logins": {"failuresPerMinute": 100_000, "failuresOverall": 100_000}})
    wait_for(lambda: _translates(route.address.url), "translations are known by the new api")
    return route


def _translates(url: str) -> bool:
    try:
        answer = httpx.get(f"{url}/room_list", trust_env=False)
    except httpx.HTTPError:
        return False
    return answer.is_success and "de" in answer.json()["available_target_langs"]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item):  # type: ignore[no-untyped-def]
    """Show what Traefik logged of a test that failed."""
    report = yield
    if report.failed and isinstance(traefik := getattr(item, "funcargs", {}).get("traefik"), Traefik):
        report.sections.append(("traefik", last_words(traefik.log)))
    return report
