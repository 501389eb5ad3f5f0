"""Engines that their nodes do not take or keep: want of a place, with pauses and an end, and no failure."""

from dataclasses import replace
from itertools import pairwise

from dolmetsch_core.life.decide import decide
from dolmetsch_core.life.observed import EngineSeen, EngineState, LostPlaces, Observation, PoolSeen
from dolmetsch_core.life.plan import Claim, Create, DeleteRoom, Plan, Stop
from dolmetsch_core.life.pool import decide_pool
from dolmetsch_core.wire.room import ConditionType, EnginePoolSpec, Origin, Phase, Reason, Room
from tests.unit.core.rooms import NOW, after, at, engine, kinds, live, room, serving

WHY = "UnexpectedAdmissionError: Pod was rejected: no devices"
POOL = EnginePoolSpec(warm=0, max_active_rooms=2, schedule_timeout_seconds=10)


def displaced(epoch: int = 1, state: EngineState = EngineState.LOST) -> EngineSeen:
    return replace(engine(f"e{epoch}", epoch, state), displaced=True, last_words=WHY)


def starting(of: Room) -> Room:
    return after(of, decide(of, Observation(), NOW))


def refusal(of: Room, *engines: EngineSeen, seconds: float, **seen: object) -> str:
    """What the pool says of a room some time later."""
    pool = PoolSeen((of,), {of.name: engines}, places=2, **seen)  # type: ignore[arg-type]
    return (decide_pool(POOL, pool, at(seconds)).refused or {}).get(of.name, "")


def tries(of: Room, until: float) -> tuple[Room, list[float]]:
    """Have each engine refused by its node at once; the room, and the seconds at which engines were made."""
    seconds, made = 0.0, [0.0]
    each = starting(of)
    while seconds < until:
        plan = decide(each, Observation((displaced(each.status.epoch),)), at(seconds))
        while "Create" not in kinds(plan):
            each = after(each, plan)
            assert plan.wake_at
            seconds = (plan.wake_at - NOW).total_seconds()
            plan = decide(each, Observation(), at(seconds))
        each = after(each, plan)
        made.append(seconds)
    return each, made


def test_a_node_that_does_not_take_engines_is_no_failure_and_is_tried_after_growing_pauses() -> None:
    each, made = tries(room(origin=Origin.OTHER), 200)
    pauses = [later - earlier for earlier, later in pairwise(made)]
    assert pauses == [0, 1, 1, 2, 4, 8, 16, 30, 30, 30, 30, 30, 30]
    assert (each.status.failures, each.status.phase) == (0, Phase.STARTING)
    assert each.status.message == f"No node keeps the engine: {WHY}"
    assert each.status.unplaced_since == NOW


def test_a_displaced_engine_is_counted_once_however_often_it_can_not_be_stopped() -> None:
    first = decide(starting(room()), Observation((displaced(),)), NOW)
    assert first.actions == (Stop("e1"), Create(2))
    second = decide(after(room(), first), Observation((displaced(2),)), at(0.5))
    assert (second.actions, second.wake_at) == ((Stop("e2"),), at(1.5))
    again = decide(after(room(), second), Observation((displaced(2),)), at(1))
    assert (again.actions, again.status) == ((Stop("e2"),), second.status)


def test_a_host_whose_engine_no_node_takes_is_refused_after_the_schedule_timeout_with_the_reason() -> None:
    each, made = tries(room(), 5)
    assert len(made) == 6
    assert each.status.phase is Phase.STARTING
    assert refusal(each, displaced(6), seconds=10) == ""
    refused = refusal(each, displaced(6), seconds=11)
    assert refused == f"Unable to activate room <R1>: no node has a free place for its engine ({WHY})"
    assert refusal(each, seconds=11) == refused, "while it pauses, too"
    for engines in ((displaced(6),), ()):
        seen = Observation(engines, refused=refused)
        shown = decide(each, seen, at(11))
        condition = shown.status.condition(ConditionType.ENGINE_SCHEDULED)
        assert condition is not None
        assert (condition.reason, condition.message) == (Reason.NO_CAPACITY, refused)
        assert shown.status.failures == 0
        assert decide(after(each, shown), seen, at(13)).actions == (DeleteRoom(refused),)


def test_a_refusal_does_not_grow_by_being_told() -> None:
    each, _ = tries(room(), 5)
    refused = refusal(each, displaced(6), seconds=11)
    shown = after(each, decide(each, Observation((displaced(6),), refused=refused), at(11)))
    assert refusal(shown, displaced(6), seconds=12) == refused


def test_a_room_of_a_person_goes_on_looking_for_a_place() -> None:
    each, _ = tries(room(origin=Origin.OTHER), 5)
    refused = refusal(each, displaced(6), seconds=11)
    plan = decide(each, Observation((displaced(6),), refused=refused), at(11))
    assert (kinds(plan), plan.wake_at) == (["Stop"], at(22))
    later = decide(after(each, plan), Observation(refused=refused), at(22))
    assert later.actions == (Create(7),)


def test_an_engine_that_a_node_has_taken_is_waited_for_beyond_the_schedule_timeout() -> None:
    each, _ = tries(room(), 5)
    loading = engine("e6", 6, EngineState.STARTING)
    assert refusal(each, loading, seconds=60) == ""


def test_devices_that_may_come_back_are_waited_for_before_a_host_is_refused() -> None:
    each, _ = tries(room(), 5)
    lost = (LostPlaces(2, since=at(0)),)
    assert refusal(each, displaced(6), seconds=59, lost_places=lost) == ""
    assert refusal(each, displaced(6), seconds=60, lost_places=lost) != ""


def evicted(of: Room) -> Plan:
    return decide(of, Observation((replace(displaced(), uid="uid-e1"),), warm=("w1",)), at(60))


def test_a_live_room_whose_engine_is_evicted_gets_another_one_at_once_and_counts_no_failure() -> None:
    ready = live(room(), host_connected=True)
    plan = evicted(ready)
    assert plan.actions == (Stop("e1"), Claim("w1", 2))
    assert (plan.status.phase, plan.status.failures) == (Phase.RECOVERING, 0)
    assert plan.status.message == f"No node keeps the engine: {WHY}"


def test_a_live_room_without_a_place_is_never_refused() -> None:
    each = after(room(), evicted(live(room(), host_connected=True)))
    for seconds in (61, 300):
        plan = decide(each, Observation((displaced(2),), refused="no node"), at(seconds))
        assert (plan.status.phase, kinds(plan)) == (Phase.RECOVERING, ["Stop"])
        assert decide(after(each, plan), Observation(refused="no node"), at(seconds + 30)).actions


def test_an_engine_that_runs_ends_the_search_and_what_fails_then_is_a_failure() -> None:
    each, _ = tries(room(), 5)
    runs = decide(each, Observation((engine("e6", 6),)), at(20))
    assert (kinds(runs), runs.status.unplaced_since) == (["OpenSession"], None)
    served = decide(after(each, runs), Observation((serving(each, "e6", 6),)), at(21))
    assert (served.status.phase, served.status.message) == (Phase.READY, "")
    crashed = decide(each, Observation((engine("e6", 6, EngineState.LOST),)), at(20))
    assert (crashed.status.failures, crashed.status.unplaced_since) == (1, None)


def test_an_engine_that_its_node_did_not_keep_gives_no_place_back() -> None:
    new = room("NEW", created=at(1))
    first = live(room("A"))
    seen = PoolSeen((first, new), {"A": (serving(first), displaced(9, EngineState.STOPPING))}, places=1)
    assert set(decide_pool(POOL, seen, at(1)).refused or {}) == {"NEW"}
