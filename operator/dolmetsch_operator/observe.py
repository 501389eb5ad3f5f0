"""From facts to what decides: engines as seen, places on nodes. Pure: the time is an argument."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from dolmetsch_core.cluster import names
from dolmetsch_core.life.observed import EngineSeen, EngineState, LostPlaces
from dolmetsch_core.wire.room import EnginePoolSpec, Room
from dolmetsch_operator.facts import Facts, Heard
from dolmetsch_operator.lost_devices import Loss
from dolmetsch_operator.reduced import Node, Pod

UNREACHABLE_ON_LOST_NODE_S = 6.0
UNREACHABLE_S = 30.0
"""A kubelet that is well notices a dead engine long before that; this is for networks that are cut."""
REFUSED_S = 30.0
"""An engine holds the key of its start: one that refuses this operator will go on doing so."""
REFUSES = "it does not accept this operator's key"


def engine_seen(pod: Pod, facts: Facts, template: str, loop_time: float) -> EngineSeen:
    """Return a pod and what its engine says as one fact."""
    heard = facts.heard.get(pod.uid, Heard())
    state, words = _state(pod, heard, facts, loop_time)
    since = facts.seen[pod.uid]
    serves = heard.status is not None and heard.status.session is not None
    return EngineSeen(
        name=pod.name,
        uid=pod.uid,
        state=state,
        # With a session it knows better than a label that anybody may have edited.
        epoch=heard.status.epoch if heard.status and serves else pod.epoch,
        address=address(pod),
        status=heard.status if state is EngineState.RUNNING else None,
        last_words=words,
        created=since.made,
        placed=since.placed,
        deleted=since.ending + timedelta(seconds=pod.grace_s) if since.ending else None,
        displaced=pod.displaced,
        outdated=bool(template) and pod.template != template,
    )


def address(pod: Pod) -> str:
    """Return an engine's base address, '' while it has none."""
    host = f"[{pod.ip}]" if ":" in pod.ip else pod.ip
    return f"http://{host}:{names.ENGINE_PORT}" if pod.ip else ""


def _state(pod: Pod, heard: Heard, facts: Facts, loop_time: float) -> tuple[EngineState, str]:
    if pod.deleted:
        return EngineState.STOPPING, _lost_node(pod, facts) or pod.leaving
    if pod.phase in ("Failed", "Succeeded"):
        return EngineState.LOST, pod.last_words
    if not pod.node:
        return EngineState.PENDING, pod.trouble
    if cut_off := _cut_off(pod, heard, facts, loop_time):
        return EngineState.LOST, cut_off
    says = heard.status
    if says is None or not pod.ip:
        return EngineState.STARTING, pod.trouble
    if says.failing and says.session is None:
        # It will never be ready, and says why: the liveness probe would only say that it was killed.
        return EngineState.LOST, says.failing
    if not says.ready and says.session is None:
        return EngineState.STARTING, ""
    return EngineState.RUNNING, ""


def _cut_off(pod: Pod, heard: Heard, facts: Facts, loop_time: float) -> str:
    if refuses(heard, loop_time):
        return REFUSES
    if heard.unreachable_since is None:
        return ""
    silent = loop_time - heard.unreachable_since
    if silent >= UNREACHABLE_ON_LOST_NODE_S and (lost := _lost_node(pod, facts)):
        return lost
    # One that never spoke is starting, and has the pool's time for that.
    spoke = heard.status is not None or _served_before(pod, facts)
    if spoke and silent >= UNREACHABLE_S and not _all_cut_off(facts):
        return f"it can't be reached for {silent:.0f} s"
    return ""


def refuses(heard: Heard, loop_time: float) -> bool:
    """Whether an engine has refused this operator for so long that it is no use."""
    return heard.refused_since is not None and loop_time - heard.refused_since >= REFUSED_S


def unreachable(heard: Heard, loop_time: float) -> bool:
    """Whether an engine has been out of reach for so long that it matters where its node is lost."""
    since = heard.unreachable_since
    return since is not None and loop_time - since >= UNREACHABLE_ON_LOST_NODE_S


def _lost_node(pod: Pod, facts: Facts) -> str:
    """What to say of a pod's node that is lost, '' while it is well."""
    node = facts.nodes.get(pod.node)
    return f"node {pod.node} is lost" if pod.node and (node is None or not node.ready) else ""


def _served_before(pod: Pod, facts: Facts) -> bool:
    """Whether an operator before this one saw it serve its room."""
    known = facts.rooms.get(pod.room)
    return known is not None and known.room.status.serves_with(pod.uid)


def _all_cut_off(facts: Facts) -> bool:
    """Whether nobody can be reached at all: then it is this operator that is cut off.

    Who refuses this operator was reached.
    """
    said = [each for each in facts.heard.values() if each.status or not each.speaks]
    return len(said) > 1 and all(each.unreachable_since is not None for each in said)


def engines_of(room: Room, facts: Facts, template: str, loop_time: float) -> tuple[EngineSeen, ...]:
    """Return a room's engines. Pods of an earlier Room of that name belong to nobody and go by themselves."""
    pods = [pod for pod in facts.pods_of(room.name) if pod.owner_uid == room.uid]
    return tuple(engine_seen(pod, facts, template, loop_time) for pod in pods)


def warm_engines(facts: Facts, template: str, loop_time: float) -> tuple[EngineSeen, ...]:
    """Return the engines that no room has."""
    return tuple(engine_seen(pod, facts, template, loop_time) for pod in facts.pods.values() if not pod.room)


def overdue_lost(engine: EngineSeen, now: datetime, patience: timedelta) -> EngineSeen:
    """A warm engine that did not get ready in time is as good as lost."""
    if engine.state is not EngineState.STARTING or engine.placed is None or now < engine.placed + patience:
        return engine
    return replace(engine, state=EngineState.LOST, last_words=engine.last_words or "it was not ready in time")


def places(nodes: Iterable[Node], pods: Iterable[Pod], pool: EnginePoolSpec) -> int:
    """How many engines there can be: places on usable nodes, and engines that live on cordoned ones.

    A cordoned node takes nobody new, but what lives there takes no place from the others.
    """
    by_name = {node.name: node for node in nodes}
    total = 0
    for node in by_name.values():
        if _usable(node, pool):
            total += node.devices(pool.resource_name) // pool.per_engine
    for pod in pods:
        at = by_name.get(pod.node)
        if at is not None and at.ready and at.cordoned and pod.phase not in ("Failed", "Succeeded"):
            total += 1
    return total


def lost_places(
    nodes: Iterable[Node], losses: Mapping[tuple[str, str], tuple[Loss, ...]], pool: EnginePoolSpec
) -> tuple[LostPlaces, ...]:
    """Return the places that usable nodes had before they lost devices."""
    found = []
    for node in nodes:
        devices = node.devices(pool.resource_name)
        lost = losses.get((node.name, pool.resource_name), ()) if _usable(node, pool) else ()
        for loss in reversed(lost):
            before = devices + loss.devices
            found.append(LostPlaces(before // pool.per_engine - devices // pool.per_engine, loss.at))
            devices = before
    return tuple(found)


def _usable(node: Node, pool: EnginePoolSpec) -> bool:
    return node.ready and not node.cordoned and matches(node, _as(pool.template.get("spec"), dict))


def _as(given: object, kind: type[Any]) -> Any:
    return given if isinstance(given, kind) else kind()


def matches(node: Node, spec: Mapping[str, Any]) -> bool:
    """Whether the template lets its pods onto a node: by its selector and its tolerations."""
    labels = dict(node.labels)
    # A template that makes no pods is refused elsewhere.
    selector = _as(spec.get("nodeSelector"), dict)
    if any(labels.get(key) != value for key, value in selector.items()):
        return False
    tolerations = [each for each in _as(spec.get("tolerations"), list) if isinstance(each, Mapping)]
    return all(
        any(_tolerates(each, taint) for each in tolerations)
        for taint in node.taints
        if taint[2] in ("NoSchedule", "NoExecute")
    )


def _tolerates(toleration: Mapping[str, Any], taint: tuple[str, str, str]) -> bool:
    key, value, effect = taint
    if toleration.get("effect") not in (None, "", effect):
        return False
    if toleration.get("operator", "Equal") == "Exists":
        return toleration.get("key") in (None, "", key)
    return bool(toleration.get("key") == key and (toleration.get("value") or "") == value)
