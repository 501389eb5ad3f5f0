"""A throw-away operator to measure against: what one writes in an hour with kopf.

One daemon per Room, woken by an event that a pod handler sets; an index of pods by room; 32 calls at once.
It creates a pod per Room (of the same make as ours, so that the servers have the same work), opens the
session once the pod runs, writes `Ready`, and replaces a pod that is gone. No capacity, no warm engines, no
drain, no recovery.
"""

import asyncio
import os
import secrets
import sys
from typing import Any

import httpx
import kopf

from dolmetsch_core.cluster import names
from dolmetsch_core.cluster.api import Cluster, Conflict, connect
from dolmetsch_core.wire.engine import SessionRequest
from dolmetsch_core.wire.room import EnginePoolSpec
from dolmetsch_operator.pods import PodMaker

IMAGE = {"spec": {"containers": [{"name": names.ENGINE_CONTAINER, "image": "engine:1"}]}}
NAMESPACE = os.environ.get("DOLMETSCH_OPERATOR_NAMESPACE", "default")
MAKER = PodMaker(EnginePoolSpec(template=IMAGE), pool_uid="", namespace=NAMESPACE)
changed: dict[str, asyncio.Event] = {}
at_once = asyncio.Semaphore(32)


@kopf.on.startup()
async def startup(settings: kopf.OperatorSettings, memo: Any, **_: Any) -> None:
    settings.posting.enabled = False
    settings.scanning.disabled = True
    memo.cluster = await connect()
    memo.http = httpx.AsyncClient(trust_env=False, limits=httpx.Limits(max_connections=32))


@kopf.index("pods", labels={names.ROOM: kopf.PRESENT})
async def pods_by_room(body: kopf.Body, labels: kopf.Labels, name: str, **_: Any) -> dict[str, Any]:
    return {labels[names.ROOM]: (name, body.get("status", {}).get("podIP"))}


@kopf.on.event("pods", labels={names.ROOM: kopf.PRESENT})
async def pod_seen(labels: kopf.Labels, **_: Any) -> None:
    if event := changed.get(labels[names.ROOM]):
        event.set()


@kopf.daemon(names.GROUP, names.VERSION, names.ROOMS)
async def serve_room(  # noqa: PLR0917 (kopf gives them by name)
    name: str, uid: str, spec: kopf.Spec, stopped: kopf.DaemonStopped, pods_by_room: Any, memo: Any, **_: Any
) -> None:
    event = changed[name] = asyncio.Event()
    served = None
    try:
        while not stopped:
            event.clear()
            there = list(pods_by_room.get(name, []))
            if not there:
                await create_pod(memo.cluster, name, uid)
                served = None
            elif there[0][1] and served != there[0]:
                served = there[0]
                await open_session(memo, name, uid, spec, served)
            try:
                async with asyncio.timeout(30):
                    await event.wait()
            except TimeoutError:
                continue
    finally:
        del changed[name]


async def create_pod(cluster: Cluster, room: str, uid: str) -> None:
    pod = MAKER.warm(f"{room}-{secrets.token_hex(3)}")
    pod["metadata"]["labels"][names.ROOM] = room
    owner = {"apiVersion": names.API_VERSION, "kind": "Room", "name": room, "uid": uid, "controller": True}
    pod["metadata"]["ownerReferences"] = [owner]
    async with at_once:
        await cluster.create(names.pods_path(NAMESPACE), pod)


async def open_session(memo: Any, room: str, uid: str, spec: kopf.Spec, pod: tuple[str, str]) -> None:
    request = SessionRequest(room=spec["roomId"], session=uid, epoch=1, source_lang=spec["sourceLang"])
    async with at_once:
        await memo.http.put(f"http://{pod[1]}:{names.ENGINE_PORT}/session", content=request.to_bytes())
        try:
            path = names.rooms_path(NAMESPACE, room) + "/status"
            await memo.cluster.merge(path, {"status": {"phase": "Ready", "message": pod[0]}})
        except Conflict:
            return


if __name__ == "__main__":
    sys.exit(asyncio.run(kopf.operator(namespaces=[NAMESPACE], standalone=True)) or 0)
