"""What a host's wish makes of a Room that is there already."""

import pytest

from dolmetsch_core.directory import adopt
from dolmetsch_core.wire.room import Origin, Phase, RoomSpec, RoomStatus
from tests.unit.core.rooms import live, room


@pytest.mark.parametrize(
    ("known", "said", "kept"),
    [
        ((None, None), (True, True), (True, True)),
        ((None, None), (False, False), (False, False)),
        ((True, True), (True, False), (True, True)),
        ((True, False), (True, True), (True, False)),
        ((True, True), (False, True), (False, True)),
        ((False, False), (True, True), (False, False)),
        ((False, None), (True, True), (False, True)),
    ],
)
def test_consent_is_fixed_once_given_and_storing_can_be_withdrawn(
    known: tuple[bool | None, bool | None], said: tuple[bool, bool], kept: tuple[bool, bool]
) -> None:
    there = live(room())
    spec = there.spec.model_copy(update={"store_transcript": known[0], "public_transcript": known[1]})
    there = there.model_copy(update={"spec": spec})
    wish = RoomSpec(room_id="r", source_lang="en", store_transcript=said[0], public_transcript=said[1])
    adopted = adopt(there, wish)
    assert (adopted.store_transcript, adopted.public_transcript) == kept


@pytest.mark.parametrize(
    ("origin", "known", "said", "kept"),
    [
        (Origin.API, (True, True), (True, False), (True, False)),
        (Origin.API, (False, False), (True, True), (True, True)),
        (Origin.API, (True, True), (False, False), (False, False)),
        (Origin.OTHER, (True, True), (True, False), (True, False)),
        (Origin.OTHER, (True, True), (True, True), (True, True)),
        (Origin.OTHER, (False, False), (True, True), (False, False)),
        (Origin.OTHER, (None, None), (True, False), (True, False)),
    ],
)
def test_a_new_session_is_never_published_by_the_answer_of_another_host(
    origin: Origin, known: tuple[bool | None, bool | None], said: tuple[bool, bool], kept: tuple[bool, bool]
) -> None:
    ended = room(
        origin=origin,
        spec={"store_transcript": known[0], "public_transcript": known[1]},
        status=RoomStatus(phase=Phase.FAILED, activation=1),
    )
    wish = RoomSpec(room_id="R1", source_lang="en", store_transcript=said[0], public_transcript=said[1])
    adopted = adopt(ended, wish)
    assert adopted.activation == 2
    assert (adopted.store_transcript, adopted.public_transcript) == kept
