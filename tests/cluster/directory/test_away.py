"""The API server is away or has nothing to say: the view stays, and its age is told."""

import asyncio
import logging
import time
from itertools import pairwise
from pathlib import Path

import pytest
from httpx import ASGITransport, AsyncClient, Response
from pydantic import SecretStr

from dolmetsch_api.app import create_app
from dolmetsch_api.cluster.kubernetes_directory import KubernetesDirectory
from dolmetsch_api.settings import ApiSettings
from dolmetsch_core.cluster import informer
from dolmetsch_core.errors import DirectoryAway
from tests.cluster.control_plane import ControlPlane
from tests.cluster.directory.conftest import ClusterOperator
from tests.cluster.waiting import until, until_so
from tests.integration.core.directory_suite import until_seen, wish


async def test_a_server_that_is_away_leaves_the_view_and_it_grows_old(
    control_plane: ControlPlane,
    directory: KubernetesDirectory,
    operator: ClusterOperator,
    caplog: pytest.LogCaptureFixture,
) -> None:
    await directory.activate(wish())
    ready = await operator.serve("R1")
    await until(lambda: directory.view.rooms["R1"].status == ready.status, "the view knows it is ready")

    def told_of_the_outage() -> int:
        said = [each.getMessage() for each in caplog.records if each.levelno >= logging.WARNING]
        return len([each for each in said if ": waiting for the API server:" in each])

    control_plane.stop_apiserver()
    try:
        # Once for the rooms, once for the pool.
        await until(lambda: told_of_the_outage() == 2, "the outage is told of")
        before = directory.view.age
        with pytest.raises(DirectoryAway, match="API server is away: live rooms go on"):
            await directory.activate(wish(room_id="R2"))
        for call in (directory.restart, directory.close):
            with pytest.raises(DirectoryAway):
                await call("R1")
        await until(lambda: directory.view.age > before + 1, "the view is a second older")
        old = directory.view.age
        assert directory.view.rooms["R1"].routable is not None
        assert told_of_the_outage() == 2, "and not again for every try"
    finally:
        await asyncio.to_thread(control_plane.start_apiserver)
    await operator.make(room_id="R2")
    await until_seen(directory, "R2")
    await until(lambda: directory.view.age < old, "the view is young again")
    await directory.activate(wish(room_id="R3"))
    assert not [each for each in caplog.records if each.levelno >= logging.ERROR]


@pytest.fixture
def short_watches(monkeypatch: pytest.MonkeyPatch) -> None:
    """For a directory that is made after this."""
    monkeypatch.setattr(informer, "WATCH_S", 3.0)


async def test_a_quiet_view_stays_young(short_watches: None, directory: KubernetesDirectory) -> None:
    """The server's bookmark and its end of the watch are words, too."""
    ages: list[float] = []

    def young_again(*, times: int) -> bool:
        ages.append(directory.view.age)
        return sum(later < before for before, later in pairwise(ages)) >= times

    await until(lambda: young_again(times=2), "the view is young again, twice")


async def test_the_api_works_with_the_clusters_rooms_when_told_to(
    api_kubeconfig: Path,
    namespace: str,
    store_url: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("KUBECONFIG", str(api_kubeconfig))
    secret = SecretStr("x" * 32)
    settings = ApiSettings(
        directory="kubernetes",
        namespace=namespace,
        store_url=store_url,
        host_password=secret,
        admin_password=secret,
        signing_key=secret,
        allow_plain_passwords=True,
        archive_url=f"sqlite:///{tmp_path}/archive.db",
    )
    app = create_app(settings)
    began = time.monotonic()
    async with (
        app.router.lifespan_context(app),
        AsyncClient(transport=ASGITransport(app), base_url="http://a") as http,
    ):

        async def well() -> Response | None:
            answer = await http.get("/health")
            return answer if answer.status_code == 200 else None

        health = await until_so(well, "the api is well")
        assert health.json() == {"status": "ok"}
        about = (await http.get("/api/v1/about")).json()
        assert 0 <= about["directory_age_seconds"] <= time.monotonic() - began, "no older than the api"
