"""The operator as a process, and what tests give it: a pool, Rooms, keys."""

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import httpx

from dolmetsch_core.cluster import names
from dolmetsch_core.cluster.api import Cluster, NotFound
from dolmetsch_core.tokens import EngineKey
from tests.cluster.control_plane import die_with_parent, last_words, steady_port
from tests.cluster.waiting import PATIENCE_S, object_where, until_so

IMAGE = "engine:1"
DRAINS_UNTIL_TOLD = {"STAND_IN_DRAIN_SECONDS": "3600"}
"""Its last words take a stand-in so long; `tell_engine(pod, "drained")` ends that."""
Json = dict[str, Any]


class OperatorProcess:
    """`python -m dolmetsch_operator` with the service account's rights."""

    def __init__(self, kubeconfig: Path, namespace: str, log: Path, key: EngineKey, **env: str) -> None:
        self.log = log
        self.port = steady_port()
        self._env = {
            **os.environ,
            "KUBECONFIG": str(kubeconfig),
            "DOLMETSCH_OPERATOR_NAMESPACE": namespace,
            "DOLMETSCH_OPERATOR_ENGINE_PRIVATE_KEY": key.pem,
            "DOLMETSCH_OPERATOR_HTTP_HOST": "127.0.0.1",
            "DOLMETSCH_OPERATOR_HTTP_PORT": str(self.port),
            **env,
        }
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def begin(self, *arguments: str) -> None:
        """Start it without waiting."""
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "dolmetsch_operator", *arguments],
                env=self._env,
                stdout=log,
                stderr=log,
                stdin=subprocess.DEVNULL,
                preexec_fn=die_with_parent,
            )

    async def start(self, *arguments: str) -> None:
        """Start it and wait until it serves."""
        self.begin(*arguments)
        await self.ready()

    async def ready(self, timeout: float = PATIENCE_S) -> None:
        """Wait until it holds the Lease and has read everything."""
        deadline = time.monotonic() + timeout
        async with httpx.AsyncClient(trust_env=False, timeout=PATIENCE_S) as client:
            while True:
                with contextlib.suppress(httpx.HTTPError):
                    if (await client.get(f"http://127.0.0.1:{self.port}/readyz")).status_code == 200:
                        return
                assert self.running, f"the operator ended: {last_words(self.log)}"
                assert time.monotonic() < deadline, f"not ready: {last_words(self.log)}"
                await asyncio.sleep(0.05)

    async def metrics(self) -> str:
        async with httpx.AsyncClient(trust_env=False, timeout=PATIENCE_S) as client:
            return (await client.get(f"http://127.0.0.1:{self.port}/metrics")).text

    async def stop(self, number: int = signal.SIGTERM, timeout: float = PATIENCE_S) -> int:
        """Signal it and wait for its end; the exit status."""
        if self._process is None:
            return 0
        if self._process.poll() is None:
            self._process.send_signal(number)
        try:
            return await asyncio.to_thread(self._process.wait, timeout)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
            raise

    def signal(self, number: int) -> None:
        """Only signal it."""
        os.kill(self.pid, number)

    async def ended(self, timeout: float = PATIENCE_S) -> int:
        """Wait until it has ended by itself; the exit status."""
        assert self._process is not None
        return await asyncio.to_thread(self._process.wait, timeout)

    def kill(self) -> None:
        """As a node does that loses its power."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()


async def make_pool(
    admin: Cluster, namespace: str, *, env: Mapping[str, str] | None = None, image: str = IMAGE, **spec: Any
) -> Json:
    """Create the EnginePool; `env` goes to the engines."""
    variables = [{"name": name, "value": value} for name, value in (env or {}).items()]
    container = {"name": names.ENGINE_CONTAINER, "image": image, "env": variables}
    pool = {
        "apiVersion": names.API_VERSION,
        "kind": "EnginePool",
        "metadata": {"name": names.POOL},
        "spec": {"warm": 0, "maxActiveRooms": 10, "template": {"spec": {"containers": [container]}}, **spec},
    }
    return await admin.create(names.pools_path(namespace), pool)


async def edit_pool(admin: Cluster, namespace: str, **spec: Any) -> Json:
    """Change fields of the pool's spec."""
    return await admin.merge(names.pools_path(namespace, names.POOL), {"spec": spec})


def room_manifest(room_id: str, *, origin: str = "", **spec: Any) -> Json:
    """A Room as a person writes it; with `origin="api"` as the api does."""
    meta: Json = {"name": names.room_name(room_id)}
    if origin:
        meta |= {"labels": {names.ORIGIN: origin}, "finalizers": [names.FINALIZER]}
    return {
        "apiVersion": names.API_VERSION,
        "kind": "Room",
        "metadata": meta,
        "spec": {"roomId": room_id, "sourceLang": "en", **spec},
    }


async def make_room(admin: Cluster, namespace: str, room_id: str, **more: Any) -> Json:
    """Create a Room."""
    return await admin.create(names.rooms_path(namespace), room_manifest(room_id, **more))


async def delete_room(admin: Cluster, namespace: str, room: Json) -> None:
    """Ask for a Room's deletion."""
    path = names.rooms_path(namespace, room["metadata"]["name"])
    with contextlib.suppress(NotFound):
        await admin.delete(path, uid=room["metadata"]["uid"])


def phase(*wanted: str) -> Any:
    """A check for `room_where`."""
    return lambda room: room.get("status", {}).get("phase") in wanted


def message(text: str) -> Any:
    """A check for `room_where`: the status says this."""
    return lambda room: text in room.get("status", {}).get("message", "")


async def pods_of(admin: Cluster, namespace: str, selector: str = "") -> list[Json]:
    """The pods of the namespace."""
    query = {"labelSelector": selector} if selector else {}
    found: list[Json] = (await admin.get(names.pods_path(namespace), **query))["items"]
    return found


async def rooms_and_pods(admin: Cluster, namespace: str) -> tuple[Json, Json]:
    """What is written of Rooms, and which pods there are: equal before and after means nothing happened."""
    rooms = (await admin.get(names.rooms_path(namespace)))["items"]
    pods = await pods_of(admin, namespace)
    return (
        {each["metadata"]["name"]: (each["metadata"]["resourceVersion"], each["status"]) for each in rooms},
        {each["metadata"]["name"]: each["metadata"]["uid"] for each in pods},
    )


async def engine_of(admin: Cluster, namespace: str, room_id: str) -> Json:
    """The pod that a room's status names."""
    room = await admin.get(names.rooms_path(namespace, names.room_name(room_id)))
    return await admin.get(names.pods_path(namespace, room["status"]["engine"]["podName"]))


def served_without(pod: Json) -> Any:
    """A check for `room_where`: an engine other than this pod serves."""

    def check(room: Json) -> bool:
        engine = room.get("status", {}).get("engine") or {"podUID": pod["metadata"]["uid"]}
        return served(room) and engine["podUID"] != pod["metadata"]["uid"]

    return check


def served(room: Json) -> bool:
    """A check for `room_where`: an engine serves. Of which epoch does not matter.

    A pod that can't be made or claimed for the API server's own trouble costs an epoch and is no failure.
    """
    return room.get("status", {}).get("phase") in ("Ready", "Active")


async def until_told(admin: Cluster, namespace: str, *wanted: str) -> None:
    """Wait until the events of the namespace say all this, as `kubectl describe` shows them."""

    async def told() -> bool:
        events = (await admin.get(f"/api/v1/namespaces/{namespace}/events"))["items"]
        said = [each["message"] for each in events if each["involvedObject"]["kind"] == "Room"]
        return all(any(each in text for text in said) for each in wanted)

    await until_so(told, f"events that say {wanted}")


async def until_no_pod(admin: Cluster, namespace: str) -> None:
    """Wait until all pods are gone."""

    async def none_left() -> bool:
        return not await pods_of(admin, namespace)

    await until_so(none_left, "no pod left")


async def pool_where(admin: Cluster, namespace: str, check: Callable[[Json], bool]) -> Json:
    """Wait until the pool's status is as wanted."""
    path = names.pools_path(namespace, names.POOL)
    pool = await object_where(admin, path, lambda obj: check(obj.get("status", {})), "the pool's status")
    found: Json = pool["status"]
    return found


async def until_capacity(admin: Cluster, namespace: str, rooms: int) -> None:
    """Wait until the operator knows nodes and pool: whom it is told of before them it may refuse."""
    await pool_where(admin, namespace, lambda status: status.get("capacity") == rooms)


async def end_grace_time(admin: Cluster, namespace: str, room_id: str) -> None:
    """The host of this room has left for good: it closes within a second, as after any grace time."""
    path = names.rooms_path(namespace, names.room_name(room_id))
    await admin.merge(path, {"spec": {"closeAfterSeconds": 1}})


async def tell_engine(pod: Json, route: str, **params: str) -> None:
    """Have a stand-in engine say something, as its /test routes do."""
    url = f"http://{pod['status']['podIP']}:{names.ENGINE_PORT}/test/{route}"
    async with httpx.AsyncClient(trust_env=False, timeout=PATIENCE_S) as client:
        (await client.post(url, params=params)).raise_for_status()
