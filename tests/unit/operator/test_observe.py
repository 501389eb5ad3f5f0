"""Pods, nodes and what engines say, as facts for decisions."""

from datetime import timedelta
from typing import Any

import pytest

from dolmetsch_core.clock import SteadyClock
from dolmetsch_core.life.observed import EngineState
from dolmetsch_core.wire.engine import EngineStatus
from dolmetsch_core.wire.room import EnginePoolSpec
from dolmetsch_operator.facts import Facts, Heard
from dolmetsch_operator.observe import engine_seen, lost_places, overdue_lost, places
from dolmetsch_operator.reduced import node_of

HOUR = "2026-11-23T12:00:00Z"


def pod(name: str = "p1", version: int = 1, *, node: str = "n1", deleted: bool = False, **status: Any) -> Any:
    meta = {"name": name, "uid": f"uid-{name}", "resourceVersion": str(version), "creationTimestamp": HOUR}
    if deleted:
        meta["deletionTimestamp"] = HOUR
    given = {"phase": "Running", "podIP": "198.18.0.1"} | status
    return {"metadata": meta, "spec": {"nodeName": node} if node else {}, "status": given}


def node(name: str = "n1", *, ready: bool = True, gpus: str = "2", version: int = 1, **spec: Any) -> Any:
    conditions = [{"type": "Ready", "status": "True" if ready else "Unknown"}]
    return {
        "metadata": {"name": name, "resourceVersion": str(version), "labels": {"zone": "a"}},
        "spec": spec,
        "status": {"conditions": conditions, "allocatable": {"nvidia.com/gpu": gpus, "cpu": "8"}},
    }


def facts(*pods: Any, nodes: tuple[Any, ...] = (node(),), heard: Heard | None = None) -> Facts:
    known = Facts(lambda kind, room: None)
    for each in nodes:
        known.take_node(None, each)
    for each in pods:
        known.take_pod(None, each)
    if heard:
        known.heard["uid-p1"] = heard
    return known


def seen(known: Facts, loop_time: float = 100.0) -> tuple[EngineState, str]:
    found = engine_seen(known.pods["p1"], known, "", loop_time)
    return found.state, found.last_words


READY = Heard(EngineStatus(ready=True))
PULL = {"state": {"waiting": {"reason": "ImagePullBackOff", "message": "no such image"}}}
KILLED = {"state": {"terminated": {"reason": "OOMKilled", "exitCode": 137, "message": "first\nlast line\n"}}}
UNSCHEDULABLE = {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": "0/1 nodes"}


@pytest.mark.parametrize(
    ("given", "heard", "state", "says"),
    [
        (pod(deleted=True), READY, EngineState.STOPPING, ""),
        (pod(node="", conditions=[UNSCHEDULABLE]), None, EngineState.PENDING, "Unschedulable: 0/1 nodes"),
        (pod(podIP=""), None, EngineState.STARTING, ""),
        (
            pod(podIP="", containerStatuses=[PULL]),
            None,
            EngineState.STARTING,
            "ImagePullBackOff: no such image",
        ),
        (pod(), Heard(EngineStatus()), EngineState.STARTING, ""),
        (pod(), Heard(EngineStatus(failing="no model")), EngineState.LOST, "no model"),
        (pod(), READY, EngineState.RUNNING, ""),
        (
            pod(phase="Failed", containerStatuses=[KILLED]),
            READY,
            EngineState.LOST,
            "OOMKilled (exit code 137) last line",
        ),
        (pod(phase="Failed", reason="Evicted", message="disk"), READY, EngineState.LOST, "Evicted: disk"),
        (pod(phase="Succeeded"), READY, EngineState.LOST, "the pod ended"),
    ],
)
def test_what_is_seen_of_an_engine(given: Any, heard: Heard | None, state: EngineState, says: str) -> None:
    assert seen(facts(given, heard=heard)) == (state, says)


WAITS = {"state": {"waiting": {"reason": "ContainerCreating"}}}


@pytest.mark.parametrize(
    ("status", "displaced"),
    [
        ({"reason": "UnexpectedAdmissionError"}, True),
        ({"reason": "OutOfnvidia.com/gpu"}, True),
        ({"reason": "OutOfcpu", "containerStatuses": [WAITS]}, True),
        ({"reason": "NodeAffinity"}, True),
        ({"reason": "NodeShutdown"}, True),
        ({"reason": "Evicted"}, True),
        ({"reason": "Evicted", "containerStatuses": [KILLED]}, True),
        ({"reason": "Terminated", "containerStatuses": [KILLED]}, True),
        ({"reason": "Preempting", "containerStatuses": [KILLED]}, True),
        ({"reason": "Evicted", "message": "The node was low on resource: memory."}, True),
        # Its own fault: the next one would do so too.
        ({"reason": "Evicted", "message": 'Usage of EmptyDir volume "tmp" exceeds the limit "1Gi".'}, False),
        (
            {"reason": "Evicted", "message": "Pod ephemeral local storage usage exceeds the total limit"},
            False,
        ),
        (
            {"reason": "Evicted", "message": "Container engine exceeded its local ephemeral storage limit"},
            False,
        ),
        ({"reason": "DeadlineExceeded"}, False),
        ({"reason": "DeadlineExceeded", "containerStatuses": [KILLED]}, False),
        ({"reason": "LaterWord", "containerStatuses": [KILLED]}, False),
        ({"reason": "LaterWord", "initContainerStatuses": [KILLED], "containerStatuses": [WAITS]}, False),
        ({"containerStatuses": [KILLED]}, False),
        ({"phase": "Running", "reason": "NodeLost"}, False),
    ],
)
def test_what_a_kubelet_refuses_or_ends_for_its_node_is_displaced(status: Any, displaced: bool) -> None:
    found = facts(pod(**{"phase": "Failed", "podIP": ""} | status))
    assert engine_seen(found.pods["p1"], found, "", 100.0).displaced is displaced


def silent(since: float) -> Heard:
    return Heard(EngineStatus(ready=True, session="s"), unreachable_since=since)


def test_a_silent_engine_on_a_lost_node_is_lost_soon_and_on_a_good_one_later() -> None:
    lost = facts(pod(), nodes=(node(ready=False),), heard=silent(95.0))
    assert seen(lost, 100.0)[0] is EngineState.RUNNING
    assert seen(lost, 101.0) == (EngineState.LOST, "node n1 is lost")
    good = facts(pod(), heard=silent(95.0))
    assert seen(good, 101.0)[0] is EngineState.RUNNING
    assert seen(good, 125.0)[0] is EngineState.LOST


def test_a_node_that_is_lost_with_an_engine_that_still_answers_changes_nothing() -> None:
    assert seen(facts(pod(), nodes=(node(ready=False),), heard=READY))[0] is EngineState.RUNNING


def test_an_operator_that_reaches_nobody_doubts_itself() -> None:
    known = facts(pod(), pod("p2"), heard=silent(0.0))
    known.heard["uid-p2"] = silent(0.0)
    assert seen(known, 100.0)[0] is EngineState.RUNNING
    known.heard["uid-p2"] = READY
    assert seen(known, 100.0)[0] is EngineState.LOST


def refusing(since: float, **says: Any) -> Heard:
    return Heard(EngineStatus(ready=True, **says) if says else None, refused_since=since)


def test_an_engine_that_refuses_this_operators_key_is_lost_though_they_all_do() -> None:
    known = facts(pod(), pod("p2"), heard=refusing(70.0, session="s"))
    known.heard["uid-p2"] = refusing(0.0, session="s")
    assert seen(known, 99.0)[0] is EngineState.RUNNING
    assert seen(known, 100.0) == (EngineState.LOST, "it does not accept this operator's key")


def test_an_engine_that_refuses_from_its_start_is_lost_too() -> None:
    assert seen(facts(pod(), heard=refusing(70.0)), 100.0)[0] is EngineState.LOST


def test_an_operator_that_is_refused_by_one_engine_is_not_cut_off_from_the_other() -> None:
    known = facts(pod(), pod("p2"), heard=silent(0.0))
    known.heard["uid-p2"] = refusing(90.0)
    assert seen(known, 100.0)[0] is EngineState.LOST


class Hands:
    """A clock that the test sets."""

    def __init__(self) -> None:
        self.seconds = 1_000_000.0

    def clock(self) -> SteadyClock:
        return SteadyClock(lambda: self.seconds, lambda: self.seconds)


def test_how_old_a_pod_is_this_operators_own_clock_says() -> None:
    """The API server's clock, of 2026 here, has nothing to do with it."""
    hands = Hands()
    clock = hands.clock()
    known = Facts(lambda kind, room: None, clock)
    began = clock.now()
    known.take_pod(None, pod(node="", phase="Pending"))
    hands.seconds += 10
    known.take_pod(None, pod(version=2))
    hands.seconds += 10
    ending = pod(version=3, deleted=True)
    ending["metadata"]["deletionGracePeriodSeconds"] = 7
    known.take_pod(None, ending)
    hands.seconds += 10
    known.take_pod(None, ending | {"metadata": ending["metadata"] | {"resourceVersion": "4"}})
    found = engine_seen(known.pods["p1"], known, "", 0.0)
    after = [(each - began).total_seconds() for each in (found.created, found.placed, found.deleted) if each]
    assert after == [0, 10, 27]


def test_a_warm_engine_is_overdue_by_its_time_on_the_node() -> None:
    hands = Hands()
    clock = hands.clock()
    known = Facts(lambda kind, room: None, clock)
    known.take_node(None, node())
    known.take_pod(None, pod(phase="Pending", podIP=""))
    patience = timedelta(seconds=5)
    for late, state in ((4, EngineState.STARTING), (6, EngineState.LOST)):
        hands.seconds = 1_000_000.0 + late
        warm = engine_seen(known.pods["p1"], known, "", 0.0)
        assert overdue_lost(warm, clock.now(), patience).state is state


@pytest.mark.parametrize(
    ("nodes", "template", "per_engine", "expected"),
    [
        ((node(),), {}, 1, 2),
        ((node(gpus="5"),), {}, 2, 2),
        ((node(), node("n2", ready=False)), {}, 1, 2),
        ((node(), node("n2", unschedulable=True)), {}, 1, 2),
        ((node(gpus="all"),), {}, 1, 0),
        ((node(),), {"nodeSelector": {"zone": "b"}}, 1, 0),
        ((node(taints=[{"key": "gpu", "effect": "NoSchedule"}]),), {}, 1, 0),
        (
            (node(taints=[{"key": "gpu", "effect": "NoSchedule"}]),),
            {"tolerations": [{"key": "gpu", "operator": "Exists"}]},
            1,
            2,
        ),
        ((node(taints=[{"key": "gpu", "effect": "PreferNoSchedule"}]),), {}, 1, 2),
    ],
)
def test_places_on_nodes(nodes: tuple[Any, ...], template: Any, per_engine: int, expected: int) -> None:
    pool = EnginePoolSpec(per_engine=per_engine, template={"spec": template})
    assert places([node_of(each) for each in nodes], [], pool) == expected


def test_an_engine_on_a_cordoned_node_takes_no_place_from_the_others() -> None:
    known = facts(pod(node="n2"), nodes=(node(), node("n2", unschedulable=True)))
    assert places(known.nodes.values(), known.pods.values(), EnginePoolSpec()) == 3


def after_gpus(*amounts: str, **last: Any) -> tuple[Facts, Hands]:
    """A node whose GPUs changed, every ten seconds."""
    hands = Hands()
    known = Facts(lambda kind, room: None, hands.clock())
    for version, gpus in enumerate(amounts, 1):
        more = last if version == len(amounts) else {}
        known.take_node("MODIFIED", node(gpus=gpus, version=version, **more))
        hands.seconds += 10
    return known, hands


@pytest.mark.parametrize(
    ("amounts", "per_engine", "expected"),
    [
        (("2",), 1, []),
        (("2", "0"), 1, [(2, 10)]),
        (("2", "0", "2"), 1, []),
        (("2", "0", "1"), 1, [(1, 20)]),
        (("2", "1", "0"), 1, [(1, 10), (1, 20)]),
        (("2", "1", "0", "1"), 1, [(1, 30)]),
        (("4", "3", "0"), 2, [(1, 10), (1, 20)]),
        (("4", "3"), 2, [(1, 10)]),
        (("5", "4"), 2, [(0, 10)]),
        (("2", "0", "5"), 1, []),
    ],
)
def test_places_that_a_node_lost_and_when(
    amounts: tuple[str, ...], per_engine: int, expected: list[tuple[int, int]]
) -> None:
    known, hands = after_gpus(*amounts)
    found = lost_places(known.nodes.values(), known.losses, EnginePoolSpec(per_engine=per_engine))
    now = hands.clock().now()
    assert [(each.count, (now - each.since).total_seconds()) for each in found] == expected


def test_a_node_that_is_cordoned_or_gone_has_no_places_to_come_back() -> None:
    known, _ = after_gpus("2", "0", unschedulable=True)
    assert lost_places(known.nodes.values(), known.losses, EnginePoolSpec()) == ()
    known.take_node("DELETED", node(version=3))
    known.take_node("ADDED", node(gpus="0", version=4))
    assert (known.losses, lost_places(known.nodes.values(), known.losses, EnginePoolSpec())) == ({}, ())


def test_facts_never_go_back() -> None:
    known = facts(pod(version=5))
    known.take_pod("MODIFIED", pod(version=4, phase="Failed"))
    assert known.pods["p1"].phase == "Running"


def test_a_pod_that_changes_its_room_is_found_under_the_new_one_only() -> None:
    told: list[str] = []
    known = Facts(lambda kind, room: told.append(room))
    for version, room in ((1, ""), (2, "a"), (3, "b")):
        each = pod(version=version)
        each["metadata"]["labels"] = {"dolmetsch.dev/room": room} if room else {}
        known.take_pod(None, each)
    assert [[each.name for each in known.pods_of(room)] for room in ("a", "b")] == [[], ["p1"]]
    assert {"a", "b"} <= set(told)
    known.take_pod("DELETED", pod(version=4))
    assert not list(known.pods_of("b"))
