"""Rooms made by hand, which no schedule has."""

from dataclasses import asdict, dataclass

from sqlalchemy import delete as delete_from
from sqlalchemy import select

from dolmetsch_core.archive.database import Archive, insert
from dolmetsch_core.archive.tables import adhoc_room


@dataclass(frozen=True)
class AdhocRoom:
    """A room made by hand."""

    id: str
    title: str
    created: float
    """Unix seconds."""
    description: str = ""
    presenter: str = ""
    location: str = ""
    source_lang: str = ""
    track: str = ""
    track_color: str = ""
    vocabulary: tuple[str, ...] = ()
    keep_days: int | None = None


async def all_rooms(archive: Archive) -> list[AdhocRoom]:
    """Return them all, oldest first."""
    wanted = select(adhoc_room).order_by(adhoc_room.c.created, adhoc_room.c.id)
    async with archive.reading() as connection:
        return [AdhocRoom(**row._mapping) for row in await connection.execute(wanted)]


async def make(archive: Archive, room: AdhocRoom) -> bool:
    """Make the room. False: there is one of its id, which stays as it is."""
    async with archive.begin() as connection:
        made = insert(connection, adhoc_room).values(asdict(room)).on_conflict_do_nothing()
        return (await connection.execute(made.returning(adhoc_room.c.id))).first() is not None


async def delete(archive: Archive, room_id: str) -> bool:
    """Delete the room; its transcripts stay. False: there was none."""
    async with archive.begin() as connection:
        gone = await connection.execute(delete_from(adhoc_room).where(adhoc_room.c.id == room_id))
        return bool(gone.rowcount)
