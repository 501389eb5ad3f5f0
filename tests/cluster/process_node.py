"""A node that runs its pods as processes of this machine: a stand-in for kubelet and container runtime.

The real ones need images and root. What is as in a cluster: pods come here by the real scheduler, have an
address each (in 127.0.0.0/8), probes, exit codes and last words, SIGTERM with a grace period, and are removed
by uid. What is not: one container per pod and no init containers; no image, limits, volumes or restarts
(`restartPolicy: Never` is assumed); all pods share the machine's files and network, and the test's loop.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import logging
import signal
import socket
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from dolmetsch_core.cluster import names
from dolmetsch_core.cluster.api import Cluster, Conflict, NotFound
from tests.cluster.fork_server import ForkServer
from tests.cluster.nodes import Node
from tests.cluster.pod_process import PodProcess, next_address
from tests.cluster.waiting import UNHEARD

Json = dict[str, Any]
log = logging.getLogger(__name__)
ENGINE = (sys.executable, "-m", "dolmetsch_engine")
PODS = "/api/v1/pods"


def _check_port() -> None:
    """Somebody who listens on all addresses has those of all pods: say so now, not as a pod's failure."""
    with socket.socket() as probe:
        try:
            probe.bind((next_address(), names.ENGINE_PORT))
        except OSError as error:
            raise RuntimeError(
                f"end what listens on port {names.ENGINE_PORT} of all addresses: {error}"
            ) from error


class ProcessNode(Node):
    """The node, and its faults; `env` is for all containers.

    `entrypoint` runs where a container names no command: a stand-in engine, unless something else is given.
    """

    def __init__(
        self,
        admin: Cluster,
        name: str,
        folder: Path,
        stand_ins: ForkServer,
        *,
        gpus: int = 0,
        labels: Mapping[str, str] | None = None,
        entrypoint: Sequence[str] = (),
        env: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(admin, name, gpus=gpus, labels=labels)
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.stand_ins = stand_ins
        self.entrypoint = tuple(entrypoint)
        self.env = dict(env or {})
        self.failing_images: set[str] = set()
        self.refusal: Json = {}
        self._held: set[str] = set()
        self._pods: dict[str, PodProcess] = {}
        self._lives: set[asyncio.Task[None]] = set()
        self._watching: asyncio.Task[None] | None = None
        self._in_touch = asyncio.Event()

    @property
    def processes(self) -> Mapping[str, PodProcess]:
        """What lives on it, by the pods' names."""
        return {pod.name: pod for pod in self._pods.values() if pod.running}

    async def start(self) -> None:
        """Register it, and run what is bound to it."""
        _check_port()
        await super().start()
        self._watch()

    async def stop(self) -> None:
        """End its processes at once, and remove it from the cluster."""
        await self.cut_off()
        for life in self._lives:
            life.cancel()
        await asyncio.gather(*self._lives, return_exceptions=True)
        await super().stop()

    def fail_images(self, image: str) -> None:
        """From now on this image can't be pulled."""
        self.failing_images.add(image)

    def heal_images(self) -> None:
        """All images can be pulled again."""
        self.failing_images.clear()

    def refuse_pods(self, reason: str, message: str) -> None:
        """From now on it takes none, as a kubelet that lacks what the scheduler counted on."""
        self.refusal = {"phase": "Failed", "reason": reason, "message": f"Pod was rejected: {message}"}

    def take_pods(self) -> None:
        """It takes pods again."""
        self.refusal = {}

    def hold_terminating(self, prefix: str) -> None:
        """Pods whose names begin so never finish their deletion (their processes do end)."""
        self._held.add(prefix)

    def release_terminating(self) -> None:
        """Let them finish."""
        self._held.clear()

    def kill(self, pod_name: str, number: signal.Signals = signal.SIGKILL) -> None:
        """Signal a pod's process: as when it is out of memory, or hangs (SIGSTOP)."""
        self.processes[pod_name].send(number)

    def evict(self, pod_name: str, message: str) -> None:
        """End a pod as when the node runs out of memory or disk."""
        self.processes[pod_name].evict(message)

    async def cut_off(self) -> None:
        """No network to the API server: heartbeats end, nothing is reported, processes run on."""
        self._in_touch.clear()
        if self._watching is not None:
            self._watching.cancel()
            await asyncio.gather(self._watching, return_exceptions=True)
            self._watching = None
        await self.fall_silent()

    async def freeze(self) -> None:
        """The machine hangs: cut off, and its processes stand still."""
        await self.cut_off()
        for pod in self.processes.values():
            pod.send(signal.SIGSTOP)

    async def die(self) -> None:
        """The machine is gone with all that ran on it."""
        await self.cut_off()
        for pod in self.processes.values():
            pod.send(signal.SIGKILL)

    async def come_back(self) -> None:
        """After cut_off, freeze or die: reports what became of its pods, and goes on."""
        for pod in self.processes.values():
            pod.send(signal.SIGCONT)
        await super().come_back()
        self._watch()

    async def allow_removal(self, name: str) -> None:
        """Wait while a pod is held in its deletion."""
        while any(name.startswith(prefix) for prefix in self._held):
            await asyncio.sleep(0.1)

    async def write(self, path: str, uid: str, patch: Json) -> Json | None:
        """Write for a pod, trying on while the API server is away; None: the pod is gone."""
        while True:
            await self._in_touch.wait()
            try:
                return await self.admin.merge(path, {"metadata": {"uid": uid}, **patch})
            except (NotFound, Conflict):
                return None
            except UNHEARD:
                await asyncio.sleep(0.5)

    async def remove(self, path: str, uid: str) -> None:
        """Confirm a pod's end: the object goes."""
        while True:
            await self._in_touch.wait()
            try:
                await self.admin.delete(path, uid=uid, grace_seconds=0)
            except (NotFound, Conflict):
                return
            except UNHEARD:
                await asyncio.sleep(0.5)
            else:
                return

    async def secret(self, namespace: str, key: Mapping[str, str]) -> str:
        """One value of a Secret."""
        held = await self.admin.get(f"/api/v1/namespaces/{namespace}/secrets/{key['name']}")
        return base64.b64decode(held["data"][key["key"]]).decode()

    def _watch(self) -> None:
        self._in_touch.set()
        self._watching = asyncio.create_task(self._watch_pods(), name=f"pods of {self.name}")

    async def _watch_pods(self) -> None:
        selector = {"fieldSelector": f"spec.nodeName={self.name}"}
        while True:
            with contextlib.suppress(*UNHEARD):
                listed = await self.admin.get(PODS, **selector)
                for uid in self._pods.keys() - {pod["metadata"]["uid"] for pod in listed["items"]}:
                    self._gone(uid)
                for pod in listed["items"]:
                    self._see(pod)
                version = listed["metadata"]["resourceVersion"]
                async for kind, pod in self.admin.watch(PODS, version, timeout=60, silence=90, **selector):
                    if kind == "DELETED":
                        self._gone(pod["metadata"]["uid"])
                    elif kind != "BOOKMARK":
                        self._see(pod)
            await asyncio.sleep(0.2)

    def _see(self, pod: Json) -> None:
        uid = pod["metadata"]["uid"]
        if uid in self._pods:
            self._pods[uid].saw(pod)
            return
        ended = pod.get("status", {}).get("phase") in ("Succeeded", "Failed")
        if not ended or "deletionTimestamp" in pod["metadata"]:
            self._pods[uid] = PodProcess(self, pod)
            life = self._pods[uid].begin()
            self._lives.add(life)
            life.add_done_callback(self._lived)

    def _gone(self, uid: str) -> None:
        """Removed, perhaps by force: the process ends all the same."""
        pod = self._pods.pop(uid, None)
        if pod is not None and pod.life is not None:
            pod.life.cancel()

    def _lived(self, life: asyncio.Task[None]) -> None:
        self._lives.discard(life)
        if not life.cancelled() and (error := life.exception()):
            log.error("%s: %s", life.get_name(), error, exc_info=error)
