"""A full reading now and then: events get lost, and a watch may be silent without having ended."""

import asyncio
import logging
from collections.abc import Callable, Mapping
from typing import Protocol

from dolmetsch_core.cluster import names, objects
from dolmetsch_core.cluster.api import ApiError, Away, Cluster
from dolmetsch_core.cluster.objects import NotAsAgreed, Object
from dolmetsch_operator import metrics
from dolmetsch_operator.facts import GONE, Facts, grave
from dolmetsch_operator.health import Health

log = logging.getLogger(__name__)
GRACE_S = 1.0
"""What a watch may be late by: what it brings in that time was not lost."""
ENGINE_PODS = f"{names.APP}={names.ENGINE_APP}"


class _Versioned(Protocol):
    @property
    def version(self) -> int: ...


class SecondLook:
    """Reads everything and puts the facts right."""

    def __init__(
        self, cluster: Cluster, facts: Facts, namespace: str, health: Health, every_s: float = 30.0
    ) -> None:
        self._every_s = every_s
        self._cluster = cluster
        self._facts = facts
        self._namespace = namespace
        self._health = health

    async def run(self) -> None:
        """Read now and then."""
        while True:
            await asyncio.sleep(self._every_s)
            try:
                await self.read(GRACE_S)
                self._health.tried(read=True)
            except (ApiError, Away) as error:
                log.warning("second look: %s", error)
                self._health.tried(read=False)

    async def read(self, grace: float = 0.0) -> None:
        """Read all objects once; after `grace` seconds, take what nobody told of. Raises ApiError, Away."""
        facts, space = self._facts, self._namespace
        pods = names.pods_path(space)
        await self._read_kind(
            "pod", pods, facts.take_pod, lambda: facts.pods, grace, labelSelector=ENGINE_PODS
        )
        await self._read_kind("node", "/api/v1/nodes", facts.take_node, lambda: facts.nodes, grace)
        await self._read_kind("room", names.rooms_path(space), facts.take_room, self._rooms, grace)
        await self._read_pool()

    def _rooms(self) -> "dict[str, _Versioned]":
        """Rooms by name; of one that can't be read any more the version that can't."""
        return {**self._facts.rooms, **self._facts.unreadable}

    async def _read_kind(
        self,
        kind: str,
        path: str,
        take: Callable[[str | None, Object], None],
        known: "Callable[[], Mapping[str, _Versioned]]",
        grace: float,
        **query: str,
    ) -> None:
        before = {name: each.version for name, each in known().items()}
        listed = await self._cluster.get(path, **query)
        await asyncio.sleep(grace)
        there, now = set(), known()
        for obj in listed["items"]:
            name = obj["metadata"]["name"]
            there.add(name)
            seen = now.get(name)
            late = objects.resource_version(obj) > (seen.version if seen else 0)
            if late and grace and kind != "node" and not self._facts.went(kind, obj):
                self._told_late(kind, name)
            take(None, obj)
        for name in before.keys() - there:
            each = now.get(name)
            # Only what has not been heard of since the reading began can have gone unseen.
            if each is not None and each.version == before[name]:
                self._told_late(kind, name)
                take(GONE, grave(name, getattr(each, "uid", ""), each.version))

    def _told_late(self, kind: str, name: str) -> None:
        metrics.HEALED.labels(kind).inc()
        log.debug("%s %s had changed unseen", kind, name)

    async def _read_pool(self) -> None:
        listed = await self._cluster.get(names.pools_path(self._namespace))
        found = [each for each in listed["items"] if each["metadata"]["name"] == names.POOL]
        try:
            for obj in found:
                self._facts.take_pool(None, obj)
        except NotAsAgreed as error:
            log.warning("%s", error)
        if not found and (pool := self._facts.pool):
            self._facts.take_pool(GONE, grave(names.POOL, pool.uid, pool.version))
