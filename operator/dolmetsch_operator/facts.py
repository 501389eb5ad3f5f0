"""What the operator knows: rooms, engine pods, nodes and the pool, as last seen, and what engines say."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from dolmetsch_core.clock import SteadyClock
from dolmetsch_core.cluster import names, objects
from dolmetsch_core.cluster.objects import NotAsAgreed, Object
from dolmetsch_core.wire.engine import EngineStatus
from dolmetsch_core.wire.room import EnginePoolSpec, EnginePoolStatus, Room
from dolmetsch_operator.lost_devices import Loss, losses_after
from dolmetsch_operator.reduced import Node, Pod, node_of, pod_of

GONE = "DELETED"
GRAVES = 1000
"""Deletions that are remembered: more than can happen while one reading is under way."""


@dataclass(frozen=True)
class KnownRoom:
    """A Room as last seen or written."""

    room: Room
    version: int
    finalizers: tuple[str, ...]


@dataclass(frozen=True)
class Unreadable:
    """A Room that this version can't read, and why."""

    why: str
    obj: Object
    version: int


@dataclass(frozen=True)
class Pool:
    """The EnginePool."""

    spec: EnginePoolSpec
    status: EnginePoolStatus
    uid: str
    generation: int
    version: int


@dataclass
class Heard:
    """What an engine said last, and what keeps it from saying more (times by the loop's clock)."""

    status: EngineStatus | None = None
    unreachable_since: float | None = None
    refused_since: float | None = None
    """It answers, but does not take calls with this operator's key."""

    @property
    def speaks(self) -> bool:
        """Whether its last call was answered as it should."""
        return self.unreachable_since is None and self.refused_since is None

    def spoke(self, status: EngineStatus) -> None:
        """It answered."""
        self.status, self.unreachable_since, self.refused_since = status, None, None

    def missed(self, at: float) -> None:
        """It did not answer."""
        self.refused_since = None
        self.unreachable_since = at if self.unreachable_since is None else self.unreachable_since

    def refused(self, at: float) -> None:
        """It answered that this caller may not ask: it can be reached."""
        self.unreachable_since = None
        self.refused_since = at if self.refused_since is None else self.refused_since


@dataclass(frozen=True)
class Seen:
    """Since when a pod is known to be as it is, by this process's own clock.

    The API server's times of day are another clock's: compared with ours they would make pods old or young.
    """

    made: datetime
    placed: datetime | None = None
    ending: datetime | None = None


class Facts:
    """Caches by name that never go back to an older version; `changed(kind, room)` tells of each change."""

    def __init__(self, changed: Callable[[str, str], None], clock: SteadyClock | None = None) -> None:
        self._changed = changed
        self._clock = clock or SteadyClock()
        self.rooms: dict[str, KnownRoom] = {}
        self.unreadable: dict[str, Unreadable] = {}
        """Rooms of a form that this version does not know; a live one goes on by its last spec."""
        self.pods: dict[str, Pod] = {}
        self.nodes: dict[str, Node] = {}
        self.losses: dict[tuple[str, str], tuple[Loss, ...]] = {}
        """By node and resource: devices that went since the node was first seen, and did not come back."""
        self.pool: Pool | None = None
        self.heard: dict[str, Heard] = {}
        """By pod uid; written by who polls, see `heard_of`."""
        self.seen: dict[str, Seen] = {}
        """By pod uid."""
        self._by_room: dict[str, dict[str, Pod]] = {}
        self._gone: dict[tuple[str, str], int] = {}
        """Versions at which objects went: a reading that was under way does not bring them back."""

    def pods_of(self, room: str) -> Iterable[Pod]:
        """Return the pods that carry a room's name."""
        return list(self._by_room.get(room, {}).values())

    def take_room(self, kind: str | None, obj: Object) -> None:
        """Take a Room as the API server told it."""
        name, version = obj["metadata"]["name"], objects.resource_version(obj)
        known = self.rooms.get(name)
        if kind == GONE:
            self._bury("room", name, version)
            if known is None or version >= known.version:
                self.rooms.pop(name, None)
                self.unreadable.pop(name, None)
                self._changed("room", name)
            return
        if version <= self._gone.get(("room", name), 0) or (known and version <= known.version):
            return
        try:
            room = objects.room_of(obj)
        except NotAsAgreed as error:
            self.unreadable[name] = Unreadable(str(error), obj, version)
            driven_on = _with_spec_of(known.room, obj) if known else None
            if driven_on is None:
                self._changed("room", name)
                return
            room = driven_on
        else:
            self.unreadable.pop(name, None)
        self.rooms[name] = KnownRoom(room, version, tuple(obj["metadata"].get("finalizers", ())))
        self._changed("room", name)

    def take_pod(self, kind: str | None, obj: Object) -> None:
        """Take an engine pod."""
        pod = pod_of(obj)
        known = self.pods.get(pod.name)
        if kind == GONE:
            self._bury("pod", pod.name, pod.version)
            if known and known.uid != pod.uid and known.version > pod.version:
                return
        elif pod.version <= self._gone.get(("pod", pod.name), 0) or (known and pod.version <= known.version):
            return
        if known:
            self._unindex(known)
        if known and known.uid != pod.uid:
            self._forget(known.uid)
        if kind == GONE:
            self.pods.pop(pod.name, None)
            self._forget(pod.uid)
        else:
            self.pods[pod.name] = pod
            self.seen[pod.uid] = self._dated(pod)
            if pod.room:
                self._by_room.setdefault(pod.room, {})[pod.name] = pod
        self._changed("pod", pod.room)
        if known and known.room != pod.room:
            self._changed("pod", known.room)

    def _dated(self, pod: Pod) -> Seen:
        """Note the moment at which a pod is first seen made, placed, or ending."""
        now = self._clock.now()
        seen = self.seen.get(pod.uid) or Seen(now)
        if pod.node and seen.placed is None:
            seen = replace(seen, placed=now)
        return replace(seen, ending=now) if pod.deleted and seen.ending is None else seen

    def _forget(self, uid: str) -> None:
        self.heard.pop(uid, None)
        self.seen.pop(uid, None)

    def heard_of(self, pod: Pod) -> Heard:
        """Return what an engine said, to be added to. What one says that is gone is kept nowhere."""
        known = self.pods.get(pod.name)
        if known is None or known.uid != pod.uid:
            return Heard()
        return self.heard.setdefault(pod.uid, Heard())

    def engine_spoke(self, pod_name: str) -> None:
        """Tell that an engine said something new: whose it is may have changed since it was first seen."""
        pod = self.pods.get(pod_name)
        if pod is not None:
            self._changed("engine", pod.room)

    def went(self, kind: str, obj: Object) -> bool:
        """Whether an object of a reading is gone by now."""
        meta = obj["metadata"]
        return objects.resource_version(obj) <= self._gone.get((kind, meta["name"]), 0)

    def _bury(self, kind: str, name: str, version: int) -> None:
        self._gone.pop((kind, name), None)
        self._gone[kind, name] = version
        if len(self._gone) > GRAVES:
            del self._gone[next(iter(self._gone))]

    def _unindex(self, pod: Pod) -> None:
        of_room = self._by_room.get(pod.room)
        if of_room:
            of_room.pop(pod.name, None)
            if not of_room:
                del self._by_room[pod.room]

    def take_node(self, kind: str | None, obj: Object) -> None:
        """Take a node."""
        node = node_of(obj)
        known = self.nodes.get(node.name)
        if kind == GONE:
            self._bury("node", node.name, node.version)
            self.nodes.pop(node.name, None)
            self.losses = {key: lost for key, lost in self.losses.items() if key[0] != node.name}
        elif node.version <= max(known.version if known else 0, self._gone.get(("node", node.name), 0)):
            return
        else:
            self.nodes[node.name] = node
            # Its heartbeats change nothing that a decision is made of.
            if known and _same_but_version(known, node):
                return
            if known:
                self._count_devices(known, node)
        self._changed("node", "")

    def _count_devices(self, before: Node, node: Node) -> None:
        """Note what a node lost of its extended resources, whose names have a domain, or got back."""
        for resource in {name for name, _ in (*before.allocatable, *node.allocatable) if "/" in name}:
            change = node.devices(resource) - before.devices(resource)
            lost = losses_after(self.losses.pop((node.name, resource), ()), change, self._clock.now())
            if lost:
                self.losses[node.name, resource] = lost

    def take_pool(self, kind: str | None, obj: Object) -> None:
        """Take the EnginePool `default`; what can't be read of it is kept out. Raises NotAsAgreed."""
        meta = obj["metadata"]
        if meta["name"] != names.POOL:
            return
        version = objects.resource_version(obj)
        if kind == GONE:
            self.pool = None
        elif self.pool is None or version > self.pool.version or self.pool.uid != meta["uid"]:
            spec, status = objects.pool_of(obj), objects.pool_status_of(obj)
            self.pool = Pool(spec, status, meta["uid"], meta.get("generation", 1), version)
        else:
            return
        self._changed("pool", "")


def _with_spec_of(known: Room, obj: Object) -> Room | None:
    """A live Room whose spec can't be read any more: it is driven on by the last one that could."""
    if obj["metadata"]["uid"] != known.uid:
        return None
    try:
        return objects.room_of(obj, known.spec)
    except NotAsAgreed:
        return None


def grave(name: str, uid: str, version: int) -> Object:
    """Return what a deletion event would have told of an object that nobody told of."""
    return {"metadata": {"name": name, "uid": uid, "resourceVersion": str(version)}}


def _same_but_version(one: Node, other: Node) -> bool:
    return (one.ready, one.cordoned, one.labels, one.taints, one.allocatable) == (
        other.ready,
        other.cordoned,
        other.labels,
        other.taints,
        other.allocatable,
    )
