"""Actions to API calls. Each may be done twice without harm; a refusal is told to the caller."""

import logging
import secrets
from collections.abc import Mapping
from typing import Any

from dolmetsch_core.cluster import names, objects
from dolmetsch_core.cluster.api import Cluster, Conflict, Invalid, NotFound
from dolmetsch_core.wire.room import EnginePoolStatus, Room, RoomStatus
from dolmetsch_operator.facts import Facts, KnownRoom, Pod
from dolmetsch_operator.pods import PodMaker, room_owner

log = logging.getLogger(__name__)


class Writer:
    """Writes to one namespace, and lets the facts know at once what was written.

    All methods raise the errors of core.cluster.api that are not named as handled.
    """

    def __init__(self, cluster: Cluster, facts: Facts, namespace: str) -> None:
        self._cluster = cluster
        self._facts = facts
        self._namespace = namespace

    async def room_status(self, room: Room, status: RoomStatus) -> None:
        """Publish how a room is. A room that is gone, or another one by now, has no status to write."""
        path = names.rooms_path(self._namespace, room.name) + "/status"
        patch = objects.status_patch(status) | {"metadata": {"uid": room.uid}}
        try:
            self._facts.take_room(None, await self._cluster.merge(path, patch))
        except (NotFound, Conflict):
            log.debug("room %s is gone", room.name)

    async def pool_status(self, status: EnginePoolStatus) -> None:
        """Publish how the pool is."""
        path = names.pools_path(self._namespace, names.POOL) + "/status"
        try:
            self._facts.take_pool(None, await self._cluster.merge(path, objects.status_patch(status)))
        except NotFound:
            log.info("the EnginePool is gone")

    async def hold(self, known: KnownRoom) -> None:
        """Add our finalizer, so that a deletion waits for the last words."""
        finalizers = [*known.finalizers, names.FINALIZER]
        await self._write_finalizers(known, finalizers)

    async def let_go(self, known: KnownRoom) -> None:
        """Remove our finalizer and no other one."""
        finalizers = [each for each in known.finalizers if each != names.FINALIZER]
        await self._write_finalizers(known, finalizers)

    async def _write_finalizers(self, known: KnownRoom, finalizers: list[str]) -> None:
        meta = {
            "uid": known.room.uid,
            "resourceVersion": str(known.version),
            "finalizers": finalizers or None,
        }
        path = names.rooms_path(self._namespace, known.room.name)
        try:
            self._facts.take_room(None, await self._cluster.merge(path, {"metadata": meta}))
        except NotFound:
            return
        except Conflict:
            # Somebody wrote in between: read, and decide again.
            obj = await self._read(path)
            if obj is not None:
                self._facts.take_room(None, obj)

    async def _read(self, path: str) -> dict[str, Any] | None:
        try:
            return await self._cluster.get(path)
        except NotFound:
            return None

    async def delete_room(self, room: Room) -> None:
        """Ask for the deletion of this very Room; it drains first."""
        try:
            obj = await self._cluster.delete(names.rooms_path(self._namespace, room.name), uid=room.uid)
        except (NotFound, Conflict):
            return
        if obj.get("kind") == "Room":
            self._facts.take_room(None, obj)

    async def create_engine(self, maker: PodMaker, room: Room, epoch: int) -> None:
        """Create the pod of this epoch; that it exists means it was done. Raises TemplateUnusable."""
        await self._create_pod(maker.of_room(room, epoch))

    async def create_warm(self, maker: PodMaker) -> None:
        """Create an engine without a room. Raises TemplateUnusable."""
        await self._create_pod(maker.warm(secrets.token_hex(3)))

    async def _create_pod(self, pod: Mapping[str, Any]) -> None:
        try:
            self._facts.take_pod(None, await self._cluster.create(names.pods_path(self._namespace), pod))
        except Conflict:
            obj = await self._read(names.pods_path(self._namespace, pod["metadata"]["name"]))
            if obj is not None:
                self._facts.take_pod(None, obj)

    async def claim(self, pod: Pod, room: Room, epoch: int) -> bool:
        """Give a warm engine to a room, all at once or not at all. False: it is another's, or gone."""
        path = names.pods_path(self._namespace, pod.name)
        labels = "/metadata/labels/"
        try:
            obj = await self._cluster.patch(
                path,
                {"op": "test", "path": "/metadata/resourceVersion", "value": str(pod.version)},
                {"op": "add", "path": labels + _escaped(names.ROOM), "value": room.name},
                {"op": "add", "path": labels + _escaped(names.EPOCH), "value": str(epoch)},
                {"op": "add", "path": "/metadata/ownerReferences", "value": [room_owner(room)]},
            )
        except (Invalid, Conflict, NotFound):
            # It was written to in between (its readiness, say), or is gone: see what it is now, decide again.
            obj_now = await self._read(path)
            self._facts.take_pod(None if obj_now else "DELETED", obj_now or _ghost(pod))
            return False
        self._facts.take_pod(None, obj)
        return True

    async def stop_engine(self, pod: Pod) -> None:
        """Delete this very pod."""
        path = names.pods_path(self._namespace, pod.name)
        try:
            obj = await self._cluster.delete(path, uid=pod.uid)
        except (NotFound, Conflict):
            self._facts.take_pod("DELETED", _ghost(pod))
            return
        if obj.get("kind") == "Pod":
            self._facts.take_pod(None, obj)


def _escaped(key: str) -> str:
    """A key as a part of a JSON pointer."""
    return key.replace("~", "~0").replace("/", "~1")


def _ghost(pod: Pod) -> dict[str, Any]:
    """What is left of a pod that the server does not know any more: enough to forget it by."""
    return {
        "metadata": {
            "name": pod.name,
            "uid": pod.uid,
            "resourceVersion": str(pod.version),
            "creationTimestamp": pod.created,
        }
    }
