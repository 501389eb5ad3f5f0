"""A room's life as a table: facts and time in, plan out."""

from dolmetsch_core.directory import adopt
from dolmetsch_core.life.decide import decide
from dolmetsch_core.life.observed import EngineSeen, EngineState, Observation
from dolmetsch_core.life.plan import Claim, Create, DeleteRoom, EndSession, Forget, Stop
from dolmetsch_core.life.recover import FAILURE_BUDGET
from dolmetsch_core.wire.room import ConditionType, Delay, Origin, Phase, Reason
from tests.unit.core.rooms import NOW, after, at, engine, kinds, live, opened, room, serving


def test_a_new_room_claims_a_warm_engine_else_creates_one() -> None:
    assert decide(room(), Observation(warm=("w1", "w2")), NOW).actions == (Claim("w1", 1),)
    plan = decide(room(), Observation(), NOW)
    assert plan.actions == (Create(1),)
    assert plan.status.phase is Phase.STARTING
    assert plan.status.deadline == plan.wake_at == at(120)


def test_a_room_that_may_wait_waits_and_one_that_is_refused_says_why_before_it_goes() -> None:
    waiting = decide(room(), Observation(admitted=False), NOW)
    assert (waiting.actions, waiting.status.phase) == ((), Phase.PENDING)
    refused = Observation(admitted=False, refused="no place")
    first = decide(room(), refused, NOW)
    condition = first.status.condition(ConditionType.ENGINE_SCHEDULED)
    assert condition is not None
    assert (condition.status, condition.reason, condition.message) == (False, Reason.NO_CAPACITY, "no place")
    assert first.actions == ()
    later = decide(after(room(), first), refused, at(2))
    assert later.actions == (DeleteRoom("no place"),)


def test_a_refused_room_takes_no_place_that_becomes_free_unless_it_is_asked_for_anew() -> None:
    refused = Observation(admitted=False, refused="no place")
    told = after(room(), decide(room(), refused, NOW))
    for admitted in (True, False):
        plan = decide(told, Observation(admitted=admitted), at(1))
        assert (plan.actions, plan.status.message) == ((), "no place")
        assert decide(told, Observation(admitted=admitted), at(2)).actions == (DeleteRoom("no place"),)
    again = told.model_copy(update={"spec": adopt(told, told.spec), "generation": told.generation + 1})
    assert again.spec.activation == told.spec.activation + 1
    assert decide(again, Observation(), at(1)).actions == (Create(1),)


def test_a_refused_room_of_a_person_waits_for_a_place() -> None:
    mine = room(origin=Origin.OTHER)
    told = after(mine, decide(mine, Observation(admitted=False, refused="no place"), NOW))
    assert decide(told, Observation(), at(1)).actions == (Create(1),)


def test_a_refused_room_of_a_person_stays() -> None:
    mine = room(origin=Origin.OTHER)
    refused = Observation(admitted=False, refused="no place")
    plan = decide(after(mine, decide(mine, refused, NOW)), refused, at(60))
    assert (plan.actions, plan.status.phase) == ((), Phase.PENDING)


def test_an_engine_gets_the_session_once_its_model_is_loaded() -> None:
    starting = decide(room(), Observation((engine(state=EngineState.STARTING),)), NOW)
    assert starting.actions == ()
    request = opened(decide(room(), Observation((engine(),)), NOW)).request
    assert (request.session, request.epoch, request.source_lang) == ("uid-R1.1", 1, "en")


def test_a_room_is_ready_when_its_engine_serves_the_spec_and_active_with_a_host() -> None:
    ready = live(room())
    assert ready.status.phase is Phase.READY
    assert ready.routable is not None
    assert ready.routable.address == "http://e1"
    plan = decide(ready, Observation((serving(ready, host_connected=True, delay=Delay.SLOW),)), at(1))
    assert (plan.status.phase, plan.status.host.connected, plan.status.delay) == (
        Phase.ACTIVE,
        True,
        Delay.SLOW,
    )
    assert plan.status.close_at is None


def test_nothing_changes_while_nothing_changes() -> None:
    active = live(room(), host_connected=True)
    plan = decide(active, Observation((serving(active, host_connected=True),)), at(100))
    assert (plan.status, plan.actions) == (active.status, ())


def test_a_changed_language_renews_the_session_and_is_not_routable_until_then() -> None:
    active = live(room(), host_connected=True)
    german = active.model_copy(
        update={"spec": active.spec.model_copy(update={"source_lang": "de"}), "generation": 2}
    )
    assert german.routable is None
    plan = decide(german, Observation((serving(active, host_connected=True),)), at(1))
    assert (opened(plan).request.source_lang, plan.status.phase) == ("de", Phase.ACTIVE)
    done = decide(after(german, plan), Observation((serving(german, host_connected=True),)), at(2))
    assert after(german, done).routable is not None
    assert done.status.engine is not None
    assert done.status.engine.source_lang == "de"


def test_a_host_that_left_has_the_grace_time_then_the_room_is_deleted() -> None:
    active = live(room(), host_connected=True)
    gone = Observation((serving(active, host_connected=False),))
    plan = decide(active, gone, at(10))
    assert (plan.status.phase, plan.status.close_at, plan.wake_at) == (Phase.READY, at(310), at(310))
    assert decide(after(active, plan), gone, at(309)).actions == ()
    assert decide(after(active, plan), gone, at(310)).actions == (DeleteRoom("no host came back in time"),)


def test_a_host_that_comes_back_in_the_grace_time_keeps_the_room() -> None:
    active = live(room(), host_connected=True)
    left = after(active, decide(active, Observation((serving(active),)), at(10)))
    back = decide(left, Observation((serving(left, host_connected=True),)), at(200))
    assert (back.status.phase, back.status.close_at) == (Phase.ACTIVE, None)


def test_a_room_without_a_first_host_ends_at_its_activation_deadline() -> None:
    ready = live(room())
    assert ready.status.close_at == at(120)
    late = decide(ready, Observation((serving(ready),)), at(120))
    assert late.actions == (DeleteRoom("no host came in time"),)


def test_a_prewarmed_room_waits_for_its_first_host_and_closes_after_its_last() -> None:
    mine = live(room(origin=Origin.OTHER))
    assert mine.status.close_at is None
    active = after(mine, decide(mine, Observation((serving(mine, host_connected=True),)), at(1)))
    left = after(active, decide(active, Observation((serving(active),)), at(5)))
    closing = decide(left, Observation((serving(left),)), at(305))
    assert (kinds(closing), closing.status.phase) == (["EndSession"], Phase.DRAINING)
    closed = decide(after(left, closing), Observation(), at(306))
    assert (closed.actions, closed.status.phase, closed.status.engine) == ((), Phase.CLOSED, None)
    rested = after(left, closed)
    assert decide(rested, Observation(), at(400)).actions == ()


def test_a_raised_activation_starts_a_closed_room_anew_with_a_higher_epoch() -> None:
    closed = room(origin=Origin.OTHER)
    closed = closed.model_copy(
        update={
            "status": closed.status.model_copy(update={"phase": Phase.CLOSED, "activation": 1, "epoch": 4})
        }
    )
    again = closed.model_copy(
        update={"spec": closed.spec.model_copy(update={"activation": 2}), "generation": 2}
    )
    plan = decide(again, Observation(), NOW)
    assert (plan.actions, plan.status.phase, plan.status.activation) == ((Create(5),), Phase.STARTING, 2)


def test_a_lost_engine_is_replaced_at_once_by_a_higher_epoch() -> None:
    active = live(room(), host_connected=True)
    lost = EngineSeen("e1", "uid-e1", EngineState.LOST, 1, last_words="killed")
    plan = decide(active, Observation((lost,), warm=("w1",)), at(5))
    assert plan.actions == (Stop("e1"), Claim("w1", 2))
    assert (plan.status.phase, plan.status.failures) == (Phase.RECOVERING, 1)
    assert "killed" in plan.status.message
    assert after(active, plan).routable is None


def test_an_engine_that_lost_the_pen_is_replaced() -> None:
    active = live(room())
    plan = decide(active, Observation((serving(active, fenced=True),)), at(5))
    assert plan.actions == (Stop("e1"), Create(2))


def test_an_engine_that_never_gets_ready_is_replaced_after_the_deadline() -> None:
    starting = after(room(), decide(room(), Observation(), NOW))
    stuck = Observation((engine(state=EngineState.STARTING),))
    assert decide(starting, stuck, at(119)).actions == ()
    assert kinds(decide(starting, stuck, at(120))) == ["Stop", "Create"]


def test_losses_are_followed_by_longer_waits_and_in_the_end_by_failure() -> None:
    current = live(room())
    waits = []
    for loss in range(1, FAILURE_BUDGET + 1):
        lost = EngineSeen("e", "u", EngineState.LOST, loss, last_words="crash")
        plan = decide(current, Observation((lost,)), NOW)
        waits.append((plan.status.deadline or NOW) - NOW if "Create" not in kinds(plan) else None)
        current = after(current, plan)
    assert waits[:2] == [None, None]
    rest = [wait for wait in waits[2:] if wait is not None]
    assert rest == sorted(rest)
    assert len(rest) == 3
    lost = EngineSeen("e", "u", EngineState.LOST, 9, last_words="crash")
    failed = decide(current, Observation((lost,)), NOW)
    assert (failed.status.phase, kinds(failed)) == (Phase.FAILED, ["Stop"])
    assert "crash" in failed.status.message


def test_two_engines_of_a_room_leave_the_one_of_the_higher_epoch() -> None:
    active = live(room())
    plan = decide(active, Observation((serving(active), serving(active, "e2", 2))), at(1))
    assert plan.actions == (Stop("e1"),)


def test_a_deleted_room_is_flushed_then_its_engine_stopped_then_forgotten() -> None:
    active = live(room(), host_connected=True)
    deleted = active.model_copy(update={"deleted": at(9), "generation": 2})
    flush = decide(deleted, Observation((serving(active),)), at(10))
    assert (flush.actions, flush.status.phase) == ((EndSession("e1", "http://e1"),), Phase.DRAINING)
    deleted = after(deleted, flush)
    drained = decide(deleted, Observation((serving(active, drained=True),)), at(12))
    assert drained.actions == (Stop("e1"),)
    stopping = decide(deleted, Observation((engine(state=EngineState.STOPPING),)), at(13))
    assert stopping.actions == ()
    assert decide(deleted, Observation(), at(14)).actions == (Forget(),)


def test_a_drain_that_hangs_ends_at_its_deadline() -> None:
    active = live(room())
    deleted = active.model_copy(update={"deleted": at(0)})
    deleted = after(deleted, decide(deleted, Observation((serving(active),)), at(0)))
    assert kinds(decide(deleted, Observation((serving(active),)), at(20))) == ["Stop"]


def test_a_room_deleted_while_it_starts_stops_its_engine_unflushed() -> None:
    starting = after(room(), decide(room(), Observation(), NOW)).model_copy(update={"deleted": at(1)})
    plan = decide(starting, Observation((engine(state=EngineState.STARTING),)), at(1))
    assert plan.actions == (Stop("e1"),)
