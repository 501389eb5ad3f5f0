"""Cleaning an SQLite archive's files of what was deleted: with each deletion, and again where that failed.

`secure_delete` overwrites deleted rows, but rows moved between pages leave copies behind: only VACUUM takes
those, and a checkpoint what the log still holds. On PostgreSQL this is autovacuum's work.

How far it is stands in the file itself (`user_version`), so that any process goes on where another ended: the
number of deletions so far, and what the last of them still needs. No two deletions leave the same number, so
nobody takes another one's for the one that it has cleaned.
"""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator
from typing import Final

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection

from dolmetsch_core.archive.database import ARCHIVE_AWAY, Archive

log = logging.getLogger(__name__)
AGAIN_S = 5.0
TELL_EVERY = 12
"""Tries that fail in a row between two words on it: a minute."""
_BRIEF_MS: Final = 200
_CLEAN, _COMPACTED, _DELETED = range(3)
_STEPS: Final = 4
_VERSION = text("PRAGMA user_version")
_PATIENCE = text("PRAGMA busy_timeout")


class NotCleaned(Exception):
    """Somebody else reads or writes: the files may still hold what was deleted. Remedy: clean again soon."""


async def owe(connection: AsyncConnection) -> None:
    """In a transaction that deletes: note that the files are to be cleaned, whatever happens to us."""
    if connection.dialect.name == "sqlite":
        deletions = await _version(connection) // _STEPS
        await _set_version(connection, (deletions + 1) * _STEPS + _DELETED)


async def clean(archive: Archive, *, brief: bool = False) -> None:
    """Leave nothing of what was deleted in SQLite's files. Raises NotCleaned.

    `brief`: hardly wait for others. While a checkpoint waits for who reads, nobody can write.
    """
    if not archive.is_file:
        return
    try:
        async with archive.bare() as connection, _patience(connection, brief=brief):
            await _clean(connection)
    except (*ARCHIVE_AWAY, SQLAlchemyError) as error:
        raise NotCleaned(type(error).__name__) from error


async def keep_clean(archive: Archive) -> None:
    """Until cancelled: clean what any process left, after a crash too, every few seconds until it is done."""
    failed = 0
    while archive.is_file:
        try:
            await clean(archive, brief=True)
        except NotCleaned as error:
            failed += 1
            if failed % TELL_EVERY == 0:
                log.warning("the archive's files still hold what was deleted (%s)", error)
        else:
            if failed >= TELL_EVERY:
                log.info("the archive's files hold nothing any more of what was deleted")
            failed = 0
        await asyncio.sleep(AGAIN_S)


@contextlib.asynccontextmanager
async def _patience(connection: AsyncConnection, *, brief: bool) -> AsyncIterator[None]:
    if not brief:
        yield
        return
    usual = await connection.scalar(_PATIENCE) or 0
    await connection.exec_driver_sql(f"PRAGMA busy_timeout = {min(usual, _BRIEF_MS)}")
    try:
        yield
    finally:
        # A cancellation in the middle of a statement costs the connection.
        if not connection.invalidated:
            await connection.exec_driver_sql(f"PRAGMA busy_timeout = {usual}")


async def _clean(connection: AsyncConnection) -> None:
    version = await _version(connection)
    if version % _STEPS == _CLEAN:
        return
    if version % _STEPS == _DELETED:
        await connection.exec_driver_sql("VACUUM")
        # Not to be done again while a reader is in the way: each time, the log grows by the whole archive.
        version = await _done(connection, version, _COMPACTED)
    checkpoint = await connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    # Its first number: whether somebody was in the way.
    if checkpoint.scalar():
        raise NotCleaned("somebody reads it")
    await _done(connection, version, _CLEAN)


async def _done(connection: AsyncConnection, version: int, step: int) -> int:
    """Note a step, unless somebody has deleted more meanwhile: then all of it is still owed."""
    after = version - version % _STEPS + step
    await connection.exec_driver_sql("BEGIN IMMEDIATE")
    if await _version(connection) == version:
        await _set_version(connection, after)
    await connection.exec_driver_sql("COMMIT")
    return after


async def _version(connection: AsyncConnection) -> int:
    return int(await connection.scalar(_VERSION) or 0)


async def _set_version(connection: AsyncConnection, version: int) -> None:
    await connection.exec_driver_sql(f"PRAGMA user_version = {version}")
