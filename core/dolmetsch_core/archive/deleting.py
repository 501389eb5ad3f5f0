"""Taking transcripts out, for good: each leaves a mark by which its session is never copied again."""

import logging
import time
from collections.abc import Iterable, Sequence

from sqlalchemy import ColumnElement, Double, cast, delete, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from dolmetsch_core.archive import cleaning
from dolmetsch_core.archive.cleaning import NotCleaned
from dolmetsch_core.archive.database import Archive, insert
from dolmetsch_core.archive.reading import Viewer, owned_by
from dolmetsch_core.archive.tables import deleted_session, transcript

log = logging.getLogger(__name__)
DAY_S = 86400
AT_ONCE = 50
"""Sessions deleted in one transaction, which has a deadline: a new setting may expire thousands."""


async def withdraw(archive: Archive, room: str, session: str) -> bool:
    """Delete what was copied of a session whose host allows no storing. True: something was there.

    Cheap when it was done before.
    """
    async with archive.reading() as connection:
        mark = deleted_session.c
        if (
            await connection.execute(select(mark.at).where(mark.room == room, mark.session == session))
        ).first():
            return False
    return bool(await _erase_all(archive, [(room, session)]))


async def delete_room(archive: Archive, room: str, viewer: Viewer, sessions: Iterable[str] = ()) -> int:
    """Delete the transcripts of a room that are the viewer's, all if an admin's. Returns how many there were.

    `sessions`: the room's running sessions known to be the viewer's; never copied again, stored yet or not.
    """
    mine = select(transcript.c.session).where(transcript.c.room == room, owned_by(viewer))
    async with archive.reading() as connection:
        found = set((await connection.scalars(mine)).all())
    return await _erase_all(archive, [(room, each) for each in found | set(sessions)])


async def expire(archive: Archive, now: float, keep_days: int | None = None) -> int:
    """Delete the transcripts whose days are over at `now` (unix seconds). Returns how many.

    `keep_days`: for those that don't say; None: these are kept. Days count from the end of the session; where
    nobody saw it end, from the last sentence.
    """
    # Not as whole numbers: a lifetime of seconds is more than PostgreSQL's have room for.
    kept_s = cast(func.coalesce(transcript.c.keep_days, keep_days), Double) * DAY_S
    due: ColumnElement[bool] = func.coalesce(transcript.c.ended, transcript.c.updated) + kept_s <= now
    async with archive.reading() as connection:
        rows = await connection.execute(select(transcript.c.room, transcript.c.session).where(due))
        found = [(room, session) for room, session in rows]
    return await _erase_all(archive, found)


async def _erase_all(archive: Archive, sessions: Iterable[tuple[str, str]]) -> int:
    # In order, so that two who delete the same wait for each other in turn.
    wanted = sorted(sessions)
    gone = sum(
        [await _erase_some(archive, wanted[at : at + AT_ONCE]) for at in range(0, len(wanted), AT_ONCE)]
    )
    if gone:
        try:
            await cleaning.clean(archive)
        except NotCleaned as error:
            log.warning(
                "the archive's files still hold what was deleted (%s): cleaned again every %g s",
                error,
                cleaning.AGAIN_S,
            )
    return gone


async def _erase_some(archive: Archive, sessions: Sequence[tuple[str, str]]) -> int:
    async with archive.begin() as connection:
        gone = sum([await _erase(connection, room, session) for room, session in sessions])
        if gone:
            await cleaning.owe(connection)
    return gone


async def _erase(connection: AsyncConnection, room: str, session: str) -> bool:
    """Mark the session and delete its transcript. True: there was one."""
    now = time.time()
    mark = insert(connection, deleted_session).values(room=room, session=session, at=now)
    await connection.execute(mark.on_conflict_do_nothing())
    # A transcript that is being made now is not to be seen yet: taking its unique entry waits for it.
    stand_in = insert(connection, transcript).values(
        room=room, session=session, public=False, source_lang="", title="", code="", persons=(), location="",
        track="", track_color="", started=now, created=now, updated=now,
    )  # fmt: skip
    none_there = await connection.execute(stand_in.on_conflict_do_nothing().returning(transcript.c.id))
    there = none_there.scalar_one_or_none() is None
    await connection.execute(
        delete(transcript).where(transcript.c.room == room, transcript.c.session == session)
    )
    return there
