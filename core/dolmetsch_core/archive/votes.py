"""Votes for talks: one number per code, right however many processes count at once."""

from sqlalchemy import select, update

from dolmetsch_core.archive.database import Archive, insert
from dolmetsch_core.archive.tables import vote

_COUNT = vote.c["count"]


async def counts(archive: Archive) -> dict[str, int]:
    """Return the votes of every code that ever had one."""
    async with archive.reading() as connection:
        return {row[0]: row[1] for row in await connection.execute(select(vote.c.code, _COUNT))}


async def add(archive: Archive, code: str) -> int:
    """Count one more; return how many there are now."""
    async with archive.begin() as connection:
        first = insert(connection, vote).values(code=code, count=1)
        more = first.on_conflict_do_update(index_elements=["code"], set_={"count": _COUNT + 1})
        return int((await connection.execute(more.returning(_COUNT))).scalar_one())


async def remove(archive: Archive, code: str) -> int | None:
    """Count one less; return how many are left, None when there was none to take."""
    async with archive.begin() as connection:
        less = update(vote).where(vote.c.code == code, _COUNT > 0).values(count=_COUNT - 1)
        left: int | None = (await connection.execute(less.returning(_COUNT))).scalar_one_or_none()
        return left
