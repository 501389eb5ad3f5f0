"""What the operator remembers: never older than it knew, whose a pod is, what a kubelet said last."""

from typing import Any

import pytest

from dolmetsch_core.cluster import names
from dolmetsch_core.life.observed import EngineState
from dolmetsch_core.wire.engine import EngineStatus
from dolmetsch_operator.facts import GONE, Facts, Heard
from dolmetsch_operator.observe import engine_seen
from dolmetsch_operator.reduced import pod_of
from tests.unit.operator.test_observe import facts, node, pod, seen


def owned(kind: str, name: str, **labels: str) -> Any:
    given = pod()
    owner = {"kind": kind, "name": name, "uid": f"uid-{name}", "controller": True}
    given["metadata"] |= {"ownerReferences": [owner], "labels": labels}
    return given


def room(version: int, **spec: Any) -> Any:
    meta = {"name": "r1", "uid": "u", "resourceVersion": str(version)}
    meta["creationTimestamp"] = "2026-11-23T12:00:00Z"
    return {"metadata": meta, "spec": {"roomId": "R1", "sourceLang": "en", **spec}}


def test_what_went_while_a_reading_was_under_way_is_not_brought_back_by_it() -> None:
    known = facts(pod(version=3))
    known.take_pod(GONE, pod(version=5))
    known.take_pod(None, pod(version=4))
    assert not known.pods
    known.take_room(None, room(3))
    known.take_room(GONE, room(6))
    known.take_room(None, room(5))
    assert not known.rooms
    known.take_room("ADDED", room(7))
    assert known.rooms["r1"].version == 7


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (owned("Room", "r1", **{names.ROOM: "r1"}), "r1"),
        (owned("Room", "r1"), "r1"),
        (owned("Room", "r1", **{names.ROOM: "r2"}), "r1"),
        (owned("EnginePool", "default", **{names.ROOM: "r2"}), ""),
        (owned("EnginePool", "default"), ""),
        (pod(), ""),
    ],
)
def test_whose_a_pod_is_its_owner_says_and_not_a_label(given: Any, expected: str) -> None:
    assert pod_of(given).room == expected


@pytest.mark.parametrize("label", ["banana", "-1", "", "99999999999999999999"])
def test_an_epoch_that_is_none_is_left_to_the_engine_to_say(label: str) -> None:
    given = owned("Room", "r1", **{names.EPOCH: label})
    known = facts(given, heard=Heard(EngineStatus(ready=True, session="s", epoch=4)))
    assert pod_of(given).epoch == 0
    assert engine_seen(known.pods["p1"], known, "", 0.0).epoch == 4


def test_an_engine_that_has_not_opened_its_port_is_starting_however_long_it_takes() -> None:
    silent = Heard(None, unreachable_since=0.0)
    assert seen(facts(pod(), heard=silent), 200.0)[0] is EngineState.STARTING
    assert seen(facts(pod(), nodes=(node(ready=False),), heard=silent), 200.0)[0] is EngineState.LOST


def test_what_has_an_engine_deleted_is_said() -> None:
    taken = {"type": "DisruptionTarget", "status": "True", "message": "Preempted by talk"}
    assert seen(facts(pod(deleted=True, conditions=[taken]))) == (EngineState.STOPPING, "Preempted by talk")
    lost = facts(pod(deleted=True), nodes=(node(ready=False),))
    assert seen(lost) == (EngineState.STOPPING, "node n1 is lost")


def test_the_kubelets_reason_comes_before_how_the_container_died() -> None:
    killed = {"state": {"terminated": {"reason": "Error", "exitCode": 137}}}
    evicted = pod(phase="Failed", reason="Evicted", message="low on memory", containerStatuses=[killed])
    assert seen(facts(evicted)) == (EngineState.LOST, "Evicted: low on memory")


def test_a_live_room_that_can_not_be_read_any_more_is_driven_by_the_spec_that_could() -> None:
    known = Facts(lambda kind, room: None)
    known.take_room(None, room(1))
    changed = room(2, sourceLang="English") | {"status": {"phase": "Ready"}}
    changed["metadata"]["deletionTimestamp"] = "2026-11-23T13:00:00Z"
    known.take_room(None, changed)
    now = known.rooms["r1"]
    assert (now.version, now.room.spec.source_lang, now.room.status.phase) == (2, "en", "Ready")
    assert now.room.deleted
    assert "sourceLang" in known.unreadable["r1"].why
    another = room(3, sourceLang="English")
    another["metadata"]["uid"] = "another"
    known.take_room(None, another)
    assert known.rooms["r1"].room.uid == "u", "what one is, another one of the name is not"


def test_a_node_that_went_while_a_reading_was_under_way_is_not_brought_back_by_it() -> None:
    known = facts(pod())
    known.take_node(GONE, node(version=7))
    known.take_node(None, node(version=6))
    assert not known.nodes
    known.take_node(None, node(version=8))
    assert known.nodes


def test_a_room_that_can_not_be_read_is_kept_with_the_reason_until_it_can() -> None:
    known = Facts(lambda kind, room: None)
    known.take_room(None, room(1, sourceLang="English"))
    assert "sourceLang" in known.unreadable["r1"].why
    known.take_room(None, room(2))
    assert not known.unreadable
    assert "r1" in known.rooms
