"""Rooms made by hand."""

import asyncio
from dataclasses import replace

from dolmetsch_core.archive import reading, rooms
from dolmetsch_core.archive.database import Archive
from dolmetsch_core.archive.rooms import AdhocRoom
from tests.integration.archive.talks import ADMIN, stored

ROOM = AdhocRoom(
    id="ad-hoc",
    title="Café",
    created=5.0,
    presenter="Ø",
    source_lang="de",
    vocabulary=("CCC", "エレガン"),
    keep_days=7,
)


async def test_a_room_is_kept_as_it_was_made(archive: Archive) -> None:
    older = AdhocRoom(id="older", title="", created=1.0)
    await rooms.make(archive, ROOM)
    await rooms.make(archive, older)
    assert await rooms.all_rooms(archive) == [older, ROOM]


async def test_of_two_who_make_a_room_of_one_id_the_first_has_it(archive: Archive, other: Archive) -> None:
    drafts = [replace(ROOM, title="One"), replace(ROOM, title="Two", vocabulary=())]
    made = await asyncio.gather(rooms.make(archive, drafts[0]), rooms.make(other, drafts[1]))
    assert sorted(made) == [False, True]
    assert await rooms.all_rooms(archive) == [drafts[made.index(True)]]
    assert await rooms.make(archive, replace(ROOM, title="Three")) is False
    assert await rooms.all_rooms(other) == [drafts[made.index(True)]]


async def test_a_deleted_rooms_transcripts_stay(archive: Archive) -> None:
    await rooms.make(archive, ROOM)
    await stored(archive, "ad-hoc")
    assert await rooms.delete(archive, "ad-hoc") is True
    assert await rooms.delete(archive, "ad-hoc") is False
    assert await rooms.all_rooms(archive) == []
    assert len(await reading.parts(archive, "ad-hoc", ADMIN)) == 1
