"""Bringing an archive's schema to this release. Any number of processes may try at once."""

import asyncio
import contextlib
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path

import psycopg
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, NullPool, create_engine, text
from sqlalchemy.engine import URL
from sqlalchemy.exc import DatabaseError, ProgrammingError

from dolmetsch_core.archive import sqlite_file
from dolmetsch_core.archive.database import ArchiveUnusable, connect_args, instruct, is_sqlite, parse_url

MIGRATIONS = Path(__file__).parent / "migrations"
_LOCK = 0x646F6C6D
"""PostgreSQL's number of the advisory lock under which schemas change."""


async def migrate(url: str, to: str = "head") -> None:
    """Upgrade the schema at `url`, which is quick when nothing is to do.

    Raises ArchiveUnusable when a person has to act, ARCHIVE_AWAY when trying again may help.
    """
    # Its own thread, to the end: a migration is not to be given up half-way.
    await asyncio.to_thread(_migrate, url, to)


def config() -> Config:
    """Return Alembic's configuration, which lies in the package and not in a file."""
    made = Config()
    made.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    return made


def _migrate(address: str, to: str) -> None:
    url = parse_url(address)
    with _one_at_a_time(url):
        engine = create_engine(
            url, poolclass=NullPool, hide_parameters=True, connect_args=connect_args(url)
        ).execution_options(**{sqlite_file.BEGIN: ""})
        instruct(engine)
        try:
            with engine.connect() as connection:
                _check_encoding(connection)
                if not _is_current(connection, to):
                    connection.rollback()
                    _upgrade(connection, to)
        except ProgrammingError as error:
            if isinstance(error.orig, psycopg.errors.InsufficientPrivilege):
                raise ArchiveUnusable(
                    f"The archive's user may not create tables in {_shown(url)}: make the user the database's"
                    " owner (ALTER DATABASE … OWNER TO …)."
                ) from error
            raise
        except DatabaseError as error:
            # Of SQLite's errors only "not a database" and "malformed" are of this very class.
            if is_sqlite(url) and type(error) is DatabaseError:
                raise ArchiveUnusable(
                    f"{url.database} is not an SQLite file or is damaged: name another file,"
                    " or put a backup in its place."
                ) from error
            raise


def _shown(url: URL) -> str:
    return url.render_as_string(hide_password=True)


@contextlib.contextmanager
def _one_at_a_time(url: URL) -> Iterator[None]:
    """For SQLite: a lock on the folder, as switching to the write-ahead log knows no waiting."""
    if not is_sqlite(url):
        yield
        return
    folder = os.open(Path(url.database or "").parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(folder)


def _check_encoding(connection: Connection) -> None:
    """Raise ArchiveUnusable for a database in which not every script can be written."""
    if is_sqlite(connection.engine.url):
        return
    # Told when the connection was made.
    driver: psycopg.Connection = connection.connection.dbapi_connection  # type: ignore[assignment]
    encoding = driver.info.parameter_status("server_encoding")
    if encoding != "UTF8":
        raise ArchiveUnusable(
            f"{_shown(connection.engine.url)} has the encoding {encoding}, in which not every language can be"
            " written: make it anew with CREATE DATABASE … TEMPLATE template0 ENCODING 'UTF8'."
        )


def _is_current(connection: Connection, to: str) -> bool:
    """Whether nothing is to do. Raises ArchiveUnusable for a schema that this release does not know."""
    script = ScriptDirectory.from_config(config())
    found = set(MigrationContext.configure(connection).get_current_heads())
    known = {each.revision for each in script.walk_revisions()}
    if unknown := found - known:
        raise ArchiveUnusable(
            f"The archive's schema is {', '.join(sorted(unknown))}, newer than this release knows"
            f" ({script.get_current_head()}): run the release that wrote it or a later one, or put back a"
            " backup from before."
        )
    return found == {script.get_current_head() if to == "head" else to}


def _upgrade(connection: Connection, to: str) -> None:
    """Upgrade in one transaction: whoever dies in it leaves the schema as it was."""
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("PRAGMA journal_mode = WAL")
        connection.exec_driver_sql("BEGIN IMMEDIATE")
    else:
        connection.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": _LOCK})
    # Who waited for the lock finds the work done, and Alembic nothing to do.
    settings = config()
    settings.attributes["connection"] = connection
    command.upgrade(settings, to)
    connection.commit()
