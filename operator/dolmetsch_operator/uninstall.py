"""`python -m dolmetsch_operator.uninstall`: closes all Rooms of a namespace, so that what serves them can go.

Rooms carry a finalizer that only a working operator takes off. Helm's pre-delete hook runs this before
operator and api are removed: no new rooms open, all Rooms are deleted and have a while to write their last
words, then what is left is cut off.
"""

import argparse
import asyncio
import logging
import sys
from collections.abc import Awaitable, Callable
from contextlib import suppress

from dolmetsch_core.cluster import names
from dolmetsch_core.cluster.api import ApiError, Away, Cluster, Conflict, NotFound, connect
from dolmetsch_core.cluster.config import own_namespace

log = logging.getLogger(__name__)
LOOK_S = 0.5
SWEEPS = 10
"""Looks at what is left, at most: a Room may have been made while the api ended."""
Sleep = Callable[[float], Awaitable[None]]


class RoomsLeft(Exception):
    """Rooms can't be cut off. Remedy: in the message."""

    def __init__(self, left: list[str]) -> None:
        super().__init__(
            f"Rooms {', '.join(left)} are still there: take their finalizers off by hand (docs/kubernetes.md)"
        )


class Uninstall:
    """The steps, each of which may be done twice. All raise ApiError and Away."""

    def __init__(
        self,
        cluster: Cluster,
        namespace: str,
        *,
        api_deployment: str = "",
        sleep: Sleep = asyncio.sleep,
        clock: Callable[[], float] | None = None,
    ) -> None:
        self._cluster = cluster
        self._namespace = namespace
        self._api_deployment = api_deployment
        self._sleep = sleep
        self._clock = clock or asyncio.get_running_loop().time

    async def run(self, wait_s: float) -> list[str]:
        """Do it all; return the names of the Rooms that were cut off."""
        await self.refuse_hosts()
        await self.drain(wait_s)
        await self.stop_api()
        return await self.cut()

    async def refuse_hosts(self) -> None:
        """No room opens any more: the pool has no places. Live rooms keep their engines."""
        path = names.pools_path(self._namespace, names.POOL)
        with suppress(NotFound):
            await self._cluster.merge(path, {"spec": {"maxActiveRooms": 0}})

    async def drain(self, wait_s: float) -> None:
        """Delete all Rooms, those too that appear meanwhile; return when none is left, or after `wait_s`."""
        end = self._clock() + wait_s
        while names_left := await self._delete_rooms():
            if self._clock() >= end:
                log.warning("%d Rooms did not end in %.0f s", len(names_left), wait_s)
                return
            await self._sleep(LOOK_S)

    async def stop_api(self) -> None:
        """End the api, which makes Rooms."""
        if not self._api_deployment:
            return
        path = f"/apis/apps/v1/namespaces/{self._namespace}/deployments/{self._api_deployment}/scale"
        with suppress(NotFound):
            await self._cluster.merge(path, {"spec": {"replicas": 0}})

    async def cut(self) -> list[str]:
        """Take the finalizers off all that is left, until nothing is; return what was cut off.

        Raises RoomsLeft too.
        """
        cut: dict[str, None] = {}
        for _ in range(SWEEPS):
            left = await self._delete_rooms()
            if not left:
                return list(cut)
            for room in left:
                if await self._strip(room):
                    cut[room] = None
            await self._sleep(LOOK_S)
        if left := await self._delete_rooms():
            raise RoomsLeft(left)
        return list(cut)

    async def _delete_rooms(self) -> list[str]:
        """Ask for the deletion of every Room; return the names of those that were there."""
        try:
            rooms = (await self._cluster.get(names.rooms_path(self._namespace)))["items"]
        except NotFound:
            # The kind itself is gone, and all Rooms with it.
            return []
        for room in rooms:
            meta = room["metadata"]
            if "deletionTimestamp" not in meta:
                log.info("closing Room %s", meta["name"])
                with suppress(NotFound, Conflict):
                    await self._cluster.delete(
                        names.rooms_path(self._namespace, meta["name"]), uid=meta["uid"]
                    )
        return [room["metadata"]["name"] for room in rooms]

    async def _strip(self, room: str) -> bool:
        """Take its finalizers off; False: it has ended by itself, or somebody else is changing it."""
        path = names.rooms_path(self._namespace, room)
        try:
            await self._cluster.merge(path, {"metadata": {"finalizers": None}})
        except (NotFound, Conflict):
            return False
        log.warning("Room %s was cut off: its engine ends with it, its last words may be lost", room)
        return True


async def _run(namespace: str, api_deployment: str, wait_s: float) -> list[str]:
    cluster = await connect()
    try:
        return await Uninstall(cluster, namespace, api_deployment=api_deployment).run(wait_s)
    finally:
        await cluster.close()


def main() -> None:
    """Exit status 0 when no Room is left; a failure is told by its message."""
    parser = argparse.ArgumentParser(prog="python -m dolmetsch_operator.uninstall", description=__doc__)
    parser.add_argument("--namespace", default="", help="whose Rooms; this pod's own, or the kubeconfig's")
    parser.add_argument("--api-deployment", default="", help="ended once the Rooms have drained")
    parser.add_argument("--wait", type=float, default=60.0, help="seconds that Rooms may take to end")
    args = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stdout)
    try:
        cut = asyncio.run(_run(args.namespace or own_namespace(), args.api_deployment, args.wait))
    except (ApiError, Away, RoomsLeft) as error:
        sys.exit(f"dolmetsch uninstall: {error}")
    log.info("cut off: %s", ", ".join(cut) if cut else "nothing, all Rooms ended by themselves")


if __name__ == "__main__":
    main()
