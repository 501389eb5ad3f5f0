"""Rendering the charts, and what is in the result."""

from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from tests.cluster.tools import helm
from tests.conftest import REPOSITORY

Object = dict[str, Any]
CHART = REPOSITORY / "charts" / "dolmetsch"
CRDS_CHART = REPOSITORY / "charts" / "dolmetsch-crds"
VALUES = Path(__file__).parent / "values"
SETS = sorted(path.stem for path in VALUES.glob("*.yaml"))
RELEASE = "dolmetsch"
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""The same as `safe_load`, a tenth of the time where PyYAML has its C library."""


def values_of(name: str) -> tuple[str, str]:
    """Return Helm's arguments for a set of values."""
    return ("-f", str(VALUES / f"{name}.yaml"))


def render(name: str, namespace: str = "captions", *arguments: str) -> list[Object]:
    """Return all objects, hooks included, of the chart with one of SETS."""
    text = _rendered(name, namespace, *arguments)
    return [each for each in yaml.load_all(text, Loader=LOADER) if each]


@lru_cache(maxsize=64)
def _rendered(name: str, namespace: str, *arguments: str) -> str:
    return helm("template", RELEASE, str(CHART), "--namespace", namespace, *values_of(name), *arguments)


def pod_templates(objects: list[Object]) -> Iterator[tuple[str, Object]]:
    """Yield the pods that Kubernetes makes of the objects: their owner's name, then metadata and spec."""
    for each in objects:
        template = each.get("spec", {}).get("template")
        if template and each["kind"] != "EnginePool":
            yield f"{each['kind']} {each['metadata']['name']}", template


def named(objects: list[Object], kind: str, name: str) -> Object:
    """Return the one object of this kind and name."""
    (found,) = [each for each in objects if (each["kind"], each["metadata"]["name"]) == (kind, name)]
    return found
