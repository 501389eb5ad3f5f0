"""Whose name stands in the Lease."""

import socket
from pathlib import Path

import pytest

from dolmetsch_core.cluster import config
from dolmetsch_operator.settings import OperatorSettings


def test_two_processes_of_one_machine_never_share_a_lease(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(config, "NAMESPACE_FILE", tmp_path / "none")
    one, other = OperatorSettings(namespace="ns"), OperatorSettings(namespace="ns")
    assert one.identity.startswith(f"{socket.gethostname()}-")
    assert one.identity != other.identity


def test_a_pod_takes_its_own_lease_back_after_a_crash(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    inside = tmp_path / "namespace"
    inside.write_text("talks")
    monkeypatch.setattr(config, "NAMESPACE_FILE", inside)
    assert OperatorSettings().identity == socket.gethostname()
    assert OperatorSettings(identity="mine").identity == "mine"
