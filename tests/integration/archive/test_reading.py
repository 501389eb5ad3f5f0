"""Who sees what, and how parts are joined."""

import threading
from typing import Any

import pytest

from dolmetsch_core.archive import deleting, reading, writing
from dolmetsch_core.archive.database import Archive
from dolmetsch_core.archive.reading import Line, Viewer
from tests.integration.archive.talks import (
    ADMIN,
    ANN,
    BOB,
    NOBODY,
    STARTED,
    consent,
    known,
    said,
    stored,
    talk,
)

# viewer: the sessions seen of hall (s1 public of ann, s2 private of ann, s3 private of bob), may delete
SEEN = [
    (NOBODY, {"s1"}, set()),
    (Viewer(""), {"s1"}, set()),
    (Viewer("eve"), {"s1"}, set()),
    (ANN, {"s1", "s2"}, {"s1", "s2"}),
    (BOB, {"s1", "s3"}, {"s3"}),
    (ADMIN, {"s1", "s2", "s3", "s4"}, {"s1", "s2", "s3", "s4"}),
]


async def _hall(archive: Archive) -> None:
    await stored(archive, session="s1", started=STARTED, sentences=[said(0, lang="en")])
    await stored(archive, session="s2", started=STARTED + 100, public=False, sentences=[said(0, lang="fr")])
    await stored(
        archive,
        session="s3",
        started=STARTED + 200,
        public=False,
        owner="bob",
        sentences=[said(0, lang="pt")],
    )
    # Nobody's: a host who is not known.
    await stored(
        archive, session="s4", started=STARTED + 300, public=False, owner="", sentences=[said(0, lang="es")]
    )


@pytest.mark.parametrize(("viewer", "seen", "own"), SEEN)
async def test_a_part_is_seen_by_all_if_public_else_by_its_owners_and_admins(
    archive: Archive, viewer: Viewer, seen: set[str], own: set[str]
) -> None:
    await _hall(archive)
    found = await reading.parts(archive, "hall", viewer)
    assert {part.session for part in found} == seen
    assert {part.session for part in found if part.mine} == own


@pytest.mark.parametrize(("viewer", "seen", "own"), SEEN)
async def test_a_list_tells_nothing_of_parts_that_are_not_seen(
    archive: Archive, viewer: Viewer, seen: set[str], own: set[str]
) -> None:
    await _hall(archive)
    (item,) = await reading.listed(archive, viewer)
    languages = {"s1": "en", "s2": "fr", "s3": "pt", "s4": "es"}
    newest = max(int(each[1]) for each in seen)
    assert item.parts == len(seen)
    assert set(item.languages) == {languages[each] for each in seen}
    assert item.last == STARTED + (newest - 1) * 100 + 5
    assert item.mine == bool(own)


@pytest.mark.parametrize(("viewer", "seen", "own"), SEEN)
async def test_who_deletes_a_room_deletes_what_is_theirs(
    archive: Archive, viewer: Viewer, seen: set[str], own: set[str]
) -> None:
    await _hall(archive)
    assert await deleting.delete_room(archive, "hall", viewer) == len(own)
    left = {part.session for part in await reading.parts(archive, "hall", ADMIN)}
    assert left == {"s1", "s2", "s3", "s4"} - own


async def test_a_room_is_listed_only_if_some_of_it_is_visible(archive: Archive) -> None:
    await stored(archive, "private", public=False)
    await stored(archive, "public", started=STARTED - 5)
    assert [item.room for item in await reading.listed(archive, NOBODY)] == ["public"]
    assert [item.room for item in await reading.listed(archive, ANN)] == ["private", "public"]


async def test_a_room_in_which_nothing_was_said_is_not_there(archive: Archive) -> None:
    await writing.keep(archive, consent(), STARTED)
    assert await reading.listed(archive, ADMIN) == []
    assert await reading.parts(archive, "hall", ADMIN) == []


async def test_parts_are_joined_in_order_of_time_under_the_newest_ones_title(archive: Archive) -> None:
    later = STARTED + 3600
    await stored(archive, session="b", started=later, talk=talk("New"), translations=[known(1, "ja")])
    first = await stored(archive, session="a", talk=talk("Old"), sentences=[said(2), said(3)])
    await writing.append(archive, first, [], [known(3, "de")])
    await writing.end(archive, first, STARTED + 60)
    await writing.keep(archive, consent(session="silent", talk=talk("Newest")), later + 1)

    (item,) = await reading.listed(archive, NOBODY)
    assert (item.room, item.talk, item.parts) == ("hall", talk("New"), 2)
    assert (item.first, item.last, item.ended) == (STARTED + 20, later + 15, None)
    assert item.languages == ("de", "en", "ja")
    found = await reading.parts(archive, "hall", NOBODY)
    assert [(part.session, part.talk.title, part.ended) for part in found] == [
        ("a", "Old", STARTED + 60),
        ("b", "New", None),
    ]
    assert [[line.sentence.n for line in part.lines] for part in found] == [[2, 3], [0, 1]]


async def test_captions_do_not_wait_until_a_long_transcript_is_made_of_its_rows(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    made_in = set()

    def noted(*facts: Any) -> Line:
        made_in.add(threading.current_thread())
        return Line(*facts)

    monkeypatch.setattr(reading, "Line", noted)
    await stored(archive)
    (part,) = await reading.parts(archive, "hall", ADMIN)
    assert len(part.lines) == 2
    assert made_in
    assert threading.main_thread() not in made_in


async def test_an_unknown_room_has_no_parts(archive: Archive) -> None:
    assert await reading.parts(archive, "nowhere", ADMIN) == []
