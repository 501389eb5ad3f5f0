"""Fixtures of the chart tests: one control plane that knows all kinds that the chart makes objects of."""

import uuid
from collections.abc import Iterator

import pytest

from tests.chart import kinds
from tests.chart.rendering import CRDS_CHART
from tests.cluster.control_plane import ControlPlane
from tests.cluster.tools import Kubectl, helm, kinds_ready
from tests.cluster.waiting import wait_for

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
        kinds_ready(kubectl, (*OUR_KINDS, *kinds.NAMES))
        yield plane
    finally:
        plane.stop()


@pytest.fixture
def kubectl(control_plane: ControlPlane) -> Iterator[Kubectl]:
    """kubectl as admin in a namespace of the test's own, which enforces the restricted standard."""
    name = f"test-{uuid.uuid4().hex[:8]}"
    cluster = Kubectl(control_plane.kubeconfig(), "default")
    cluster("create", "namespace", name)
    cluster("label", "namespace", name, "pod-security.kubernetes.io/enforce=restricted")
    made = Kubectl(control_plane.kubeconfig(namespace=name), name)
    wait_for(lambda: "default" in made("get", "serviceaccounts", "-o", "name"), "the default account")
    yield made
    cluster("delete", "namespace", name, "--wait=false")
