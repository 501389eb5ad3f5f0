"""What a loss costs a room: it counts once, and nobody waits for ever for what does not come."""

from dataclasses import replace
from itertools import pairwise

from dolmetsch_core.life.decide import decide
from dolmetsch_core.life.observed import EngineState, Observation
from dolmetsch_core.life.plan import Claim, Create, Stop
from dolmetsch_core.wire.room import Origin, Phase, Room
from tests.unit.core.rooms import NOW, after, at, engine, kinds, live, room, serving

LOST = engine(state=EngineState.LOST)


def starting(of: Room) -> Room:
    return after(of, decide(of, Observation(), NOW))


def test_a_loss_counts_once_however_often_its_engine_can_not_be_stopped() -> None:
    each = live(room(), host_connected=True)
    for seconds in range(1, 20):
        plan = decide(each, Observation((LOST,)), at(seconds))
        assert Stop("e1") in plan.actions
        each = after(each, plan)
    assert each.status.failures == 1


def test_a_loss_counts_once_also_while_its_pause_lasts() -> None:
    status = live(room(), host_connected=True).status.model_copy(update={"failures": 3})
    each = room().model_copy(update={"status": status})
    for seconds in (1, 2, 3):
        plan = decide(each, Observation((LOST,)), at(seconds))
        assert plan.actions == (Stop("e1"),)
        each = after(each, plan)
    assert (each.status.failures, each.status.deadline) == (4, at(6))
    assert Create(2) in decide(each, Observation((LOST,)), at(6)).actions


def test_an_engine_that_lost_the_pen_counts_once() -> None:
    each = live(room(), host_connected=True)
    fenced = serving(each, fenced=True)
    for seconds in range(1, 5):
        each = after(each, decide(each, Observation((fenced,)), at(seconds)))
    assert each.status.failures == 1


def test_the_next_engines_loss_counts_too() -> None:
    each = live(room(), host_connected=True)
    each = after(each, decide(each, Observation((LOST,)), at(1)))
    second = engine("e2", 2, EngineState.LOST)
    each = after(each, decide(each, Observation((LOST, second)), at(2)))
    assert (each.status.failures, each.status.epoch) == (2, 3)


def test_engines_that_somebody_deletes_as_they_are_made_are_made_after_growing_pauses() -> None:
    each, now, made, vanished = room(origin=Origin.OTHER), NOW, [], False
    while each.status.phase is not Phase.FAILED:
        plan = decide(each, Observation(vanished=vanished), now)
        each, vanished = after(each, plan), kinds(plan) == ["Create"]
        if vanished:
            made.append(now)
        else:
            now = plan.wake_at or now
    pauses = [(later - earlier).total_seconds() for earlier, later in pairwise(made)]
    assert pauses == [0, 0, 2, 5, 15]
    assert "went away before it served" in each.status.message


def test_an_engine_that_lacks_only_the_live_store_is_waited_for_and_is_no_failure() -> None:
    ready = live(room(), host_connected=True)
    recovering = after(ready, decide(ready, Observation((LOST,), warm=("e2",)), at(1)))
    before = recovering.status.failures
    waits = replace(engine("e2", 2), store_away=True, last_words="the live store is away")
    told = decide(recovering, Observation((waits,)), at(2))
    assert kinds(told) == ["OpenSession"]
    assert (told.status.message, told.status.deadline) == (waits.last_words, at(2 + 120))
    later = decide(after(recovering, told), Observation((waits,)), at(60))
    assert (later.status, kinds(later)) == (told.status, ["OpenSession"])
    over = decide(after(recovering, told), Observation((waits,), warm=("e3",)), at(122))
    assert over.actions == (Stop("e2"), Claim("e3", 3))
    assert over.status.failures == before


def test_an_engine_that_can_not_be_made_yet_keeps_the_deadline_of_the_first_try_and_says_why() -> None:
    each = starting(room(origin=Origin.OTHER))
    delayed = Observation(create_delayed="webhook is down (500)")
    for seconds in (1, 30, 119):
        plan = decide(each, delayed, at(seconds))
        each = after(each, plan)
        assert each.status.deadline == at(120)
        assert each.status.message == "Engine can't be created yet: webhook is down (500)"
        assert kinds(plan) == ["Create"]
    failed = decide(each, delayed, at(120))
    assert failed.status.failures == 1
    assert "webhook is down" in failed.status.message


def test_a_room_whose_engine_never_starts_gives_its_place_back_when_no_host_can_wait_any_more() -> None:
    waits = replace(engine(state=EngineState.STARTING), last_words="ImagePullBackOff")
    each = starting(room())
    for seconds in (60, 121, 239):
        each = after(each, decide(each, Observation((replace(waits, epoch=each.status.epoch),)), at(seconds)))
        assert each.status.phase in (Phase.STARTING, Phase.RECOVERING)
    plan = decide(each, Observation((waits,)), at(240))
    assert (plan.status.phase, plan.actions) == (Phase.FAILED, (Stop("e1"),))
    assert "No engine was ready in time. " in plan.status.message
    assert "ImagePullBackOff" in plan.status.message


def test_a_room_of_a_person_and_one_that_was_served_are_not_given_up_for_that() -> None:
    mine = starting(room(origin=Origin.OTHER))
    assert decide(mine, Observation(), at(1000)).status.phase is not Phase.FAILED
    recovering = live(room(), host_connected=True)
    recovering = after(recovering, decide(recovering, Observation((LOST,)), at(1)))
    assert decide(recovering, Observation(), at(1000)).status.phase is Phase.RECOVERING


def test_a_room_that_lost_host_and_engine_ends_some_time_after_its_grace() -> None:
    for origin, ends in ((Origin.API, ["DeleteRoom"]), (Origin.OTHER, [])):
        active = live(room(origin=origin), host_connected=True)
        away = after(active, decide(active, Observation((serving(active),)), at(1)))
        lost = after(away, decide(away, Observation((LOST,)), at(2)))
        assert lost.status.close_at == at(301)
        assert decide(lost, Observation(), at(400)).status.phase is Phase.RECOVERING
        plan = decide(lost, Observation(), at(422))
        assert kinds(plan) == ends
        assert origin is Origin.API or plan.status.phase is Phase.CLOSED
