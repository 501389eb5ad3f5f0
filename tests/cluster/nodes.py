"""Nodes that exist in the API: registered, kept Ready, removed."""

import asyncio
import contextlib
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from dolmetsch_core.cluster.api import Cluster, Conflict, NotFound
from tests.cluster.waiting import UNHEARD, object_where

GPU = "nvidia.com/gpu"
BEAT_S = 5.0
NODES = "/api/v1/nodes"
LEASES = "/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases"
BY_TESTS = "dolmetsch.dev/node-of"
"""Label of nodes that tests keep Ready; KWOK leaves those alone whose value is not `kwok`."""


def now() -> str:
    """The time as the API writes it."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def condition(kind: str, holds: bool | str, **more: Any) -> dict[str, Any]:
    """A condition of a node or pod."""
    return {"type": kind, "status": str(holds), "lastTransitionTime": now(), **more}


def node_object(name: str, gpus: int, labels: Mapping[str, str], cpu: str = "64") -> dict[str, Any]:
    """A Ready node with so many GPUs, and more of the rest than any test asks for."""
    capacity = {"cpu": cpu, "memory": "256Gi", "pods": "1000", "ephemeral-storage": "100Gi"}
    if gpus:
        capacity[GPU] = str(gpus)
    own = {"kubernetes.io/hostname": name, "kubernetes.io/os": "linux", "kubernetes.io/arch": "amd64"}
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": name, "labels": {BY_TESTS: "tests", **own, **labels}},
        "status": {
            "capacity": capacity,
            "allocatable": capacity,
            "addresses": [{"type": "Hostname", "address": name}],
            "conditions": [condition("Ready", True, reason="KubeletReady", lastHeartbeatTime=now())],
            "nodeInfo": _NODE_INFO,
        },
    }


_NODE_INFO = dict.fromkeys(
    ("machineID", "systemUUID", "bootID", "kernelVersion", "osImage", "kubeProxyVersion"), ""
) | {
    "containerRuntimeVersion": "processes://1",
    "kubeletVersion": "v1.36.3",
    "operatingSystem": "linux",
    "architecture": "amd64",
}


class Node:
    """A node object with heartbeats. Without a kubelet: pods are bound to it and stay Pending."""

    def __init__(
        self, admin: Cluster, name: str, *, gpus: int = 0, labels: Mapping[str, str] | None = None
    ) -> None:
        self.admin = admin
        self.name = name
        self.gpus = gpus
        self._labels = labels or {}
        self._uid = ""
        self._beating: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Register it, and wait until the controllers let pods onto it."""
        made = await self.admin.create(NODES, node_object(self.name, self.gpus, self._labels))
        self._uid = made["metadata"]["uid"]
        self._beating = asyncio.create_task(self._beat(), name=f"heartbeat of {self.name}")
        await object_where(
            self.admin, f"{NODES}/{self.name}", lambda node: not node["spec"].get("taints"), "takes pods"
        )

    async def stop(self) -> None:
        """Remove it from the cluster."""
        await self.fall_silent()
        with contextlib.suppress(NotFound, Conflict):
            await self.admin.delete(f"{NODES}/{self.name}", uid=self._uid)

    async def fall_silent(self) -> None:
        """No heartbeat any more: the cluster takes it for lost after NODE_GRACE_S."""
        if self._beating is not None:
            self._beating.cancel()
            await asyncio.gather(self._beating, return_exceptions=True)
            self._beating = None

    async def be_missed(self) -> None:
        """The cluster takes it for lost: told at once what the controllers would say after NODE_GRACE_S."""
        told = [condition("Ready", "Unknown", reason="NodeStatusUnknown", lastHeartbeatTime=now())]
        await self.admin.merge(f"{NODES}/{self.name}/status", {"status": {"conditions": told}})

    async def come_back(self) -> None:
        """Heartbeats again."""
        if self._beating is None:
            self._beating = asyncio.create_task(self._beat(), name=f"heartbeat of {self.name}")

    async def set_gpus(self, gpus: int) -> None:
        """As when a device fails or comes."""
        self.gpus = gpus
        status = node_object(self.name, gpus, {})["status"]
        told = {kind: {GPU: None, **status[kind]} for kind in ("capacity", "allocatable")}
        await self.admin.merge(f"{NODES}/{self.name}/status", {"status": told})

    async def cordon(self, unschedulable: bool = True) -> None:
        """Let no new pod onto it (or let them again)."""
        await self.admin.merge(f"{NODES}/{self.name}", {"spec": {"unschedulable": unschedulable or None}})

    async def _beat(self) -> None:
        lease = {
            "apiVersion": "coordination.k8s.io/v1",
            "kind": "Lease",
            "metadata": {"name": self.name, "namespace": "kube-node-lease"},
        }
        lease["metadata"] |= {  # type: ignore[operator]
            "ownerReferences": [{"apiVersion": "v1", "kind": "Node", "name": self.name, "uid": self._uid}]
        }
        while True:
            # The API server may be away: nodes try on.
            with contextlib.suppress(*UNHEARD, Conflict):
                await self._beat_once(lease)
            await asyncio.sleep(BEAT_S)

    async def _beat_once(self, lease: dict[str, Any]) -> None:
        held = {
            "holderIdentity": self.name,
            "leaseDurationSeconds": 40,
            "renewTime": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        }
        try:
            await self.admin.merge(f"{LEASES}/{self.name}", {"spec": held})
        except NotFound:
            await self.admin.create(LEASES, lease | {"spec": held})
        node = await self.admin.get(f"{NODES}/{self.name}")
        ready = next(each for each in node["status"]["conditions"] if each["type"] == "Ready")
        if ready["status"] != "True":
            told = [condition("Ready", True, reason="KubeletReady", lastHeartbeatTime=now())]
            await self.admin.merge(f"{NODES}/{self.name}/status", {"status": {"conditions": told}})
