"""Rooms made by hand."""

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


async def test_a_room_is_kept_as_it_was_put(archive: Archive) -> None:
    older = AdhocRoom(id="older", title="", created=1.0)
    await rooms.put(archive, ROOM)
    await rooms.put(archive, older)
    assert await rooms.all_rooms(archive) == [older, ROOM]


async def test_putting_again_changes_all_but_when_it_was_made(archive: Archive) -> None:
    await rooms.put(archive, ROOM)
    changed = replace(ROOM, title="New", vocabulary=(), keep_days=None, created=99.0)
    await rooms.put(archive, changed)
    assert await rooms.all_rooms(archive) == [replace(changed, created=5.0)]


async def test_a_deleted_rooms_transcripts_stay(archive: Archive) -> None:
    await rooms.put(archive, ROOM)
    await stored(archive, "ad-hoc")
    assert await rooms.delete(archive, "ad-hoc") is True
    assert await rooms.delete(archive, "ad-hoc") is False
    assert await rooms.all_rooms(archive) == []
    assert len(await reading.parts(archive, "ad-hoc", ADMIN)) == 1
