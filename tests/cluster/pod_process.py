"""One pod as one process: started, probed, reported, ended, as a kubelet would."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import os
import random
import signal
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from dolmetsch_core.cluster.objects import resource_version
from tests.cluster.control_plane import REPOSITORY, die_with_parent, last_words
from tests.cluster.nodes import condition, now
from tests.cluster.probes import Probes

if TYPE_CHECKING:
    from tests.cluster.fork_server import Fork
    from tests.cluster.process_node import ProcessNode

Json = dict[str, Any]
INHERITED = ("PATH", "HOME", "LD_LIBRARY_PATH", "XDG_CACHE_HOME", "LANG", "TMPDIR", "PYTHONPYCACHEPREFIX")
_addresses = itertools.count(random.SystemRandom().randrange(0, 1 << 23))


def next_address() -> str:
    """An address of loopback that no other pod of this run has, and hardly one of another run."""
    number, last = divmod(next(_addresses), 254)
    return f"127.{64 + (number >> 8 & 63)}.{number & 255}.{last + 1}"


class PodProcess:
    """The pod's life on its node, from being bound to being removed."""

    def __init__(self, node: ProcessNode, pod: Json) -> None:
        self.node = node
        self.name: str = pod["metadata"]["name"]
        self.uid: str = pod["metadata"]["uid"]
        self.address = next_address()
        self.log = node.folder / f"{self.name}.log"
        self.process: asyncio.subprocess.Process | Fork | None = None
        self.life: asyncio.Task[None] | None = None
        self._pod = pod
        self._eviction: Json = {}
        self._refusal: Json = node.refusal
        self._seen = asyncio.Event()
        self._state: Json = {"waiting": {"reason": "ContainerCreating"}}
        self._phase = "Pending"
        self._probes = Probes(self._container, self.address, self._seen.set)

    @property
    def path(self) -> str:
        """Its address in the API."""
        return f"/api/v1/namespaces/{self._pod['metadata']['namespace']}/pods/{self.name}"

    @property
    def deleted(self) -> bool:
        """Whether somebody asked for its end."""
        return "deletionTimestamp" in self._pod["metadata"]

    @property
    def running(self) -> bool:
        """Whether its process lives."""
        return self.process is not None and self.process.returncode is None

    def saw(self, pod: Json) -> None:
        """Take in a state of the object, unless a newer one is known (an answer may come after its event)."""
        if resource_version(pod) > resource_version(self._pod):
            self._pod = pod
            self._seen.set()

    def begin(self) -> asyncio.Task[None]:
        """Start its life."""
        self.life = asyncio.create_task(self._live(), name=f"pod {self.name}")
        return self.life

    def send(self, number: signal.Signals) -> None:
        """Signal it and what it started."""
        if self.process is not None and self.running:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, number)

    def evict(self, message: str) -> None:
        """End it as a kubelet does that runs out of something."""
        self._eviction = {"phase": "Failed", "reason": "Evicted", "message": message}
        self.send(signal.SIGKILL)

    async def _live(self) -> None:
        """All of it; ends when the object is gone."""
        try:
            if not self._refusal:
                await self._wait_for_image()
            if not self.deleted and not self._refusal:
                await self._run()
            await self._until_deleted()
            await self.node.allow_removal(self.name)
            await self._report()
            await self.node.remove(self.path, self.uid)
        finally:
            self.send(signal.SIGCONT)
            self.send(signal.SIGKILL)
            if self.process is not None:
                await self.process.wait()

    @property
    def _container(self) -> Json:
        found: Json = self._pod["spec"]["containers"][0]
        return found

    async def _wait_for_image(self) -> None:
        image = self._container.get("image", "")
        reasons = itertools.chain(["ErrImagePull"], itertools.repeat("ImagePullBackOff"))
        while image in self.node.failing_images and not self.deleted:
            told = f'Back-off pulling image "{image}": not found'
            self._state = {"waiting": {"reason": next(reasons), "message": told}}
            await self._report()
            await self._pause(0.1)

    async def _run(self) -> None:
        self.process = await self._start()
        self._state = {"running": {"startedAt": now()}}
        self._phase = "Running"
        began = now()
        probes = [asyncio.create_task(self._probe(), name=f"probes of {self.name}")]
        ended = asyncio.create_task(self.process.wait())
        try:
            while not ended.done():
                await self._report()
                seen = asyncio.create_task(self._seen.wait())
                await asyncio.wait({ended, seen, *probes}, return_when=asyncio.FIRST_COMPLETED)
                seen.cancel()
                self._seen.clear()
                if probes and probes[0].done():
                    probes.pop().result()
                if self.deleted:
                    await self._end(ended)
        finally:
            for task in probes:
                task.cancel()
            await asyncio.gather(*probes, return_exceptions=True)
            ended.cancel()
        self._terminated(began)
        await self._report()

    async def _start(self) -> asyncio.subprocess.Process | Fork:
        container = self._container
        argv = [*(container.get("command") or self.node.entrypoint), *container.get("args", [])]
        env = await self._environment(container.get("env", []))
        if not argv:
            return await self.node.stand_ins.fork(env, self.log, REPOSITORY)
        with self.log.open("ab") as output:
            return await asyncio.create_subprocess_exec(
                *argv,
                env=env,
                cwd=container.get("workingDir", REPOSITORY),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
                preexec_fn=die_with_parent,
            )

    async def _environment(self, variables: Iterable[Json]) -> dict[str, str]:
        env = {name: os.environ[name] for name in INHERITED if name in os.environ}
        env |= {"PYTHONUNBUFFERED": "1", "HOSTNAME": self.name, **self.node.env}
        for variable in variables:
            if source := variable.get("valueFrom"):
                env[variable["name"]] = await self._value(source)
            else:
                env[variable["name"]] = variable.get("value", "")
        return env

    async def _value(self, source: Mapping[str, Json]) -> str:
        fields = {
            "metadata.name": self.name,
            "metadata.namespace": self._pod["metadata"]["namespace"],
            "metadata.uid": self.uid,
            "status.podIP": self.address,
            "spec.nodeName": self.node.name,
        }
        if "fieldRef" in source:
            return str(fields[source["fieldRef"]["fieldPath"]])
        return await self.node.secret(fields["metadata.namespace"], source["secretKeyRef"])

    async def _end(self, ended: asyncio.Task[int]) -> None:
        """SIGTERM, patience, SIGKILL."""
        self.send(signal.SIGTERM)
        patience = self._pod["metadata"].get("deletionGracePeriodSeconds", 30)
        await asyncio.wait({ended}, timeout=patience)
        self.send(signal.SIGKILL)
        await ended

    def _terminated(self, began: str) -> None:
        assert self.process is not None
        assert self.process.returncode is not None
        status = self.process.returncode
        code = status if status >= 0 else 128 - status
        self._phase = "Failed" if code else "Succeeded"
        told = {"startedAt": began, "finishedAt": now(), "exitCode": code}
        told["reason"] = "Error" if code else "Completed"
        if code and self._container.get("terminationMessagePolicy") == "FallbackToLogsOnError":
            told["message"] = last_words(self.log, 80)[-2048:]
        self._state = {"terminated": told}

    async def _probe(self) -> None:
        """Return when the process has to be ended for being dead."""
        await self._probes.run()
        self.send(signal.SIGCONT)
        self.send(signal.SIGTERM)
        await asyncio.sleep(self._pod["spec"].get("terminationGracePeriodSeconds", 30))
        self.send(signal.SIGKILL)

    async def _until_deleted(self) -> None:
        while not self.deleted:
            await self._report()
            await self._pause(None)

    async def _pause(self, seconds: float | None) -> None:
        """Until something is new, or so long."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._seen.wait()
        self._seen.clear()

    async def _report(self) -> None:
        """Write the status unless the object says so already."""
        told = self._status()
        present = self._pod.get("status", {})
        if _without_times({key: present.get(key) for key in told}) == _without_times(told):
            return
        newer = await self.node.write(f"{self.path}/status", self.uid, {"status": told})
        if newer is not None:
            self.saw(newer)

    def _status(self) -> Json:
        if self._refusal:
            return self._refusal
        ready = self._probes.ready and self.running
        own = [
            condition("Initialized", True),
            condition("ContainersReady", ready),
            condition("Ready", ready, **({} if ready else {"reason": "ContainersNotReady"})),
        ]
        kinds = {each["type"] for each in own}
        others = [each for each in self._pod["status"].get("conditions", []) if each["type"] not in kinds]
        container = {
            "name": self._container["name"],
            "image": self._container.get("image", ""),
            "imageID": "",
            "restartCount": 0,
            "lastState": {},
            "ready": ready,
            "started": self._probes.started and self.running,
            "state": self._state,
        }
        addresses = {"podIP": self.address, "podIPs": [{"ip": self.address}]} if self.process else {}
        began = self._pod["status"].get("startTime") or now()
        status = {"phase": self._phase, "startTime": began, "conditions": others + own}
        return status | {"containerStatuses": [container]} | addresses | self._eviction


def _without_times(value: Any) -> Any:
    """For comparison: what a kubelet would not write anew for."""
    if isinstance(value, list):
        return sorted((_without_times(each) for each in value), key=str)
    if isinstance(value, dict):
        ignored = ("lastTransitionTime", "lastProbeTime", "observedGeneration")
        kept = {key: each for key, each in value.items() if key not in ignored and each is not None}
        return {key: _without_times(each) for key, each in kept.items()}
    return value
