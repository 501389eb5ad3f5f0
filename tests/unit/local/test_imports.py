"""What a start of the commands and of the local api need not load."""

import subprocess
import sys

import pytest


@pytest.mark.parametrize(
    "module",
    ["dolmetsch_local.cli", "dolmetsch_api.app", "dolmetsch_api.directories", "dolmetsch_api.__main__"],
)
def test_what_runs_without_a_cluster_does_not_load_kubernetes(module: str) -> None:
    told = (
        f"import sys, {module}; print(*[name for name in sys.modules if name.split('.')[0] == 'kubernetes'])"
    )
    loaded = subprocess.run(
        [sys.executable, "-c", told], capture_output=True, text=True, timeout=240, check=True
    )
    assert loaded.stdout.split() == []
