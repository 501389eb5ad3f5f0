"""Fixtures of the chart tests: one control plane that knows all kinds that the chart makes objects of."""

import time
import uuid
from collections.abc import Iterator

import pytest

from tests.chart import kinds
from tests.chart.rendering import CRDS_CHART
from tests.cluster.control_plane import START_S, ControlPlane
from tests.cluster.tools import Kubectl, ToolFailed, helm
from tests.cluster.waiting import PATIENCE_S

OUR_KINDS = ("rooms.dolmetsch.dev", "enginepools.dolmetsch.dev")


@pytest.fixture(scope="session")
def control_plane(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ControlPlane]:
    """A control plane whose Rooms and EnginePools come out of the chart, and the kinds of others."""
    plane = ControlPlane(tmp_path_factory.mktemp("control-plane"))
    plane.start()
    try:
        kubectl = Kubectl(plane.kubeconfig(), "default")
        for path in kinds.files():
            kubectl("apply", "--server-side", "-f", str(path))
        kubeconfig = str(plane.kubeconfig())
        helm("install", "kinds", str(CRDS_CHART), "--kubeconfig", kubeconfig, "-n", "default")
        names = (*OUR_KINDS, *kinds.NAMES)
        kubectl("wait", "--for=condition=Established", "crd", *names, f"--timeout={START_S:.0f}s")
        _wait_for_storage(kubectl, names)
        yield plane
    finally:
        plane.stop()


def _wait_for_storage(kubectl: Kubectl, names: tuple[str, ...]) -> None:
    """An Established kind answers 429, `storage is (re)initializing`, for a moment."""
    deadline = time.monotonic() + START_S
    while True:
        try:
            kubectl("get", ",".join(names), "--all-namespaces")
        except ToolFailed:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)
        else:
            return


@pytest.fixture
def kubectl(control_plane: ControlPlane) -> Iterator[Kubectl]:
    """kubectl as admin in a namespace of the test's own, which enforces the restricted standard."""
    name = f"test-{uuid.uuid4().hex[:8]}"
    cluster = Kubectl(control_plane.kubeconfig(), "default")
    cluster("create", "namespace", name)
    cluster("label", "namespace", name, "pod-security.kubernetes.io/enforce=restricted")
    made = Kubectl(control_plane.kubeconfig(namespace=name), name)
    deadline = time.monotonic() + PATIENCE_S
    while "default" not in made("get", "serviceaccounts", "-o", "name"):
        assert time.monotonic() < deadline, "no controller made the default account"
        time.sleep(0.1)
    yield made
    cluster("delete", "namespace", name, "--wait=false")
