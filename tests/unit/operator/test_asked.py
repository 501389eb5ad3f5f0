"""What a room's decision learns of the engine that was asked for."""

import pytest

from dolmetsch_core.life.decide import decide
from dolmetsch_core.life.observed import EngineState, Observation
from dolmetsch_core.wire.room import Room
from dolmetsch_operator.asked import AskedFor
from tests.unit.core.rooms import NOW, after, engine, live, room


@pytest.fixture
def starting() -> Room:
    return after(room(), decide(room(), Observation(), NOW))


def test_an_engine_that_went_away_before_it_served_is_told_to_one_decision(starting: Room) -> None:
    asked = AskedFor()
    asked.got("uid-e1")
    assert not asked.add_to(Observation((engine(),)), starting).vanished
    leaving = Observation((engine(state=EngineState.STOPPING),))
    assert asked.add_to(leaving, starting).vanished
    asked.decided()
    assert not asked.add_to(Observation(), starting).vanished


def test_an_engine_that_was_stopped_from_here_or_that_served_did_not_vanish(starting: Room) -> None:
    asked = AskedFor()
    asked.got("uid-e1")
    asked.stopped("uid-another")
    asked.stopped("uid-e1")
    assert not asked.add_to(Observation(), starting).vanished
    asked.got("uid-e1")
    assert not asked.add_to(Observation(), live(room())).vanished


def test_a_refusal_counts_once_and_a_delay_lasts_until_an_engine_is_got(starting: Room) -> None:
    asked = AskedFor()
    asked.refused("quota")
    asked.delayed("webhook")
    seen = asked.add_to(Observation(), starting)
    assert (seen.cannot_create, seen.create_delayed) == ("quota", "webhook")
    asked.decided()
    seen = asked.add_to(Observation(), starting)
    assert (seen.cannot_create, seen.create_delayed) == ("", "webhook")
    asked.got("uid-e2")
    assert asked.add_to(Observation((engine("e2"),)), starting).create_delayed == ""
