"""What must not happen to a live room: waiting for nothing, losing a good engine, ending too soon."""

from dataclasses import replace

from dolmetsch_core.life.decide import decide
from dolmetsch_core.life.observed import EngineSeen, EngineState, Observation, PoolSeen
from dolmetsch_core.life.plan import Claim, Create, Stop
from dolmetsch_core.life.pool import decide_pool
from dolmetsch_core.wire.room import (
    Condition,
    ConditionType,
    EnginePoolSpec,
    Phase,
    Reason,
    Room,
    RoomStatus,
)
from tests.unit.core.rooms import NOW, after, at, engine, kinds, live, room, serving


def recovering(warm: tuple[str, ...] = ()) -> Room:
    """A live room whose engine was lost; another one was asked for."""
    ready = live(room(), host_connected=True)
    lost = Observation((engine(state=EngineState.LOST),), warm=warm)
    return after(ready, decide(ready, lost, at(1)))


def test_a_claim_that_came_too_late_is_followed_by_the_next_try_at_once() -> None:
    plan = decide(recovering(("w1",)), Observation(), at(2))
    assert plan.actions == (Create(3),)


def test_an_engine_that_was_never_created_is_asked_for_again_at_once() -> None:
    plan = decide(recovering(), Observation(warm=("w2",)), at(2))
    assert plan.actions == (Claim("w2", 3),)


def test_the_pause_after_repeated_losses_is_kept() -> None:
    each, now = live(room(), host_connected=True), at(1)
    for epoch in range(1, 5):
        plan = decide(each, Observation((engine(f"e{epoch}", epoch, EngineState.LOST),)), now)
        each = after(each, plan)
    assert each.status.condition(ConditionType.ENGINE_READY).reason is Reason.ENGINE_LOST  # type: ignore[union-attr]
    assert decide(each, Observation(), now).actions == ()


def speaking(of: Room, *languages: str) -> EngineSeen:
    return serving(of, host_connected=True, languages=languages)


def test_a_language_that_the_model_does_not_know_costs_a_live_talk_nothing() -> None:
    active = live(room(), host_connected=True, languages=("en", "de"))
    wrong = active.model_copy(
        update={"spec": active.spec.model_copy(update={"source_lang": "xx"}), "generation": 2}
    )
    seen = Observation((speaking(active, "en", "de"),))
    plan = decide(wrong, seen, at(1))
    assert plan.actions == ()
    assert "does not know the language 'xx'" in plan.status.message
    later = decide(after(wrong, plan), seen, at(600))
    assert (later.actions, later.status.failures, later.status.phase) == ((), 0, Phase.ACTIVE)
    mended = after(wrong, later).model_copy(update={"spec": active.spec, "generation": 3})
    assert decide(mended, seen, at(601)).status.message == ""


def test_the_grace_time_begins_whole_when_the_room_sees_the_host_leave_however_late() -> None:
    active = live(room(), host_connected=True)
    gone = Observation((serving(active),))
    plan = decide(active, gone, at(10))
    assert (plan.status.close_at, kinds(plan)) == (at(310), [])
    late = decide(active, gone, at(900))
    assert (late.status.close_at, kinds(late)) == (at(1200), [])


def test_an_engine_that_was_not_heard_yet_keeps_a_deleted_room_until_it_speaks_or_the_deadline() -> None:
    active = live(room(), host_connected=True)
    gone = active.model_copy(update={"deleted": at(0)})
    silent = replace(engine(state=EngineState.STARTING), uid="uid-e1")
    draining = decide(gone, Observation((silent,)), at(0))
    assert draining.actions == ()
    heard = decide(after(gone, draining), Observation((serving(gone),)), at(2))
    assert kinds(heard) == ["EndSession"]
    assert decide(after(gone, draining), Observation((silent,)), at(21)).actions == (Stop("e1"),)


def test_a_room_deleted_after_its_activation_was_raised_still_writes_its_last_words() -> None:
    active = live(room(), host_connected=True)
    raised = active.spec.model_copy(update={"activation": 2})
    gone = active.model_copy(update={"deleted": at(0), "spec": raised})
    assert kinds(decide(gone, Observation((serving(active),)), at(0))) == ["EndSession"]


def test_an_unheard_engine_is_not_looked_at_in_a_hot_loop() -> None:
    active = live(room(), host_connected=True)
    away = after(active, decide(active, Observation((serving(active),)), at(1)))
    silent = replace(engine(state=EngineState.STARTING), uid="uid-e1")
    plan = decide(away, Observation((silent,)), at(900))
    assert (plan.wake_at, plan.status) == (None, away.status)


POOL = EnginePoolSpec(warm=0, max_active_rooms=2)


def test_a_place_that_was_freed_a_moment_ago_is_waited_for() -> None:
    starting = after(room(), decide(room(), Observation(), NOW))
    pending = {"R1": (replace(engine(state=EngineState.PENDING), created=NOW),)}
    seen = PoolSeen((starting,), pending, places=2, freed_at=at(11))
    assert not decide_pool(POOL, seen, at(12)).refused
    assert decide_pool(POOL, seen, at(22)).refused


def test_a_closed_room_whose_pod_is_stuck_holds_no_place() -> None:
    closed = room().model_copy(update={"status": RoomStatus(phase=Phase.CLOSED, activation=1)})
    stuck = {"R1": (replace(engine(state=EngineState.STOPPING), deleted=at(0)),)}
    assert decide_pool(POOL, PoolSeen((closed,), stuck, places=1), at(5)).status.active == 1
    assert decide_pool(POOL, PoolSeen((closed,), stuck, places=1), at(61)).status.active == 0


def test_an_admitted_room_is_not_displaced_by_one_that_is_as_old() -> None:
    rooms = (room("B"), room("A"))
    one = EnginePoolSpec(warm=0, max_active_rooms=1)
    seen = PoolSeen(rooms, places=1, admitted=frozenset({"B"}))
    assert decide_pool(one, seen, NOW).admitted == {"B"}


def test_words_of_a_later_release_are_read_and_do_no_harm() -> None:
    told = {
        "phase": "Hibernating",
        "conditions": [
            {
                "type": "Mood",
                "status": "True",
                "reason": "SunShines",
                "lastTransitionTime": "2026-11-23T12:00:00Z",
            }
        ],
    }
    status = RoomStatus.model_validate(told)
    assert status.phase is Phase.PENDING
    expected = Condition(
        type=ConditionType.UNKNOWN, status=True, reason=Reason.UNKNOWN, last_transition_time=NOW
    )
    assert status.conditions == (expected,)
