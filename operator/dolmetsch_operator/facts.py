"""What the operator knows: rooms, engine pods, nodes and the pool, as last seen, and what engines say."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from dolmetsch_core.cluster import names, objects
from dolmetsch_core.cluster.objects import NotAsAgreed, Object
from dolmetsch_core.wire.engine import EngineStatus
from dolmetsch_core.wire.room import EnginePoolSpec, EnginePoolStatus, Room

GONE = "DELETED"


@dataclass(frozen=True)
class KnownRoom:
    """A Room as last seen or written."""

    room: Room
    version: int
    finalizers: tuple[str, ...]


@dataclass(frozen=True)
class Pod:
    """An engine pod, reduced to what decisions need; a thousand whole ones would be most of the memory."""

    name: str
    uid: str
    version: int
    room: str
    """Name of the Room that it serves, '' while it is warm."""
    owner_uid: str
    epoch: int
    template: str
    node: str
    ip: str
    phase: str
    created: str
    deleted: bool
    deletion_deadline: str
    trouble: str
    """Why it does not get on, in the scheduler's or kubelet's words."""
    last_words: str
    """Why it ended."""


@dataclass(frozen=True)
class Node:
    """A node, as far as it matters for capacity."""

    name: str
    version: int
    ready: bool
    cordoned: bool
    labels: tuple[tuple[str, str], ...]
    taints: tuple[tuple[str, str, str], ...]
    """(key, value, effect)."""
    allocatable: tuple[tuple[str, str], ...]


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
    """What an engine said last, and since when it can't be reached (the loop's clock)."""

    status: EngineStatus | None = None
    unreachable_since: float | None = None


class Facts:
    """Caches by name that never go back to an older version; `changed(kind, room)` tells of each change."""

    def __init__(self, changed: Callable[[str, str], None]) -> None:
        self._changed = changed
        self.rooms: dict[str, KnownRoom] = {}
        self.unreadable: dict[str, str] = {}
        """Rooms of a form that this version does not know, with the reason."""
        self.pods: dict[str, Pod] = {}
        self.nodes: dict[str, Node] = {}
        self.pool: Pool | None = None
        self.heard: dict[str, Heard] = {}
        """By pod uid."""
        self._by_room: dict[str, dict[str, Pod]] = {}

    def pods_of(self, room: str) -> Iterable[Pod]:
        """Return the pods that carry a room's name."""
        return list(self._by_room.get(room, {}).values())

    def take_room(self, kind: str | None, obj: Object) -> None:
        """Take a Room as the API server told it."""
        name, version = obj["metadata"]["name"], objects.resource_version(obj)
        known = self.rooms.get(name)
        if known and version <= known.version and kind != GONE:
            return
        if kind == GONE:
            if known is None or version >= known.version:
                self.rooms.pop(name, None)
                self.unreadable.pop(name, None)
                self._changed("room", name)
            return
        try:
            room = objects.room_of(obj)
        except NotAsAgreed as error:
            self.unreadable[name] = str(error)
            return
        self.rooms[name] = KnownRoom(room, version, tuple(obj["metadata"].get("finalizers", ())))
        self._changed("room", name)

    def take_pod(self, kind: str | None, obj: Object) -> None:
        """Take an engine pod."""
        pod = pod_of(obj)
        known = self.pods.get(pod.name)
        if known and pod.version <= known.version and kind != GONE:
            return
        if known:
            self._unindex(known)
        if kind == GONE:
            self.pods.pop(pod.name, None)
            self.heard.pop(pod.uid, None)
        else:
            self.pods[pod.name] = pod
            if pod.room:
                self._by_room.setdefault(pod.room, {})[pod.name] = pod
        self._changed("pod", pod.room)
        if known and known.room != pod.room:
            self._changed("pod", known.room)

    def engine_spoke(self, pod_name: str) -> None:
        """Tell that an engine said something new: whose it is may have changed since it was first seen."""
        pod = self.pods.get(pod_name)
        if pod is not None:
            self._changed("engine", pod.room)

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
            self.nodes.pop(node.name, None)
        elif known and node.version <= known.version:
            return
        else:
            self.nodes[node.name] = node
            # Its heartbeats change nothing that a decision is made of.
            if known and _same_but_version(known, node):
                return
        self._changed("node", "")

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


def _same_but_version(one: Node, other: Node) -> bool:
    return (one.ready, one.cordoned, one.labels, one.taints, one.allocatable) == (
        other.ready,
        other.cordoned,
        other.labels,
        other.taints,
        other.allocatable,
    )


def pod_of(obj: Object) -> Pod:
    """Reduce a pod."""
    meta, status = obj["metadata"], obj.get("status", {})
    labels = meta.get("labels", {})
    owners = [each for each in meta.get("ownerReferences", ()) if each.get("controller")]
    return Pod(
        name=meta["name"],
        uid=meta["uid"],
        version=objects.resource_version(obj),
        room=labels.get(names.ROOM, ""),
        owner_uid=owners[0]["uid"] if owners else "",
        epoch=_number(labels.get(names.EPOCH, "")),
        template=labels.get(names.TEMPLATE, ""),
        node=obj.get("spec", {}).get("nodeName", ""),
        ip=status.get("podIP", ""),
        phase=status.get("phase", "Pending"),
        created=meta["creationTimestamp"],
        deleted="deletionTimestamp" in meta,
        deletion_deadline=meta.get("deletionTimestamp", ""),
        trouble=_trouble(status),
        last_words=_last_words(status),
    )


def _number(text: str) -> int:
    """A label that a person changed to nonsense is no epoch."""
    return int(text) if text.isdigit() else 0


def _trouble(status: dict[str, Any]) -> str:
    for each in _containers(status):
        waiting = each.get("state", {}).get("waiting", {})
        if waiting.get("reason") and waiting["reason"] not in ("ContainerCreating", "PodInitializing"):
            return f"{waiting['reason']}: {waiting.get('message', '')}".removesuffix(": ")
    for condition in status.get("conditions", ()):
        if condition["type"] == "PodScheduled" and condition["status"] == "False":
            return f"{condition.get('reason', '')}: {condition.get('message', '')}"
    return ""


def _last_words(status: dict[str, Any]) -> str:
    if status.get("phase") not in ("Failed", "Succeeded"):
        return ""
    for each in _containers(status):
        ended = each.get("state", {}).get("terminated")
        if ended:
            said = (ended.get("message") or "").strip().splitlines()[-1:] or [""]
            reason = ended.get("reason") or "Ended"
            return f"{reason} (exit code {ended.get('exitCode')}) {said[0]}".strip()
    told = f"{status.get('reason', '')}: {status.get('message', '')}".strip(": ")
    return told or "the pod ended"


def _containers(status: dict[str, Any]) -> Iterable[dict[str, Any]]:
    return [*status.get("initContainerStatuses", ()), *status.get("containerStatuses", ())]


def node_of(obj: Object) -> Node:
    """Reduce a node."""
    meta, spec, status = obj["metadata"], obj.get("spec", {}), obj.get("status", {})
    ready = [each for each in status.get("conditions", ()) if each["type"] == "Ready"]
    return Node(
        name=meta["name"],
        version=objects.resource_version(obj),
        ready=bool(ready) and ready[0]["status"] == "True",
        cordoned=bool(spec.get("unschedulable")),
        labels=tuple(sorted(meta.get("labels", {}).items())),
        taints=tuple((each["key"], each.get("value", ""), each["effect"]) for each in spec.get("taints", ())),
        allocatable=tuple(sorted((status.get("allocatable") or {}).items())),
    )
