"""The Lease: at most one operator works in a namespace. Who loses it ends at once."""

import asyncio
import logging
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from dolmetsch_core.cluster.api import ApiError, Away, Cluster, Conflict, NotFound

log = logging.getLogger(__name__)
NAME = "dolmetsch-operator"
RETRY_S = 1.0


class LeaseLost(Exception):
    """Another operator has the Lease."""


class Lease:
    """One holder's view of the Lease."""

    def __init__(self, cluster: Cluster, namespace: str, identity: str, seconds: int) -> None:
        self._cluster = cluster
        self._path = f"/apis/coordination.k8s.io/v1/namespaces/{namespace}/leases"
        self._identity = identity
        self._seconds = seconds
        self._held_until = float("-inf")
        self._seen: tuple[str, float] = ("", 0.0)
        """Version of another holder's Lease, and when this process saw it first."""
        self._told = ""

    async def acquire(self, waiting: Callable[[str], None]) -> None:
        """Wait until the Lease is ours; `waiting(holder)` is called while it is another one's."""
        taken = await self._try(waiting)
        while not taken:
            await asyncio.sleep(RETRY_S)
            taken = await self._try(waiting)

    async def keep(self) -> None:
        """Renew for ever. Raises LeaseLost once another one has it.

        While the API server is away nobody can take it, but it runs out: see `left`. Whose it is shows then.
        """
        renewed = True
        while True:
            await asyncio.sleep(self._seconds / 3 if renewed else RETRY_S)
            others: list[str] = []
            renewed = await self._try(others.append)
            if others:
                self._held_until = float("-inf")
                raise LeaseLost(f"{others[0]} has taken the Lease {NAME}")

    def left(self) -> float:
        """For how many seconds it is certainly ours, if it is not renewed: writes have to be over by then."""
        return self._held_until - asyncio.get_running_loop().time()

    async def release(self) -> None:
        """Give it back, so that the next operator need not wait for its end."""
        try:
            found = await self._cluster.get(f"{self._path}/{NAME}")
            if found["spec"].get("holderIdentity") == self._identity:
                found["spec"]["holderIdentity"] = None
                await self._cluster.replace(f"{self._path}/{NAME}", found)
        except (ApiError, Away) as error:
            log.warning("the Lease could not be given back: %s", error)

    async def _try(self, waiting: Callable[[str], None]) -> bool:
        """Take or renew it; False: another one has it, or the API server is away."""
        began = asyncio.get_running_loop().time()
        try:
            taken = await self._take(waiting)
        except (ApiError, Away) as error:
            if self._told != str(error):
                self._told = str(error)
                log.warning("Lease %s: %s", NAME, error)
            return False
        self._told = ""
        if taken:
            self._held_until = began + self._seconds
        return taken

    async def _take(self, waiting: Callable[[str], None]) -> bool:
        try:
            found = await self._cluster.get(f"{self._path}/{NAME}")
        except NotFound:
            return await self._write(self._cluster.create(self._path, self._body({})))
        spec = found.get("spec") or {}
        holder = spec.get("holderIdentity")
        # Who had it already may not take it back: another one works since.
        another = holder if holder != self._identity else ""
        if another and (self._held_until > float("-inf") or not self._expired(found)):
            waiting(another)
            return False
        return await self._write(self._cluster.replace(f"{self._path}/{NAME}", self._body(found)))

    async def _write(self, call: Any) -> bool:
        try:
            await call
        except Conflict:
            return False
        return True

    def _expired(self, found: dict[str, Any]) -> bool:
        """By this process's own clock since it saw that version, never by the holder's time of day."""
        now = asyncio.get_running_loop().time()
        version = found["metadata"]["resourceVersion"]
        if self._seen[0] != version:
            self._seen = (version, now)
        seconds = found["spec"].get("leaseDurationSeconds") or self._seconds
        return now - self._seen[1] > seconds

    def _body(self, found: dict[str, Any]) -> dict[str, Any]:
        spec = found.get("spec") or {}
        now = datetime.now(UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"
        mine = spec.get("holderIdentity") == self._identity
        return {
            "apiVersion": "coordination.k8s.io/v1",
            "kind": "Lease",
            "metadata": found.get("metadata") or {"name": NAME},
            "spec": {
                "holderIdentity": self._identity,
                "leaseDurationSeconds": self._seconds,
                "renewTime": now,
                "acquireTime": spec.get("acquireTime", now) if mine else now,
                "leaseTransitions": (spec.get("leaseTransitions") or 0) + (0 if mine else 1),
            },
        }
