"""The last good schedule of each source."""

from dolmetsch_core.archive import schedules
from dolmetsch_core.archive.database import Archive
from dolmetsch_core.archive.schedules import KeptSchedule

FIRST = KeptSchedule(b'{"title": "\xc3\x84"}\x00\xff', 5.5)


async def test_each_source_has_its_last_one(archive: Archive, other: Archive) -> None:
    assert await schedules.last(archive, "a") is None
    await schedules.keep(archive, "a", FIRST)
    await schedules.keep(archive, "b", KeptSchedule(b"b", 1.0))
    assert await schedules.last(other, "a") == FIRST
    later = KeptSchedule(b"later", 9.0)
    await schedules.keep(other, "a", later)
    assert await schedules.last(archive, "a") == later
    assert await schedules.last(archive, "b") == KeptSchedule(b"b", 1.0)
