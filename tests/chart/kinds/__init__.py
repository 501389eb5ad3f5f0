"""Kinds of others that the chart makes objects of: fetched as pinned Go modules into the cache."""

import json
import shutil
import subprocess
from pathlib import Path

from tests.cluster.binaries import cache

HERE = Path(__file__).parent
MODULES = {
    "sigs.k8s.io/gateway-api": (
        "config/crd/standard",
        ("gateway.networking.k8s.io_httproutes.yaml",),
    ),
    "github.com/prometheus-operator/prometheus-operator": (
        "example/prometheus-operator-crd",
        ("monitoring.coreos.com_servicemonitors.yaml", "monitoring.coreos.com_prometheusrules.yaml"),
    ),
}
"""By module: the folder in it, and the files that are taken."""
NAMES = (
    "httproutes.gateway.networking.k8s.io",
    "servicemonitors.monitoring.coreos.com",
    "prometheusrules.monitoring.coreos.com",
)


class KindsMissing(Exception):
    """The kinds are neither in the cache nor can they be fetched. Remedy: in the message."""


def files() -> list[Path]:
    """Return the CustomResourceDefinitions' files. Raises KindsMissing."""
    return [path for module in MODULES for path in _files_of(module)]


def missing() -> list[str]:
    """The modules whose kinds are not in the cache."""
    return [module for module in MODULES if not all(path.exists() for path in _cached(module))]


def _cached(module: str) -> list[Path]:
    kept = cache() / f"{module.rpartition('/')[2]}-{_version(module)}"
    return [kept / name for name in MODULES[module][1]]


def _files_of(module: str) -> list[Path]:
    paths = _cached(module)
    if not all(path.exists() for path in paths):
        source = _fetched(module) / MODULES[module][0]
        for path in paths:
            path.parent.mkdir(parents=True, exist_ok=True)
            unfinished = path.with_suffix(".unfinished")
            shutil.copyfile(source / path.name, unfinished)
            unfinished.rename(path)
    return paths


def _version(module: str) -> str:
    """The pin in go.mod; go.sum has its hash."""
    lines = (HERE / "go.mod").read_text().splitlines()
    (version,) = [line.split()[1] for line in lines if line.strip().startswith(f"{module} ")]
    return version


def _fetched(module: str) -> Path:
    if shutil.which("go") is None:
        raise KindsMissing(f"{module} is not in the cache, and there is no Go to fetch it: install Go 1.26")
    command = ["go", "mod", "download", "-json", module]
    done = subprocess.run(command, cwd=HERE, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise KindsMissing(f"{' '.join(command)}: {(done.stderr or done.stdout).strip()[-500:]}")
    return Path(json.loads(done.stdout)["Dir"])
