"""Who may say that a transcript was reviewed, and what takes that back."""

import pytest

from dolmetsch_core.archive import reading, reviews, writing
from dolmetsch_core.archive.database import Archive
from dolmetsch_core.archive.reading import Viewer
from dolmetsch_core.wire.feed import Sentence, Translated
from tests.integration.archive.talks import ADMIN, ANN, BOB, NOBODY, STARTED, consent, known, said, stored

# s1 public and s2 private are ann's, s3 is bob's, s4 of a host who is not known.
MAY_REVIEW = [
    (NOBODY, set()),
    (Viewer(""), set()),
    (Viewer("eve"), set()),
    (ANN, {"s1", "s2"}),
    (BOB, {"s3"}),
    (Viewer("bob", admin=True), {"s1", "s2", "s3", "s4"}),
    (ADMIN, {"s1", "s2", "s3", "s4"}),
]


async def _hall(archive: Archive) -> None:
    owners = {"s1": "ann", "s2": "ann", "s3": "bob", "s4": ""}
    for session, owner in owners.items():
        await stored(archive, session=session, owner=owner, public=session in ("s1", "s3"))


async def _reviewed(archive: Archive, room: str = "hall") -> set[str]:
    return {part.session for part in await reading.parts(archive, room, ADMIN) if part.reviewed}


@pytest.mark.parametrize(("viewer", "own"), MAY_REVIEW)
async def test_owners_and_admins_review_what_they_may_delete_and_nobody_else(
    archive: Archive, viewer: Viewer, own: set[str]
) -> None:
    await _hall(archive)
    await stored(archive, "elsewhere", owner="ann")
    assert await _reviewed(archive) == set()
    assert await reviews.review_room(archive, "hall", viewer, reviewed=True) == len(own)
    assert await _reviewed(archive) == own
    assert await _reviewed(archive, "elsewhere") == set()


@pytest.mark.parametrize(("viewer", "own"), MAY_REVIEW)
async def test_the_same_take_a_review_back(archive: Archive, viewer: Viewer, own: set[str]) -> None:
    await _hall(archive)
    await reviews.review_room(archive, "hall", ADMIN, reviewed=True)
    assert await reviews.review_room(archive, "hall", viewer, reviewed=False) == len(own)
    assert await _reviewed(archive) == {"s1", "s2", "s3", "s4"} - own


async def test_a_review_that_is_known_counts_again_and_one_of_an_unknown_room_does_not(
    archive: Archive,
) -> None:
    await stored(archive)
    for _ in range(2):
        assert await reviews.review_room(archive, "hall", ANN, reviewed=True) == 1
    assert await reviews.review_room(archive, "nowhere", ADMIN, reviewed=True) == 0


async def test_whoever_hosts_later_may_review_too(archive: Archive) -> None:
    await stored(archive, owner="ann")
    await writing.keep(archive, consent(owner="bob"), STARTED)
    assert await reviews.review_room(archive, "hall", BOB, reviewed=True) == 1


@pytest.mark.parametrize(
    ("sentences", "translations", "reviewed"),
    [
        ([said(2)], [], False),
        ([said(2), said(3)], [known(2)], False),
        # Copied again, with something new at the end.
        ([said(0), said(1), said(2)], [], False),
        # Nobody has read a translation that was not there, either.
        ([], [known(1)], False),
        ([], [known(0, "pt")], False),
        # All of it was there.
        ([said(0), said(1)], [], True),
        ([], [known(0)], True),
        ([said(1, "other")], [known(0, text="other", by="another")], True),
        ([], [], True),
    ],
)
async def test_what_comes_after_a_review_takes_it_back_if_it_is_new(
    archive: Archive, sentences: list[Sentence], translations: list[Translated], reviewed: bool
) -> None:
    transcript = await stored(archive, translations=[known(0)])
    await stored(archive, session="s2")
    await reviews.review_room(archive, "hall", ANN, reviewed=True)
    await writing.append(archive, transcript, sentences, translations)
    assert await _reviewed(archive) == ({"s1", "s2"} if reviewed else {"s2"}), "of its own session alone"
    await reviews.review_room(archive, "hall", ANN, reviewed=True)
    assert await _reviewed(archive) == {"s1", "s2"}, "it can be reviewed again"


async def test_neither_the_end_of_a_talk_nor_another_title_takes_a_review_back(archive: Archive) -> None:
    transcript = await stored(archive)
    await reviews.review_room(archive, "hall", ANN, reviewed=True)
    await writing.keep(archive, consent(public=False), STARTED)
    await writing.end(archive, transcript, STARTED + 60)
    assert await _reviewed(archive) == {"s1"}
