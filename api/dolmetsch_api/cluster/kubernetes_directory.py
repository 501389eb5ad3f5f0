"""The Directory of a cluster: rooms are Room objects, watched; writes go to the API server."""

import asyncio
import logging
from collections.abc import Iterator
from contextlib import aclosing, contextmanager, suppress
from typing import Any

from dolmetsch_api.cluster.cluster_rooms import ClusterRooms
from dolmetsch_core.cluster import names
from dolmetsch_core.cluster.api import (
    ApiError,
    Away,
    Cluster,
    Conflict,
    Forbidden,
    Invalid,
    Json,
    NamespaceEnding,
    NotFound,
)
from dolmetsch_core.cluster.informer import Informer
from dolmetsch_core.cluster.objects import NotAsAgreed, pool_status_of, room_object, room_of, spec_object
from dolmetsch_core.directory import RoomView, Terminating, adopt
from dolmetsch_core.errors import DirectoryAway, RoomRefused
from dolmetsch_core.supervise import for_ever
from dolmetsch_core.tasks import end_tasks
from dolmetsch_core.wire.room import EnginePoolStatus, Origin, Room, RoomSpec

log = logging.getLogger(__name__)
AGAIN_S = 0.05
LOOK_AGAIN_S = 2.0
"""Second look at a room that is ending, for the word that the watch did not bring."""
WRITE_S = 20.0
"""How long a restart or close tries against others who write the same room."""
AWAY = "The cluster's API server is away: live rooms go on, new ones can be activated once it is back"


class ClusterRefused(RoomRefused):
    """The API server does not take the room. Remedy: in the message, for who runs the cluster."""


class KubernetesDirectory:
    """Rooms of one namespace. Implements `dolmetsch_core.directory.Directory`."""

    def __init__(self, cluster: Cluster, namespace: str, pool: str = names.POOL) -> None:
        self._cluster = cluster
        self._namespace = namespace
        self._path = names.rooms_path(namespace)
        self._objects = Informer(cluster, self._path, self._confirm_view)
        self._rooms = ClusterRooms()
        self._pools = Informer(
            cluster, names.pools_path(namespace), self._see_pool, fieldSelector=f"metadata.name={pool}"
        )
        self._pool = EnginePoolStatus()
        self._pool_name = pool
        self._pool_version = ""
        self._tasks: list[asyncio.Task[None]] = []
        self.view = RoomView()

    async def start(self) -> None:
        """Begin to watch."""
        self._tasks = [
            asyncio.create_task(
                for_ever(f"watch of {what}", informer.run, store_away=()), name=f"watch of {what}"
            )
            for what, informer in (("rooms", self._objects), ("the pool", self._pools))
        ]

    async def stop(self) -> None:
        """End the watch, and the connections."""
        await end_tasks(*self._tasks)
        await self._cluster.close()

    async def activate(self, wish: RoomSpec, *, deadline: float = 60.0) -> Room:
        """See Directory.activate."""
        ending = False
        try:
            async with asyncio.timeout(deadline):
                while True:
                    with _refusals(wish.room_id, f"Unable to activate room <{wish.room_id}>"):
                        room, ending = await self._activate_once(wish)
                    if room is not None:
                        return room
                    if ending:
                        await self._until_ended(wish.room_id)
                    await asyncio.sleep(AGAIN_S)
        except TimeoutError:
            why = f"Room <{wish.room_id}> is still closing: try again" if ending else AWAY
            raise DirectoryAway(wish.room_id, why) from None

    async def _activate_once(self, wish: RoomSpec) -> tuple[Room | None, bool]:
        """One try: the room, or none because somebody else wrote in between; and whether it is ending.

        It looks before it creates: a quota that is used up refuses also what exists already.
        """
        obj = await self._get(wish.room_id)
        if obj is None:
            return await self._create(wish), False
        try:
            return await self._respec(obj, adopt(room_of(obj), wish)), False
        except Terminating:
            # The view is now at least as new as what was read, so it can say when that is over.
            await self._written(obj)
            return None, True

    async def _create(self, wish: RoomSpec) -> Room | None:
        made = room_object(wish, self._namespace, Origin.API)
        with suppress(Conflict):
            return await self._written(await self._cluster.create(self._path, made))
        return None

    async def _until_ended(self, room_id: str) -> None:
        """Wait for the view to show the room gone or at rest; not longer than until a second look."""
        with suppress(TimeoutError):
            async with asyncio.timeout(LOOK_AGAIN_S), aclosing(self.view.changes(room_id)) as changes:
                async for room in changes:
                    try:
                        if room is None or adopt(room, room.spec):
                            return
                    except Terminating:
                        continue

    async def restart(self, room_id: str) -> Room | None:
        """See Directory.restart. Raises DirectoryAway, ClusterRefused."""
        with _refusals(room_id, f"Unable to restart room <{room_id}>"):
            async with asyncio.timeout(WRITE_S):
                while (obj := await self._get(room_id)) is not None:
                    spec = room_of(obj).spec
                    counted = spec.model_copy(update={"restart": spec.restart + 1})
                    if room := await self._respec(obj, counted):
                        return room
                    await asyncio.sleep(AGAIN_S)
        return None

    async def close(self, room_id: str) -> bool:
        """See Directory.close. Raises DirectoryAway, ClusterRefused."""
        with _refusals(room_id, f"Unable to close room <{room_id}>"):
            async with asyncio.timeout(WRITE_S):
                while (obj := await self._get(room_id)) is not None:
                    if "deletionTimestamp" in obj["metadata"]:
                        return True
                    with suppress(Conflict, NotFound):
                        path = names.rooms_path(self._namespace, obj["metadata"]["name"])
                        left = await self._cluster.delete(path, uid=obj["metadata"]["uid"])
                        if left.get("kind") == "Room" and left["metadata"].get("finalizers"):
                            await self._show(left)
                        return True
                    await asyncio.sleep(AGAIN_S)
        return False

    async def capacity(self) -> EnginePoolStatus:
        """See Directory.capacity; the last known one while the API server is away, none without a pool."""
        return self._pool

    async def _get(self, room_id: str) -> Json | None:
        """Read the room's object from the server; None: there is none. Raises ClusterRefused."""
        try:
            obj = await self._cluster.get(names.rooms_path(self._namespace, names.room_name(room_id)))
        except NotFound:
            return None
        found = obj.get("spec", {}).get("roomId")
        if found != room_id:
            name = obj["metadata"]["name"]
            raise ClusterRefused(room_id, f"The Room {name} is not <{room_id}> but <{found}>: delete it")
        return obj

    async def _respec(self, obj: Json, spec: RoomSpec) -> Room | None:
        """Write what differs, if nobody wrote since `obj` was read; None: somebody did."""
        room = room_of(obj)
        if spec == room.spec:
            return await self._written(obj)
        meta = obj["metadata"]
        before, after = spec_object(room.spec), spec_object(spec)
        changes: list[dict[str, Any]] = [
            {"op": "add", "path": f"/spec/{field}", "value": value}
            for field, value in after.items()
            if value != before[field]
        ]
        same = {"op": "test", "path": "/metadata/resourceVersion", "value": meta["resourceVersion"]}
        try:
            path = names.rooms_path(self._namespace, meta["name"])
            return await self._written(await self._cluster.patch(path, same, *changes))
        except (Conflict, NotFound):
            return None
        except Invalid:
            # The test failed, or the server takes no such spec: then nobody wrote in between.
            now = await self._get(room.spec.room_id)
            if now is not None and now["metadata"]["resourceVersion"] == meta["resourceVersion"]:
                raise
            return None

    async def _written(self, obj: Json) -> Room:
        """Return what the server answered as a Room, once the view holds it or later news."""
        room = room_of(obj)
        await self._show(obj)
        return room

    async def _show(self, obj: Json) -> None:
        if self._objects.take(obj):
            await self.view.replace(self._rooms.by_id(self._objects.objects), confirmed=False)

    async def _confirm_view(self) -> None:
        await self.view.replace(self._rooms.by_id(self._objects.objects))

    async def _see_pool(self) -> None:
        obj = self._pools.objects.get(self._pool_name)
        if obj is None:
            # The server itself has said so: while it is away, the copy keeps the pool.
            self._pool, self._pool_version = EnginePoolStatus(), ""
            return
        if obj["metadata"]["resourceVersion"] == self._pool_version:
            return
        self._pool_version = obj["metadata"]["resourceVersion"]
        try:
            self._pool = pool_status_of(obj)
        except NotAsAgreed as error:
            log.error("left out: %s", error)


@contextmanager
def _refusals(room_id: str, what: str) -> Iterator[None]:
    """Turn the cluster's errors into those that hosts are shown."""
    try:
        yield
    except (Away, TimeoutError) as error:
        raise DirectoryAway(room_id, AWAY) from error
    except (ApiError, NotAsAgreed) as error:
        raise ClusterRefused(room_id, f"{what}: {_why(error)}") from error


def _why(error: Exception) -> str:
    text = str(error)
    if isinstance(error, NamespaceEnding):
        return "its namespace is being deleted"
    if isinstance(error, Forbidden) and "exceeded quota" in text:
        return f"a quota of the cluster is used up ({text[text.index('exceeded quota') :]})"
    if isinstance(error, NotFound):
        return "the cluster has no such namespace, or no Rooms: are the CRDs installed?"
    return f"the cluster refuses it: {text}"
