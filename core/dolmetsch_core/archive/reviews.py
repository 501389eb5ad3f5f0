"""Reviews: owners and admins say whether a person has read and checked a transcript."""

from sqlalchemy import update

from dolmetsch_core.archive.database import Archive
from dolmetsch_core.archive.reading import Viewer, owned_by
from dolmetsch_core.archive.tables import transcript


async def review_room(archive: Archive, room: str, viewer: Viewer, *, reviewed: bool) -> int:
    """Note of the transcripts of a room that are the viewer's, all if an admin's, whether they are reviewed.

    Returns how many of them there are, also if that was known already. Raises ARCHIVE_AWAY.
    """
    said = update(transcript).where(transcript.c.room == room, owned_by(viewer)).values(reviewed=reviewed)
    async with archive.begin() as connection:
        return int((await connection.execute(said)).rowcount)
