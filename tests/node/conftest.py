"""Fixtures of the node tests: two real nodes with the charts installed as their users do it."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator

import pytest

from dolmetsch_local.libretranslate import prepare_demo
from tests.cluster.control_plane import last_words, steady_port
from tests.conftest import REPOSITORY
from tests.node import images
from tests.node.addresses import MACHINE
from tests.node.real_cluster import RealCluster
from tests.node.release import Release
from tests.platform_process import popen


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
        cluster.wait_for_nodes()
        for node in cluster.nodes:
            cluster.give_gpus(node, 2)
        yield cluster
    finally:
        cluster.stop()


@pytest.fixture(scope="session")
def translator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of a LibreTranslate beside the cluster, as somebody who has one sets it."""
    folder, python = tmp_path_factory.mktemp("translator"), REPOSITORY / ".venv-libretranslate/bin/python"
    spec = prepare_demo(folder, python=python, port=steady_port(), say=lambda _: None).spec
    assert spec is not None
    argv = [each.replace("127.0.0.1", MACHINE) for each in spec.argv]
    with (folder / "log").open("wb") as log:
        process = popen(argv, env=spec.env, cwd=spec.cwd, stdout=log, stderr=subprocess.STDOUT)
    yield spec.url.replace("127.0.0.1", MACHINE)
    process.kill()
    process.wait()


@pytest.fixture(scope="session")
def release(cluster: RealCluster, translator: str) -> Iterator[Release]:
    """The chart, installed in a namespace that takes restricted pods only, with test values only."""
    made = Release(cluster, translator)
    made.prepare()
    try:
        made.install()
        yield made
    finally:
        made.leave()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]):  # type: ignore[no-untyped-def]
    """Show pods, events and logs of a test that failed."""
    report = yield
    fixtures = getattr(item, "funcargs", {})
    if report.failed and isinstance(release := fixtures.get("release"), Release):
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
