"""A talk becomes the spec of a Room, however much the schedule says of it."""

from types import SimpleNamespace
from typing import Any

import pytest

from dolmetsch_api.rooms.programme import Programme
from dolmetsch_api.rooms.talks import Talk
from dolmetsch_api.sockets.host import _spec
from dolmetsch_api.sockets.room_socket import Refused
from dolmetsch_core.directory import RoomView


def spec(room_id: str = "R1", **talk: Any) -> Any:
    of = Talk(id="R1", **({"title": "t"} | talk))
    settings = SimpleNamespace(close_room_after=300, activation_deadline=120)
    platform: Any = SimpleNamespace(programme=Programme({"R1": of}, RoomView()), settings=settings)
    wish: Any = SimpleNamespace(
        room_id=room_id, source="en", subject="ann", allow_store=False, allow_public=False
    )
    return _spec(platform, wish)


def test_a_title_of_any_length_fits_into_a_room() -> None:
    assert spec(title="x" * 600).title == "x" * 500


def test_a_vocabulary_of_any_size_fits_into_a_room() -> None:
    made = spec(vocabulary=("", " ", "y" * 300, *(f"term {number}" for number in range(500))))
    assert len(made.vocabulary) == 200
    assert made.vocabulary[:2] == ("y" * 100, "term 0")


def test_a_talk_that_left_the_schedule_since_the_socket_was_checked_is_refused() -> None:
    with pytest.raises(Refused, match="Room <R2> not found"):
        spec(room_id="R2")
    with pytest.raises(Refused, match="Room <R1> not found"):
        spec(do_not_record=True)
