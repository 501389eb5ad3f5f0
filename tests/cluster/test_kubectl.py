"""What a person at kubectl sees of Rooms and EnginePools."""

import pytest

from tests.cluster.conftest import CRDS
from tests.cluster.tools import Kubectl, ToolFailed

ODD = """\
apiVersion: dolmetsch.dev/v1alpha1
kind: Room
metadata: {name: r1}
spec: {roomId: R1, sourceLang: en, sampleRate: 8000}
"""


def test_unknown_field_is_rejected_by_kubectl(kubectl: Kubectl) -> None:
    with pytest.raises(ToolFailed, match=r'unknown field "spec\.sampleRate"'):
        kubectl("apply", "-f", "-", stdin=ODD)


@pytest.mark.parametrize("short", ["rm", "room", "rooms"])
def test_columns_of_rooms(kubectl: Kubectl, short: str) -> None:
    kubectl("apply", "-f", str(CRDS / "examples" / "room.yaml"))
    kubectl(
        "patch",
        "room",
        "rj8xyz",
        "--subresource=status",
        "--type=merge",
        "-p",
        '{"status": {"phase": "Ready"}}',
    )
    header, row = kubectl("get", short).splitlines()
    assert header.split() == ["NAME", "PHASE", "LANGUAGE", "HOST", "DELAY", "ENGINE", "AGE"]
    assert row.split()[:5] == ["rj8xyz", "Ready", "en", "false", "ok"]
    wide = kubectl("get", short, "-o", "wide").splitlines()[0].split()
    assert {"ROOM", "CLOSES", "MESSAGE"} <= set(wide)


@pytest.mark.parametrize("short", ["pool", "enginepools"])
def test_columns_of_pools(kubectl: Kubectl, short: str) -> None:
    kubectl("apply", "-f", str(CRDS / "examples" / "enginepool.yaml"))
    header, row = kubectl("get", short).splitlines()
    assert header.split() == ["NAME", "CAPACITY", "ACTIVE", "AVAILABLE", "WARM", "MODEL", "AGE"]
    assert row.split()[0] == "default"


def test_category_shows_all_that_is_ours(kubectl: Kubectl) -> None:
    kubectl("apply", "-f", str(CRDS / "examples"))
    told = kubectl("get", "dolmetsch", "-o", "name").split()
    assert sorted(told) == ["enginepool.dolmetsch.dev/default", "room.dolmetsch.dev/rj8xyz"]


def test_explain_tells_what_a_field_means(kubectl: Kubectl) -> None:
    assert "Immutable" in kubectl("explain", "room.spec.roomId")
