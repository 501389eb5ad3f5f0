"""Pods and nodes reduced to what decisions need. Pure."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from dolmetsch_core.cluster import names, objects
from dolmetsch_core.cluster.objects import Object

EVICTED = "Evicted"
FOR_ITS_NODE = (EVICTED, "NodeShutdown", "Preempting", "Shutdown", "Terminated")
"""Why a kubelet ends a pod that ran: for want of memory or disk, the node's shutdown, a critical pod."""
OWN_FAULT = re.compile("exceed(s|ed)")
"""So the kubelet says that a pod was evicted for the disk that it used beyond its own limits."""
DEADLINE_EXCEEDED = "DeadlineExceeded"
"""Its own activeDeadlineSeconds, the one reason of a kubelet's that has nothing to do with the node."""


@dataclass(frozen=True)
class Pod:
    """An engine pod, reduced to what decisions need; a thousand whole ones would be most of the memory."""

    name: str
    uid: str
    version: int
    room: str
    """Name of the Room that it serves, '' while it is warm: by its owner, for people edit labels."""
    owner_uid: str
    epoch: int
    template: str
    node: str
    ip: str
    phase: str
    deleted: bool
    grace_s: float
    """What its deletion leaves it to end by itself."""
    trouble: str
    """Why it does not get on, in the scheduler's or kubelet's words."""
    last_words: str
    """Why it ended."""
    displaced: bool
    """Its node did not take it, or ended it for the node's own needs."""
    leaving: str
    """Who had it deleted and why, where the cluster did: evicted, preempted, its node lost."""


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

    def devices(self, resource: str) -> int:
        """How many of an extended resource, which are whole numbers, the node has for pods."""
        amount = dict(self.allocatable).get(resource, "")
        return int(amount) if amount.isdigit() else 0


def pod_of(obj: Object) -> Pod:
    """Reduce a pod."""
    meta, status = obj["metadata"], obj.get("status", {})
    labels = meta.get("labels", {})
    owners = [each for each in meta.get("ownerReferences", ()) if each.get("controller")]
    return Pod(
        name=meta["name"],
        uid=meta["uid"],
        version=objects.resource_version(obj),
        room=_room(owners, labels),
        owner_uid=owners[0]["uid"] if owners else "",
        epoch=_number(labels.get(names.EPOCH, "")),
        template=labels.get(names.TEMPLATE, ""),
        node=obj.get("spec", {}).get("nodeName", ""),
        ip=status.get("podIP", ""),
        phase=status.get("phase", "Pending"),
        deleted="deletionTimestamp" in meta,
        grace_s=float(meta.get("deletionGracePeriodSeconds") or 0),
        trouble=_trouble(status),
        last_words=_last_words(status),
        displaced=_displaced(status),
        leaving=_condition(status, "DisruptionTarget", "True").get("message", ""),
    )


def _room(owners: list[Any], labels: Object) -> str:
    """A claim sets owner and label at once; of the two the owner is what the cluster cleans up by."""
    if not owners:
        return str(labels.get(names.ROOM, ""))
    return str(owners[0]["name"]) if owners[0]["kind"] == "Room" else ""


def _number(text: str) -> int:
    """A label that a person changed to nonsense is no epoch."""
    return int(text) if text.isdigit() and len(text) < 10 else 0


def _condition(status: dict[str, Any], kind: str, value: str) -> dict[str, Any]:
    found = (each for each in status.get("conditions", ()) if each["type"] == kind)
    return next((each for each in found if each["status"] == value), {})


def _trouble(status: dict[str, Any]) -> str:
    for each in _containers(status):
        waiting = each.get("state", {}).get("waiting", {})
        if waiting.get("reason") and waiting["reason"] not in ("ContainerCreating", "PodInitializing"):
            return f"{waiting['reason']}: {waiting.get('message', '')}".removesuffix(": ")
    waits = _condition(status, "PodScheduled", "False")
    return f"{waits.get('reason', '')}: {waits.get('message', '')}" if waits else ""


def _last_words(status: dict[str, Any]) -> str:
    if status.get("phase") not in ("Failed", "Succeeded"):
        return ""
    if status.get("reason"):
        # Ended by the kubelet: how its container died is no news then.
        return f"{status['reason']}: {status.get('message', '')}".removesuffix(": ")
    ends = [end for each in _containers(status) if (end := each.get("state", {}).get("terminated"))]
    # An init container that did its work has ended, too.
    ended = min(ends, key=lambda end: end.get("exitCode") == 0, default=None)
    if ended is None:
        return status.get("message") or "the pod ended"
    said = (ended.get("message") or "").strip().splitlines()[-1:] or [""]
    return f"{ended.get('reason') or 'Ended'} (exit code {ended.get('exitCode')}) {said[0]}".strip()


def _displaced(status: dict[str, Any]) -> bool:
    """Whether the kubelet refused the pod, so that it never ran, or ended it for the node's own needs."""
    reason = status.get("reason")
    if status.get("phase") != "Failed" or not reason or reason == DEADLINE_EXCEEDED:
        return False
    if reason == EVICTED and OWN_FAULT.search(status.get("message", "")):
        return False
    states = [each.get("state", {}) for each in _containers(status)]
    ran = any("running" in each or "terminated" in each for each in states)
    return reason in FOR_ITS_NODE or not ran


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
