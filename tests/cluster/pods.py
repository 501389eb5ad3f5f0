"""Pods that tests make by hand, and what their status says."""

from typing import Any

from dolmetsch_core.cluster import names
from dolmetsch_core.cluster.api import Cluster
from tests.cluster.nodes import GPU

PROBE = {"httpGet": {"path": "/healthz", "port": "engine"}, "periodSeconds": 1}


def engine_pod(name: str, *, image: str = "stand-in", **env: str) -> dict[str, Any]:
    """A pod as the operator makes them, by hand."""
    variables: list[dict[str, Any]] = [{"name": each, "value": value} for each, value in env.items()]
    field = {"fieldRef": {"fieldPath": "status.podIP"}}
    variables.append({"name": "DOLMETSCH_ENGINE_HOST", "valueFrom": field})
    container = {
        "name": "engine",
        "image": image,
        "env": variables,
        "ports": [{"name": "engine", "containerPort": names.ENGINE_PORT}],
        "startupProbe": PROBE | {"failureThreshold": 600},
        "readinessProbe": PROBE | {"failureThreshold": 1},
        "livenessProbe": PROBE | {"failureThreshold": 2},
        "terminationMessagePolicy": "FallbackToLogsOnError",
        "resources": {"limits": {GPU: "1"}},
    }
    spec = {"restartPolicy": "Never", "containers": [container], "terminationGracePeriodSeconds": 60}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name}, "spec": spec}


def is_ready(pod: dict[str, Any]) -> bool:
    return bool(condition_of(pod, "Ready")["status"] == "True")


def condition_of(pod: dict[str, Any], kind: str) -> dict[str, Any]:
    found = [each for each in pod["status"].get("conditions", []) if each["type"] == kind]
    return found[0] if found else {"status": "Unknown"}


def state(pod: dict[str, Any]) -> dict[str, Any]:
    containers = pod["status"].get("containerStatuses") or [{"state": {}}]
    found: dict[str, Any] = containers[0]["state"]
    return found


def terminated(pod: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = state(pod)["terminated"]
    return found


async def delete(admin: Cluster, pod: dict[str, Any]) -> None:
    meta = pod["metadata"]
    await admin.delete(names.pods_path(meta["namespace"], meta["name"]), uid=meta["uid"])
