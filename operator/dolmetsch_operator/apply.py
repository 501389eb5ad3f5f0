"""Actions to API calls. Each may be done twice without harm; a refusal is told to the caller."""

import asyncio
import logging
import secrets
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from dolmetsch_core.cluster import names, objects
from dolmetsch_core.cluster.api import Conflict, Invalid, NamespaceEnding, NotFound
from dolmetsch_core.cluster.objects import Object
from dolmetsch_core.wire.room import EnginePoolStatus, Phase, Room, RoomStatus
from dolmetsch_operator.facts import GONE, Facts, KnownRoom, grave
from dolmetsch_operator.leased import Leased
from dolmetsch_operator.pods import PodMaker, room_owner
from dolmetsch_operator.reduced import Pod

log = logging.getLogger(__name__)
ENDING_S = 20.0
"""How long a namespace is believed to be ending without another try: it may be there anew."""


class Writer:
    """Writes to one namespace, and lets the facts know at once what was written.

    All methods raise the errors of core.cluster.api that are not named as handled. Conflict: somebody wrote
    in between, and what there is now was read. Away too, once the Lease has run out.
    """

    def __init__(self, cluster: Leased, facts: Facts, namespace: str) -> None:
        self._cluster = cluster
        self._ending_until = float("-inf")
        self._facts = facts
        self._namespace = namespace

    @property
    def ending(self) -> bool:
        """The namespace is being deleted: no engine can be made, and soon nothing be written at all."""
        return asyncio.get_running_loop().time() < self._ending_until

    async def room_status(self, room: Room, status: RoomStatus) -> None:
        """Publish how a room is. A room that is gone, or another one by now, has no status to write."""
        path = names.rooms_path(self._namespace, room.name) + "/status"
        # A test, for a merge patch's uid is not looked at below /status: a Room made anew under the name
        # would take over what the one before it was.
        same = {"op": "test", "path": "/metadata/uid", "value": room.uid}
        told = {"op": "add", "path": "/status", "value": objects.status_object(status)}
        try:
            self._facts.take_room(None, await self._cluster.patch(path, same, told))
        except (NotFound, Conflict, Invalid) as error:
            await self._reread(room, error)

    async def unreadable(self, obj: Object, why: str) -> None:
        """Say of a Room that this version can't read what keeps it from being served."""
        meta = obj["metadata"]
        path = names.rooms_path(self._namespace, meta["name"]) + "/status"
        same = {"metadata": {"resourceVersion": meta["resourceVersion"]}}
        with suppress(NotFound, Conflict):
            await self._cluster.merge(path, same | {"status": {"phase": Phase.FAILED.value, "message": why}})

    async def let_go_unread(self, obj: Object) -> None:
        """Remove our finalizer from a deleted Room that can't be read: its engine goes with its owner."""
        meta = obj["metadata"]
        left = [each for each in meta.get("finalizers", ()) if each != names.FINALIZER]
        same = {"uid": meta["uid"], "resourceVersion": meta["resourceVersion"]}
        with suppress(NotFound, Conflict):
            path = names.rooms_path(self._namespace, meta["name"])
            await self._cluster.merge(path, {"metadata": same | {"finalizers": left or None}})

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
        except (NotFound, Conflict) as error:
            await self._reread(known.room, error)

    async def _reread(self, room: Room, error: NotFound | Conflict | Invalid) -> None:
        """See what became of a Room that could not be written. Raises Conflict unless it is gone.

        Raises `error` itself where it is Invalid and the Room is still the same one.
        """
        obj = await self._read(names.rooms_path(self._namespace, room.name))
        if isinstance(error, Invalid) and obj is not None and obj["metadata"]["uid"] == room.uid:
            raise error
        if obj is None:
            known = self._facts.rooms.get(room.name)
            if known is not None and known.room.uid == room.uid:
                self._facts.take_room(GONE, grave(room.name, room.uid, known.version))
            return
        self._facts.take_room(None, obj)
        raise Conflict(error.status, str(error))

    async def _read(self, path: str) -> dict[str, Any] | None:
        try:
            return await self._cluster.get(path)
        except NotFound:
            return None

    async def delete_room(self, room: Room) -> None:
        """Ask for the deletion of this very Room; it drains first."""
        try:
            obj = await self._cluster.delete(names.rooms_path(self._namespace, room.name), uid=room.uid)
        except (NotFound, Conflict) as error:
            await self._reread(room, error)
            return
        if obj.get("kind") == "Room":
            self._facts.take_room(None, obj)

    async def create_engine(self, maker: PodMaker, room: Room, epoch: int) -> str:
        """Create the pod of this epoch and return its uid; that it exists means it was done.

        Raises TemplateUnusable.
        """
        return await self._create_pod(maker.of_room(room, epoch))

    async def create_warm(self, maker: PodMaker) -> None:
        """Create an engine without a room. Raises TemplateUnusable."""
        await self._create_pod(maker.warm(secrets.token_hex(3)))

    async def _create_pod(self, pod: Mapping[str, Any]) -> str:
        try:
            obj = await self._cluster.create(names.pods_path(self._namespace), pod)
        except NamespaceEnding:
            self._ending_until = asyncio.get_running_loop().time() + ENDING_S
            raise
        except Conflict:
            found = await self._read(names.pods_path(self._namespace, pod["metadata"]["name"]))
            if found is None:
                raise
            obj = found
        self._facts.take_pod(None, obj)
        return str(obj["metadata"]["uid"])

    async def check(self, maker: PodMaker) -> None:
        """Have the API server look at a pod without making it. Raises TemplateUnusable."""
        path = names.pods_path(self._namespace)
        await self._cluster.create(path, maker.warm("check"), dryRun="All")

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
            await self._see(pod)
            return False
        self._facts.take_pod(None, obj)
        return True

    async def stop_engine(self, pod: Pod) -> None:
        """Delete this very pod."""
        path = names.pods_path(self._namespace, pod.name)
        try:
            obj = await self._cluster.delete(path, uid=pod.uid)
        except (NotFound, Conflict):
            if await self._see(pod):
                raise
            return
        if obj.get("kind") == "Pod":
            self._facts.take_pod(None, obj)

    async def _see(self, pod: Pod) -> bool:
        """Read a pod again; False: it is gone."""
        obj = await self._read(names.pods_path(self._namespace, pod.name))
        there = obj is not None and obj["metadata"]["uid"] == pod.uid
        if not there:
            self._facts.take_pod(GONE, grave(pod.name, pod.uid, pod.version))
        if obj is not None:
            self._facts.take_pod(None, obj)
        return there


def _escaped(key: str) -> str:
    """A key as a part of a JSON pointer."""
    return key.replace("~", "~0").replace("/", "~1")
