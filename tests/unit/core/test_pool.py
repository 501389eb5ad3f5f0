"""Capacity and warm engines over all rooms."""

from dataclasses import replace

import pytest

from dolmetsch_core.life.decide import decide
from dolmetsch_core.life.observed import EngineState, LostPlaces, Observation, PoolSeen
from dolmetsch_core.life.pool import decide_pool
from dolmetsch_core.wire.room import EnginePoolSpec
from tests.unit.core.rooms import NOW, after, at, engine, live, room, serving

POOL = EnginePoolSpec(warm=1, max_active_rooms=2)


def warm(count: int, state: EngineState = EngineState.RUNNING) -> tuple:  # type: ignore[type-arg]
    return tuple(engine(f"w{number}", 0, state) for number in range(count))


def test_an_idle_pool_keeps_its_warm_engines_and_no_more_than_fit() -> None:
    assert decide_pool(POOL, PoolSeen(places=2), NOW).create_warm == 1
    assert decide_pool(POOL, PoolSeen(places=2, warm=warm(1)), NOW).create_warm == 0
    assert decide_pool(POOL, PoolSeen(places=0), NOW).create_warm == 0


def test_rooms_are_admitted_oldest_first_and_the_rest_is_refused_with_the_number() -> None:
    rooms = (room("C", created=at(3)), room("A", created=at(1)), room("B", created=at(2)))
    plan = decide_pool(POOL, PoolSeen(rooms, places=2), NOW)
    assert plan.admitted == {"A", "B"}
    assert plan.refused == {"C": "Unable to activate room <C>: Maximum capacity of 2 instances reached"}
    assert (plan.status.capacity, plan.status.active, plan.status.available) == (2, 2, 0)


def test_the_last_place_belongs_to_a_room_and_not_to_a_warm_engine() -> None:
    first, second = live(room("A")), room("B", created=at(1))
    seen = PoolSeen((first, second), {"A": (serving(first),)}, warm(1), places=2)
    plan = decide_pool(POOL, seen, NOW)
    # B claims the warm engine: none is dropped, none is made beside two rooms.
    assert (plan.admitted, plan.create_warm, plan.drop_warm) == ({"A", "B"}, 0, ())


def test_warm_engines_without_a_place_are_dropped() -> None:
    rooms = tuple(live(room(name)) for name in ("A", "B"))
    engines = {each.name: (serving(each),) for each in rooms}
    plan = decide_pool(POOL, PoolSeen(rooms, engines, warm(1), places=3), NOW)
    assert plan.drop_warm == ("w0",)


def test_dead_warm_engines_are_dropped_and_replaced() -> None:
    plan = decide_pool(POOL, PoolSeen(places=2, warm=warm(1, EngineState.LOST)), NOW)
    assert (plan.drop_warm, plan.create_warm) == (("w0",), 1)


def test_nobody_is_refused_while_an_engine_is_on_its_way_out() -> None:
    first, second, third = live(room("A")), live(room("B")), room("C", created=at(9))
    engines = {"A": (serving(first),), "B": (engine("e", state=EngineState.STOPPING),)}
    plan = decide_pool(POOL, PoolSeen((first, second, third), engines, places=2), NOW)
    assert (plan.admitted, plan.refused) == ({"A", "B"}, {})


@pytest.mark.parametrize(("waited", "refused"), [(9, False), (11, True)])
def test_an_engine_that_no_node_takes_is_a_refusal_after_the_timeout(waited: int, refused: bool) -> None:
    first = live(room("A"))
    engines = {"A": (replace(engine("e", state=EngineState.PENDING), created=NOW),)}
    plan = decide_pool(POOL, PoolSeen((first,), engines, places=2), at(waited))
    assert bool(plan.refused) is refused


def test_a_deleted_room_holds_its_place_until_its_engine_is_gone() -> None:
    gone = live(room("A")).model_copy(update={"deleted": at(1)})
    seen = PoolSeen((gone, room("B"), room("C", created=at(1))), {"A": (serving(gone),)}, places=2)
    assert decide_pool(POOL, seen, NOW).admitted == {"A", "B"}
    seen = PoolSeen((gone, room("B"), room("C", created=at(1))), {}, places=2)
    assert decide_pool(POOL, seen, NOW).admitted == {"B", "C"}


def test_no_room_is_admitted_while_no_engine_can_be_made_and_live_ones_keep_their_places() -> None:
    serves = live(room("LIVE"))
    seen = PoolSeen(
        (serves, room("NEW")), engines={"LIVE": (serving(serves),)}, places=4, no_engines="no pool"
    )
    plan = decide_pool(EnginePoolSpec(max_active_rooms=4), seen, NOW)
    assert plan.admitted == {"LIVE"}
    assert plan.refused == {"NEW": "Unable to activate room <NEW>: no pool"}


def test_a_language_that_no_engine_knows_is_refused_and_takes_no_place() -> None:
    unknown, known = room("XX", spec={"source_lang": "xx"}), room("EN")
    seen = PoolSeen((unknown, known), places=1, languages=("de", "en"))
    plan = decide_pool(EnginePoolSpec(max_active_rooms=1), seen, NOW)
    assert plan.admitted == {"EN"}
    assert "does not know the language 'xx'" in (plan.refused or {})["XX"]


def test_an_engine_that_is_ending_is_waited_for_and_one_that_is_stuck_in_it_is_not() -> None:
    serves = live(room("LIVE"))
    ending = replace(serving(serves), state=EngineState.STOPPING, deleted=at(0))
    seen = PoolSeen((serves, room("NEW")), engines={"LIVE": (ending,)}, places=1)
    pool = EnginePoolSpec(max_active_rooms=1)
    assert decide_pool(pool, seen, at(59)).refused == {}
    assert set(decide_pool(pool, seen, at(61)).refused or {}) == {"NEW"}


def test_a_refused_room_wants_no_place_that_becomes_free_until_it_is_asked_for_anew() -> None:
    pool = EnginePoolSpec(max_active_rooms=1)
    new = room("NEW")
    refused = after(new, decide(new, Observation(admitted=False, refused="no place"), NOW))
    assert decide_pool(pool, PoolSeen((refused,), places=1), at(1)).admitted == frozenset()
    again = refused.model_copy(update={"generation": refused.generation + 1})
    assert decide_pool(pool, PoolSeen((again,), places=1), at(1)).admitted == {"NEW"}


LOST = LostPlaces(2, since=at(0))


def test_places_that_went_a_moment_ago_are_waited_for_with_warm_engines_and_rooms() -> None:
    new = room("NEW")
    seen = PoolSeen((new,), warm=warm(1), places=0, lost_places=(LOST,))
    plan = decide_pool(POOL, seen, at(59))
    assert (plan.admitted, plan.refused, plan.drop_warm) == ({"NEW"}, {}, ())
    assert plan.status.capacity == 2
    over = decide_pool(POOL, seen, at(60))
    assert over.refused == {"NEW": "Unable to activate room <NEW>: Maximum capacity of 0 instances reached"}
    assert over.drop_warm == ("w0",)


def test_an_engine_that_no_node_takes_waits_for_places_that_went_a_moment_ago() -> None:
    starting = after(room(), decide(room(), Observation(), NOW))
    pending = {"R1": (replace(engine(state=EngineState.PENDING), created=at(5)),)}
    seen = PoolSeen((starting,), pending, lost_places=(LOST,))
    assert not decide_pool(POOL, seen, at(59)).refused
    assert set(decide_pool(POOL, seen, at(60)).refused or {}) == {"R1"}


def test_more_rooms_than_the_places_that_may_come_back_are_refused_with_their_number() -> None:
    rooms = tuple(room(name, created=at(second)) for second, name in enumerate("ABC"))
    plan = decide_pool(EnginePoolSpec(max_active_rooms=9), PoolSeen(rooms, lost_places=(LOST,)), at(5))
    assert plan.admitted == {"A", "B"}
    assert "Maximum capacity of 2 instances" in (plan.refused or {})["C"]
