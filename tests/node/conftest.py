"""Fixtures of the node tests: two real nodes with the charts installed as their users do it."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from tests.cluster.control_plane import last_words
from tests.node import images
from tests.node.real_cluster import RealCluster
from tests.node.release import Release


@pytest.fixture(scope="session")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealCluster]:
    """Two nodes with two GPUs each, and all images in their registry."""
    folder = tmp_path_factory.mktemp("n")
    made = images.build(folder / "images")
    cluster = RealCluster(folder / "cluster")
    cluster.folder.mkdir()
    cluster.start()
    try:
        for image in made:
            cluster.registry.push(image.local, image.name)
            # The same again, as a version of its own to upgrade to.
            cluster.registry.push(image.local, image.name.replace(f":{images.TAG}", f":{images.NEXT_TAG}"))
        cluster.wait_for_nodes()
        for node in cluster.nodes:
            cluster.give_gpus(node, 2)
        yield cluster
    finally:
        cluster.stop()


@pytest.fixture(scope="session")
def prepared(cluster: RealCluster) -> Iterator[Release]:
    """A namespace that takes restricted pods only, with what the chart needs to be there."""
    made = Release(cluster)
    made.prepare()
    yield made
    made.leave()


@pytest.fixture
def release(prepared: Release) -> Release:
    """The chart, installed with test values only, without rooms, and with an engine that waits."""
    if not prepared.installed:
        prepared.install()
    prepared.end_rooms()
    prepared.wait_for_warm_engine()
    return prepared


# The innermost: what it adds is there when tests/conftest.py writes its log.
@pytest.hookimpl(wrapper=True, trylast=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]):  # type: ignore[no-untyped-def]
    """Show pods, events and logs of a test that failed."""
    report = yield
    fixtures = getattr(item, "funcargs", {})
    release = fixtures.get("release") or fixtures.get("prepared")
    if report.failed and isinstance(release, Release):
        report.sections.append(("release", release.seen()))
    if report.failed and isinstance(cluster := fixtures.get("cluster"), RealCluster):
        logs = "\n".join(f"--- {log}\n{last_words(log)}" for log in cluster.logs())
        report.sections.append(("cluster", f"{cluster.plane.logs()}\n{logs}"))
    return report


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Only root makes nodes."""
    if os.geteuid() != 0:
        for item in items:
            if "tests/node" in str(item.path):
                item.add_marker(pytest.mark.skip(reason="nodes need root"))
