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
    """Unix seconds; of the first putting."""
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


async def put(archive: Archive, room: AdhocRoom) -> None:
    """Make the room, or change one that has its id."""
    facts = asdict(room)
    changed = {name: value for name, value in facts.items() if name not in {"id", "created"}}
    async with archive.begin() as connection:
        made = insert(connection, adhoc_room).values(facts)
        await connection.execute(made.on_conflict_do_update(index_elements=["id"], set_=changed))


async def delete(archive: Archive, room_id: str) -> bool:
    """Delete the room; its transcripts stay. False: there was none."""
    async with archive.begin() as connection:
        gone = await connection.execute(delete_from(adhoc_room).where(adhoc_room.c.id == room_id))
        return bool(gone.rowcount)
