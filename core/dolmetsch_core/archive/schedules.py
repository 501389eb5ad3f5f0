"""The last good schedule of each source: a restart while its server is down does not take the talks away."""

from dataclasses import dataclass

from sqlalchemy import select

from dolmetsch_core.archive.database import Archive, insert
from dolmetsch_core.archive.tables import schedule


@dataclass(frozen=True)
class KeptSchedule:
    """An export as it was fetched."""

    content: bytes
    fetched: float
    """Unix seconds."""


async def keep(archive: Archive, source: str, kept: KeptSchedule) -> None:
    """Keep it as the last good one of this source."""
    facts = {"content": kept.content, "fetched": kept.fetched}
    async with archive.begin() as connection:
        first = insert(connection, schedule).values(source=source, **facts)
        await connection.execute(first.on_conflict_do_update(index_elements=["source"], set_=facts))


async def last(archive: Archive, source: str) -> KeptSchedule | None:
    """Return the last good one of this source; None: there never was one."""
    wanted = select(schedule.c.content, schedule.c.fetched).where(schedule.c.source == source)
    async with archive.reading() as connection:
        row = (await connection.execute(wanted)).one_or_none()
        return KeptSchedule(row[0], row[1]) if row else None
