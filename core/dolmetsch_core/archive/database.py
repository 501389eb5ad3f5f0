"""Opening the archive, its transactions, and what it raises while it is away."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Final

import psycopg
from sqlalchemy import Engine, Table, event, make_url
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import URL, ExceptionContext
from sqlalchemy.exc import ArgumentError, DBAPIError, InterfaceError, InternalError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from dolmetsch_core.archive import sqlite_file

# InternalError: a PostgreSQL that became a standby refuses writing by it.
ARCHIVE_AWAY = (OperationalError, InterfaceError, InternalError, PoolTimeout, OSError)
"""What a call raises while the database is away, locked or full. Remedy: try again later."""

_SCHEMES: Final = {
    "sqlite": "sqlite",
    "sqlite+aiosqlite": "sqlite",
    "postgres": "postgresql+psycopg",
    "postgresql": "postgresql+psycopg",
    "postgresql+psycopg": "postgresql+psycopg",
}
_BUSY_S = 10.0
"""How long a statement waits for another process that writes into the same SQLite file."""
_POSTGRESQL = {
    "connect_timeout": 5,
    # A server that vanished without a word is noticed within these.
    "tcp_user_timeout": 10_000,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    # The server's own may be none, and texts would be bytes.
    "client_encoding": "utf8",
}
_LIMITS_MS = {"lock_timeout": 5_000, "statement_timeout": 10_000}
"""What PostgreSQL itself gives up after: somebody may have locked a table and left it so."""
_DEADLINE_S = 20.0
"""What a transaction on PostgreSQL may take in all: a server that stands still keeps no limits."""


class ArchiveUnusable(Exception):
    """The archive can't be used until a person acts; `str()` names the remedy. Trying again does not help."""


def parse_url(address: str) -> URL:
    """Return the address with its driver, file made if it is SQLite's. Raises ArchiveUnusable, OSError."""
    try:
        url = make_url(address)
    except (ArgumentError, ValueError):
        raise ArchiveUnusable(_FORM) from None
    if url.drivername not in _SCHEMES:
        raise ArchiveUnusable(f"{_FORM} It begins with {url.drivername}://.")
    url = url.set(drivername=_SCHEMES[url.drivername])
    if not is_sqlite(url):
        return url
    if url.host or not url.database or url.database.startswith((":memory:", "file:")):
        raise ArchiveUnusable(f"{_FORM} An SQLite archive is a file: this address names none.")
    if wrong := sqlite_file.prepare(Path(url.database)):
        raise ArchiveUnusable(
            f"The archive's file {url.database} can't be written ({wrong}): name another file,"
            " or give it and its folder to the user that this runs as."
        )
    return url


_FORM = (
    "The archive's address must be sqlite:///relative/file, sqlite:////absolute/file"
    " or postgresql://user:password@host/database."
)


def is_sqlite(url: URL) -> bool:
    """Whether the archive is one machine's file."""
    return url.get_backend_name() == "sqlite"


def connect_args(url: URL) -> dict[str, Any]:
    """Return what the driver is told, except where the address says otherwise."""
    # isolation_level None: the driver begins no transactions of its own, ours say how they begin.
    ours = {"timeout": _BUSY_S, "isolation_level": None} if is_sqlite(url) else _POSTGRESQL
    return {name: value for name, value in ours.items() if name not in url.query}


def instruct(engine: Engine) -> None:
    """Prepare the connections of `engine`, and keep what was said out of its errors."""
    event.listen(engine, "handle_error", _hide_values)
    if is_sqlite(engine.url):
        sqlite_file.instruct(engine)


def _set_limits(engine: Engine) -> None:
    """Not for migrations, which take as long as they take."""

    @event.listens_for(engine, "connect")
    def connected(connection: Any, _: object) -> None:
        # Not at the connection's start, as `options`: poolers in front of a server refuse that.
        cursor = connection.cursor()
        for name, limit in _LIMITS_MS.items():
            cursor.execute(f"SET {name} = {limit}")
        cursor.close()
        connection.commit()


def _hide_values(context: ExceptionContext) -> None:
    """PostgreSQL quotes the row it refuses in its message's details: keep the first line alone."""
    original, wrapped = context.original_exception, context.sqlalchemy_exception
    if isinstance(original, psycopg.Error) and original.diag.message_primary:
        original.args = (f"{original.sqlstate} {original.diag.message_primary}",)
        if isinstance(wrapped, DBAPIError):
            wrapped.args = (f"({type(original).__name__}) {original}",)


def insert(connection: AsyncConnection, table: Table) -> postgresql.Insert | sqlite.Insert:
    """Return an INSERT that knows ON CONFLICT, which both databases have and standard SQL has not."""
    if connection.dialect.name == "sqlite":
        return sqlite.insert(table)
    return postgresql.insert(table)


class Archive:
    """An archive whose schema `migrate` brought to this release; connects when first used."""

    def __init__(self, engine: AsyncEngine) -> None:
        self.engine = engine
        self.is_file = engine.dialect.name == "sqlite"
        """Whether it is one machine's file."""
        self._writer = engine.execution_options(**{sqlite_file.BEGIN: "BEGIN IMMEDIATE"})
        self._bare = engine.execution_options(**{sqlite_file.BEGIN: ""})
        # SQLite has one writer at a time: here they queue, where SQLite would have them look again and again.
        self._turn = asyncio.Lock() if self.is_file else contextlib.nullcontext()

    @classmethod
    def open(cls, url: str) -> "Archive":
        """Open the archive at `url`. Raises ArchiveUnusable, OSError; a server is called at first use."""
        parsed = parse_url(url)
        pool: dict[str, Any] = {} if is_sqlite(parsed) else {"pool_pre_ping": True}
        engine = create_async_engine(
            parsed.set(drivername="sqlite+aiosqlite") if is_sqlite(parsed) else parsed,
            hide_parameters=True,
            connect_args=connect_args(parsed),
            pool_timeout=10,
            **pool,
        )
        instruct(engine.sync_engine)
        if not is_sqlite(parsed):
            _set_limits(engine.sync_engine)
        return cls(engine)

    async def close(self) -> None:
        """Close all connections."""
        await self.engine.dispose()

    @contextlib.asynccontextmanager
    async def begin(self) -> AsyncIterator[AsyncConnection]:
        """A transaction that writes: committed at its end, rolled back by an exception."""
        async with self._turn, self._deadline(), self._writer.begin() as connection:
            yield connection

    @contextlib.asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncConnection]:
        """A transaction that reads, beside any that writes."""
        async with self._deadline(), self.engine.begin() as connection:
            yield connection

    def _deadline(self) -> asyncio.Timeout:
        """Raises TimeoutError, which is one of ARCHIVE_AWAY."""
        return asyncio.timeout(None if self.is_file else _DEADLINE_S)

    @contextlib.asynccontextmanager
    async def bare(self) -> AsyncIterator[AsyncConnection]:
        """A connection that begins no transaction, while nobody here writes: to look after SQLite's file."""
        async with self._turn, self._bare.connect() as connection:
            yield connection
