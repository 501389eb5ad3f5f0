"""What a room's life has beside the plain one on a cluster: places, roll-outs, dead nodes, clocks."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from dolmetsch_core.clock import SteadyClock
from dolmetsch_core.life.decide import decide
from dolmetsch_core.life.observed import EngineSeen, EngineState, Observation, PoolSeen
from dolmetsch_core.life.plan import Claim, Create, DeleteRoom, Forget, PoolPlan, Stop
from dolmetsch_core.life.pool import decide_pool, warm_pause
from dolmetsch_core.life.recover import FAILURE_BUDGET
from dolmetsch_core.wire.room import EnginePoolSpec, Origin, Phase
from tests.unit.core.rooms import NOW, after, at, engine, kinds, live, room, serving

PENDING = engine(state=EngineState.PENDING)
NO_PLACE = Observation((PENDING,), refused="no node")


def test_an_engine_that_finds_no_place_refuses_a_new_room_and_its_pod_goes_with_it() -> None:
    starting = after(room(), decide(room(), Observation(), NOW))
    shown = decide(starting, NO_PLACE, at(11))
    assert (shown.status.phase, shown.actions) == (Phase.PENDING, ())
    assert decide(after(starting, shown), NO_PLACE, at(13)).actions == (DeleteRoom("no node"),)


def test_a_room_of_a_person_keeps_its_place_in_the_queue() -> None:
    mine = room(origin=Origin.OTHER)
    starting = after(mine, decide(mine, Observation(), NOW))
    shown = decide(starting, NO_PLACE, at(11))
    assert decide(after(starting, shown), NO_PLACE, at(500)).actions == ()
    placed = decide(after(starting, shown), Observation((engine(),)), at(501))
    assert kinds(placed) == ["OpenSession"]


def test_a_live_room_that_lost_its_engine_is_not_refused_but_waits() -> None:
    ready = live(room(), host_connected=True)
    recovering = after(ready, decide(ready, Observation((engine(state=EngineState.LOST),)), at(1)))
    plan = decide(recovering, Observation((replace(PENDING, epoch=2),), refused="no node"), at(15))
    assert (plan.status.phase, kinds(plan)) == (Phase.RECOVERING, [])


def test_a_moved_engine_is_no_loss_and_the_room_recovers() -> None:
    ready = live(room(), host_connected=True)
    leaving = replace(serving(ready), state=EngineState.STOPPING)
    plan = decide(ready, Observation((leaving,), warm=("w1",)), at(1))
    assert plan.actions == (Claim("w1", 2),)
    assert (plan.status.phase, plan.status.failures, plan.status.engine) == (Phase.RECOVERING, 0, None)


def test_an_engine_that_can_not_be_created_says_why_and_ends_in_failure() -> None:
    now = at(0)
    each = room(origin=Origin.OTHER)
    for _ in range(2 * FAILURE_BUDGET + 2):
        plan = decide(each, Observation(cannot_create="quota exceeded"), now)
        each = after(each, plan)
        now = max(now, plan.wake_at or now)
        assert "quota exceeded" in plan.status.message
        if each.status.phase is Phase.FAILED:
            break
    assert each.status.phase is Phase.FAILED


def test_a_failed_room_of_the_api_is_swept_away_after_an_hour() -> None:
    failed = room()
    for _ in range(FAILURE_BUDGET + 1):
        failed = after(failed, decide(failed, Observation(cannot_create="no"), NOW))
    assert failed.status.phase is Phase.FAILED
    assert decide(failed, Observation(), at(3599)).actions == ()
    assert kinds(decide(failed, Observation(), at(3601))) == ["DeleteRoom"]
    mine = failed.model_copy(update={"origin": Origin.OTHER})
    assert decide(mine, Observation(), at(3601)).actions == ()


def test_what_keeps_an_engine_from_starting_is_the_rooms_message_and_in_the_end_the_reason() -> None:
    starting = after(room(), decide(room(), Observation(), NOW))
    stuck = replace(engine(state=EngineState.STARTING), last_words="ImagePullBackOff: no such image")
    waiting = decide(starting, Observation((stuck,)), at(10))
    assert (waiting.status.phase, waiting.status.message) == (Phase.STARTING, stuck.last_words)
    lost = decide(after(starting, waiting), Observation((stuck,)), at(121))
    assert stuck.last_words in lost.status.message
    assert lost.status.failures == 1


def test_a_roll_out_moves_a_live_room_only_after_the_grace_and_only_to_a_warm_engine() -> None:
    ready = live(room(), host_connected=True)
    old = replace(serving(ready, host_connected=True), outdated=True)
    assert decide(ready, Observation((old,), warm=("w1",)), at(1)).actions == ()
    assert decide(ready, Observation((old,), replace_outdated=True), at(1)).actions == ()
    plan = decide(ready, Observation((old,), warm=("w1",), replace_outdated=True), at(1))
    assert plan.actions == (Claim("w1", 2),)
    new = engine("w1", 2)
    moving = decide(after(ready, plan), Observation((old, new), replace_outdated=True), at(2))
    assert Stop("e1") in moving.actions
    assert "OpenSession" in kinds(moving)


def test_an_engine_stuck_on_a_dead_node_does_not_hold_a_deleted_room_for_ever() -> None:
    gone = live(room()).model_copy(update={"deleted": at(0)})
    stuck = replace(serving(gone), state=EngineState.STOPPING)
    draining = after(gone, decide(gone, Observation((stuck,)), at(0)))
    assert decide(draining, Observation((stuck,)), at(70)).actions == ()
    assert decide(draining, Observation((stuck,)), at(81)).actions == (Forget(),)


def test_a_closed_room_names_the_engine_that_is_stuck() -> None:
    mine = live(room(origin=Origin.OTHER), host_connected=True)
    away = after(mine, decide(mine, Observation((serving(mine),)), at(1)))
    draining = after(away, decide(away, Observation((serving(away),)), at(400)))
    assert draining.status.phase is Phase.DRAINING
    stuck = replace(serving(draining), state=EngineState.STOPPING)
    closed = decide(draining, Observation((stuck,)), at(490))
    assert closed.status.phase is Phase.CLOSED
    assert "e1 has not ended" in closed.status.message


def test_a_deadline_of_a_clock_that_was_set_back_is_not_waited_for_longer_than_a_new_one() -> None:
    starting = after(room(), decide(room(), Observation(), at(3600)))
    plan = decide(starting, Observation((engine(state=EngineState.STARTING),)), at(0))
    assert plan.wake_at == at(120)


def test_a_host_that_was_seen_to_leave_in_the_future_by_a_clock_set_back_left_now() -> None:
    active = live(room(), host_connected=True)
    gone = Observation((serving(active),))
    left = after(active, decide(active, gone, at(900)))
    plan = decide(left, gone, at(1))
    assert plan.status.close_at == at(301)


def test_a_clock_that_is_set_does_not_move_the_steady_one() -> None:
    wall, steady = [1000.0], [5.0]
    clock = SteadyClock(wall=lambda: wall[0], steady=lambda: steady[0])
    begin = clock.now()
    wall[0], steady[0] = 99_000.0, 7.0
    assert clock.now() - begin == timedelta(seconds=2)


def test_an_engine_without_a_place_is_no_loss_however_long_it_waits_and_then_gets_the_whole_time() -> None:
    mine = room(origin=Origin.OTHER)
    starting = after(mine, decide(mine, Observation(), NOW))
    waits = replace(PENDING, last_words="Unschedulable: 0/1 nodes")
    late = decide(starting, Observation((waits,)), at(900))
    assert (late.status.failures, late.status.deadline, late.status.message) == (0, None, waits.last_words)
    placed = engine(state=EngineState.STARTING)
    assert decide(after(starting, late), Observation((placed,)), at(901)).wake_at == at(901 + 120)


def test_a_person_s_room_that_was_refused_begins_anew_once_its_engine_has_a_place() -> None:
    mine = room(origin=Origin.OTHER)
    starting = after(mine, decide(mine, Observation(), NOW))
    refused = after(starting, decide(starting, NO_PLACE, at(11)))
    plan = decide(refused, Observation((engine(state=EngineState.STARTING),)), at(13))
    assert (plan.status.phase, plan.status.failures, plan.wake_at) == (Phase.STARTING, 0, at(13 + 120))


def test_a_host_s_room_that_was_refused_goes_though_its_engine_has_a_place_by_then() -> None:
    starting = after(room(), decide(room(), Observation(), NOW))
    refused = after(starting, decide(starting, NO_PLACE, at(11)))
    placed = Observation((engine(state=EngineState.STARTING),))
    assert decide(refused, placed, at(12)).actions == ()
    assert decide(refused, placed, at(13)).actions == (DeleteRoom("no node"),)


def test_an_engine_that_never_takes_a_changed_language_is_replaced_in_the_end() -> None:
    ready = live(room(), host_connected=True)
    spec = ready.spec.model_copy(update={"source_lang": "de"})
    changed = ready.model_copy(update={"spec": spec})
    stubborn = replace(serving(ready, host_connected=True), last_words="it does not take the session")
    asked = decide(changed, Observation((stubborn,)), at(1))
    assert (kinds(asked), asked.status.phase) == (["OpenSession"], Phase.ACTIVE)
    lost = decide(after(changed, asked), Observation((stubborn,)), at(31))
    assert lost.status.message == "Engine lost: it does not take the session"
    assert lost.status.failures == 1


def test_an_engine_that_says_ready_and_takes_no_session_is_lost_by_the_claim_deadline() -> None:
    starting = after(room(), decide(room(), Observation(warm=("e1",)), NOW))
    lies = replace(engine(), last_words="it does not take the session")
    asked = decide(starting, Observation((lies,)), at(1))
    assert (asked.status.message, asked.wake_at) == (lies.last_words, at(30))
    assert decide(after(starting, asked), Observation((lies,)), at(30)).status.failures == 1


def test_an_engine_that_nobody_has_heard_since_a_restart_keeps_its_room_as_it_was() -> None:
    ready = live(room(), host_connected=True)
    unheard = replace(serving(ready), state=EngineState.STARTING, status=None)
    plan = decide(ready, Observation((unheard,)), at(60))
    assert (plan.status, plan.actions) == (ready.status, ())
    lost = replace(unheard, state=EngineState.LOST, last_words="it can't be reached for 30 s")
    assert decide(ready, Observation((lost,)), at(61)).status.phase is Phase.RECOVERING


def test_an_engine_of_an_earlier_activation_is_stopped_and_never_given_the_next_session() -> None:
    draining = live(room(origin=Origin.OTHER))
    again = draining.model_copy(update={"spec": draining.spec.model_copy(update={"activation": 2})})
    plan = decide(again, Observation((serving(draining),)), at(1))
    assert plan.actions == (Stop("e1"), Create(2))
    assert plan.status.failures == 0


def test_a_label_that_lost_its_epoch_does_not_make_the_pen_go_back() -> None:
    ready = live(room(), host_connected=True)
    held = ready.model_copy(update={"status": ready.status.model_copy(update={"epoch": 4})})
    edited = replace(serving(held, host_connected=True), epoch=0)
    followed = decide(held, Observation((edited,)), at(1))
    assert followed.status.epoch == 4
    gone = decide(after(held, followed), Observation(), at(2))
    assert gone.actions == (Create(5),)


def test_what_became_of_an_engine_that_went_away_is_the_rooms_message() -> None:
    ready = live(room(), host_connected=True)
    leaving = replace(serving(ready), state=EngineState.STOPPING, last_words="node n1 is lost")
    plan = decide(ready, Observation((leaving,)), at(1))
    assert plan.status.message == "Its engine went away (node n1 is lost): another one is starting"


POOL = EnginePoolSpec(warm=2, max_active_rooms=4)


def warm(name: str, state: EngineState = EngineState.RUNNING, *, outdated: bool = False) -> EngineSeen:
    return replace(engine(name, 0, state), outdated=outdated, created=NOW)


def pool(*engines: EngineSeen, **seen: Any) -> PoolPlan:
    return decide_pool(POOL, PoolSeen(warm=engines, places=4, **seen), NOW)


def test_warm_engines_of_an_old_template_go_one_at_a_time_once_the_new_ones_are_up() -> None:
    both_old = pool(warm("a", outdated=True), warm("b", outdated=True))
    assert len(both_old.drop_warm) == 1
    one_new = pool(warm("a", outdated=True), warm("n", EngineState.STARTING))
    assert one_new.drop_warm == ()
    one_up = pool(warm("a", outdated=True), warm("n"))
    assert one_up.drop_warm == ("a",)


def test_warm_engines_that_die_are_followed_by_others_after_a_growing_pause() -> None:
    assert pool(warm_not_before=at(1)).create_warm == 0
    assert pool(warm_not_before=at(0)).create_warm == 2
    pauses = [warm_pause(deaths) for deaths in range(1, 8)]
    assert pauses == sorted(pauses)
    assert pauses[-1] == timedelta(seconds=60)


def test_what_is_too_many_goes_the_old_ones_first() -> None:
    plan = pool(warm("a"), warm("b", outdated=True), warm("c", EngineState.STARTING), warm("d"))
    assert plan.drop_warm == ("b", "c")


def test_a_decision_over_a_thousand_rooms_names_each_once() -> None:
    rooms = tuple(room(f"R{number}") for number in range(1000))
    big = EnginePoolSpec(warm=0, max_active_rooms=600)
    plan = decide_pool(big, PoolSeen(rooms, places=700), NOW)
    assert len(plan.admitted) == 600
    assert len(plan.refused or {}) == 400
