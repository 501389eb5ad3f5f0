"""Kinds of others, out of pinned Go modules into the cache: the chart's objects, what Traefik reads."""

import json
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from tests.cluster.binaries import cache

HERE = Path(__file__).parent
Wanted = Mapping[str, tuple[str, tuple[str, ...]]]
"""By module: the folder in it, and the files that are taken."""
GATEWAY_API: Final = "sigs.k8s.io/gateway-api"
STANDARD_CHANNEL: Final = "config/crd/standard"
CHART: Final[Wanted] = {
    GATEWAY_API: (STANDARD_CHANNEL, ("gateway.networking.k8s.io_httproutes.yaml",)),
    "github.com/prometheus-operator/prometheus-operator": (
        "example/prometheus-operator-crd",
        ("monitoring.coreos.com_servicemonitors.yaml", "monitoring.coreos.com_prometheusrules.yaml"),
    ),
}
"""What the chart makes objects of."""
NAMES = (
    "httproutes.gateway.networking.k8s.io",
    "servicemonitors.monitoring.coreos.com",
    "prometheusrules.monitoring.coreos.com",
)


ROUTES: Final[Wanted] = {
    GATEWAY_API: (
        STANDARD_CHANNEL,
        tuple(
            f"gateway.networking.k8s.io_{kind}.yaml"
            for kind in (
                "gatewayclasses",
                "gateways",
                "httproutes",
                "grpcroutes",
                "tlsroutes",
                "referencegrants",
                "backendtlspolicies",
            )
        ),
    ),
}
"""What Traefik reads of the Gateway API: without one of them it serves none."""
BY_SUITE: Final = {"chart": CHART, "routes": ROUTES}


class KindsMissing(Exception):
    """The kinds are neither in the cache nor can they be fetched. Remedy: in the message."""


def files(wanted: Wanted = CHART) -> list[Path]:
    """Return the CustomResourceDefinitions' files. Raises KindsMissing."""
    return [path for module in wanted for path in _files_of(module, wanted)]


def missing(wanted: Wanted = CHART) -> list[str]:
    """The modules whose kinds are not in the cache."""
    return [module for module in wanted if not all(path.exists() for path in _cached(module, wanted))]


def _cached(module: str, wanted: Wanted) -> list[Path]:
    kept = cache() / f"{module.rpartition('/')[2]}-{_version(module)}"
    return [kept / name for name in wanted[module][1]]


def _files_of(module: str, wanted: Wanted) -> list[Path]:
    paths = _cached(module, wanted)
    if not all(path.exists() for path in paths):
        source = _fetched(module) / wanted[module][0]
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
