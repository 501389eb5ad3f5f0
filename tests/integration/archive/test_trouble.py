"""A database that is away, locked, full or wrong: what a caller meets, and what a log may say."""

import asyncio
import contextlib
import os
import signal
import sqlite3
import subprocess
import sys
import tempfile
import traceback
from pathlib import Path

import psycopg
import pytest
from psycopg import sql
from sqlalchemy import event, insert, make_url
from sqlalchemy.exc import IntegrityError

from dolmetsch_core.archive import database, tables, votes, writing
from dolmetsch_core.archive.database import ARCHIVE_AWAY, Archive, ArchiveUnusable
from dolmetsch_core.archive.migrate import migrate
from tests.integration.archive.postgresql_server import PostgresqlServer
from tests.integration.archive.talks import said, stored, texts
from tests.waiting import looks

SECRET = "Geheim"


@pytest.mark.parametrize(
    "address",
    [
        "",
        "nonsense",
        "mysql://host/archive",
        "sqlite://",
        "sqlite:///:memory:",
        "postgresql+asyncpg://host/a",
    ],
)
async def test_an_address_of_another_kind_is_refused_with_what_it_should_be(address: str) -> None:
    with pytest.raises(ArchiveUnusable, match=r"must be sqlite:///.*postgresql://"):
        await migrate(address)
    with pytest.raises(ArchiveUnusable):
        Archive.open(address)


async def test_a_password_is_in_no_message() -> None:
    with pytest.raises(ArchiveUnusable) as refused:
        await migrate(f"mysql://user:{SECRET}@host/archive")
    with pytest.raises(ARCHIVE_AWAY) as away:
        await migrate(f"postgresql://user:{SECRET}@127.0.0.1:1/archive")
    assert SECRET not in "".join(
        traceback.format_exception(refused.value) + traceback.format_exception(away.value)
    )


@pytest.mark.parametrize("below", ["file/archive.db", "folder"])
async def test_a_place_that_takes_no_file_is_refused_by_its_name(tmp_path: Path, below: str) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "folder").mkdir()
    with pytest.raises(ArchiveUnusable, match=r"can't be written .*: name another file"):
        await migrate(f"sqlite:///{tmp_path / below}")


OPEN_AS_NOBODY = """
import os, sys
from dolmetsch_core.archive.database import Archive, ArchiveUnusable
if os.geteuid() == 0:  # whom no rights stop
    os.setgroups([]), os.setgid(65534), os.setuid(65534)
try:
    Archive.open(sys.argv[1])
except ArchiveUnusable as error:
    print(error)
"""


@pytest.mark.parametrize(("folder", "file"), [(0o555, None), (0o555, 0o666), (0o777, 0o444)])
def test_a_place_without_the_right_to_write_is_refused(folder: int, file: int | None) -> None:
    with tempfile.TemporaryDirectory() as place:
        if file is not None:
            (Path(place) / "archive.db").touch()
            (Path(place) / "archive.db").chmod(file)
        Path(place).chmod(folder)
        done = subprocess.run(
            [sys.executable, "-c", OPEN_AS_NOBODY, f"sqlite:///{place}/archive.db"],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        Path(place).chmod(0o700)
    assert "can't be written" in done.stdout, done.stderr
    assert "give it and its folder to the user" in done.stdout


def test_a_file_that_is_no_database_is_refused(sqlite_url: str, sqlite_path: Path) -> None:
    sqlite_path.parent.mkdir()
    sqlite_path.write_text("Dear diary, " * 999)
    with pytest.raises(ArchiveUnusable, match="not an SQLite file or is damaged: name another file"):
        asyncio.run(migrate(sqlite_url))
    assert sqlite_path.read_text().startswith("Dear diary")


async def test_a_server_that_is_not_there_is_away(tmp_path: Path) -> None:
    with pytest.raises(ARCHIVE_AWAY):
        await migrate(f"postgresql://tests@/archive?host={tmp_path}")
    archive = Archive.open(f"postgresql://tests@/archive?host={tmp_path}")
    with pytest.raises(ARCHIVE_AWAY):
        await votes.counts(archive)
    await archive.close()


async def test_a_user_who_may_not_make_tables_is_told_whose_the_database_must_be(
    postgresql: PostgresqlServer, postgresql_url: str
) -> None:
    with postgresql.admin() as admin:
        admin.execute("DROP ROLE IF EXISTS visitor")
        admin.execute("CREATE ROLE visitor LOGIN")
    with pytest.raises(ArchiveUnusable, match=r"may not create tables in .* OWNER TO"):
        await migrate(postgresql_url.replace("tests@", "visitor@"))


@pytest.mark.parametrize("encoding", ["SQL_ASCII", "LATIN1"])
async def test_a_database_that_can_not_hold_every_script_is_refused(
    postgresql: PostgresqlServer, postgresql_url: str, encoding: str
) -> None:
    """SQL_ASCII is what PostgreSQL makes of a server without a locale."""
    with postgresql.admin() as admin:
        admin.execute(f"CREATE DATABASE narrow TEMPLATE template0 ENCODING '{encoding}' LOCALE 'C'")
    address = str(make_url(postgresql_url).set(database="narrow"))
    try:
        with pytest.raises(ArchiveUnusable, match=rf"has the encoding {encoding}.* ENCODING 'UTF8'"):
            await migrate(address)
    finally:
        postgresql.drop_database(address)


async def test_a_server_that_comes_back_is_used_again(
    postgresql: PostgresqlServer, postgresql_url: str
) -> None:
    await migrate(postgresql_url)
    archive = Archive.open(postgresql_url)
    transcript = await stored(archive)
    name = archive.engine.url.database
    allow = sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS {}")
    with postgresql.admin() as admin:
        admin.execute(allow.format(sql.Identifier(name or ""), sql.SQL("false")))
        admin.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name])
        with pytest.raises(ARCHIVE_AWAY):
            await writing.append(archive, transcript, [said(2)], [])
        with pytest.raises(ARCHIVE_AWAY):
            await migrate(postgresql_url)
        admin.execute(allow.format(sql.Identifier(name or ""), sql.SQL("true")))
    await writing.append(archive, transcript, [said(2)], [])
    assert len(await texts(archive)) == 3
    await archive.close()


async def test_a_server_that_takes_no_writing_is_away(
    postgresql: PostgresqlServer, postgresql_url: str
) -> None:
    await migrate(postgresql_url)
    with postgresql.admin() as admin:
        name = sql.Identifier(make_url(postgresql_url).database or "")
        admin.execute(sql.SQL("ALTER DATABASE {} SET default_transaction_read_only = on").format(name))
    archive = Archive.open(postgresql_url)
    with pytest.raises(ARCHIVE_AWAY):
        await votes.add(archive, "A")
    assert await votes.counts(archive) == {}
    await archive.close()


async def test_a_table_that_somebody_has_locked_is_away(
    postgresql: PostgresqlServer, postgresql_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(database._LIMITS_MS, "lock_timeout", 100)
    await migrate(postgresql_url)
    archive = Archive.open(postgresql_url)
    with postgresql.admin(make_url(postgresql_url).database or "") as somebody, somebody.transaction():
        somebody.execute("LOCK TABLE vote")
        with pytest.raises(ARCHIVE_AWAY):
            await votes.counts(archive)
        with pytest.raises(ARCHIVE_AWAY):
            await votes.add(archive, "A")
    assert await votes.add(archive, "A") == 1
    await archive.close()


async def test_a_server_that_stands_still_is_away(
    postgresql: PostgresqlServer, postgresql_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    await migrate(postgresql_url)
    archive = Archive.open(postgresql_url)
    await votes.add(archive, "A")
    name = make_url(postgresql_url).database
    with postgresql.admin() as admin:
        found = admin.execute("SELECT pid FROM pg_stat_activity WHERE datname = %s", [name]).fetchall()
    pids = [row[0] for row in found]
    try:
        for pid in pids:
            os.kill(pid, signal.SIGSTOP)
        with monkeypatch.context() as hasty, pytest.raises(ARCHIVE_AWAY):
            hasty.setattr(database, "_DEADLINE_S", 0.2)
            await votes.counts(archive)
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGCONT)
    async with contextlib.aclosing(looks("it answers again", 60)) as looking:
        async for _ in looking:
            with contextlib.suppress(*ARCHIVE_AWAY):
                assert await votes.counts(archive) == {"A": 1}
                break
    await archive.close()


async def test_a_locked_file_is_away_for_writers_alone(sqlite_url: str, sqlite_path: Path) -> None:
    await migrate(sqlite_url)
    archive = Archive.open(sqlite_url + "?timeout=0.05")
    transcript = await stored(archive)
    locker = sqlite3.connect(sqlite_path, isolation_level=None)
    locker.execute("BEGIN IMMEDIATE")
    with pytest.raises(ARCHIVE_AWAY):
        await writing.append(archive, transcript, [said(2)], [])
    assert len(await texts(archive)) == 2
    locker.close()
    await writing.append(archive, transcript, [said(2)], [])
    assert len(await texts(archive)) == 3
    await archive.close()


async def test_a_full_disk_is_away_and_leaves_the_archive_whole(sqlite_url: str) -> None:
    await migrate(sqlite_url)
    archive = Archive.open(sqlite_url)

    @event.listens_for(archive.engine.sync_engine, "connect")
    def small(connection: sqlite3.Connection, _: object) -> None:
        cursor = connection.cursor()
        cursor.execute("PRAGMA max_page_count = 40")
        cursor.close()

    transcript = await stored(archive)
    with pytest.raises(ARCHIVE_AWAY) as full:
        await writing.append(archive, transcript, [said(n, SECRET * 999) for n in range(2, 99)], [])
    assert "full" in str(full.value)
    assert SECRET not in "".join(traceback.format_exception(full.value))
    assert await texts(archive) == ["Said 0.", "Said 1."]
    await archive.close()


async def test_no_error_repeats_what_was_said(archive: Archive) -> None:
    transcript = await stored(archive)
    row = {**said(5, SECRET).model_dump(exclude={"v"}), "transcript_id": transcript, "line": None}
    with pytest.raises(IntegrityError) as refused:
        async with archive.begin() as connection:
            await connection.execute(insert(tables.sentence), [row])
    told = "".join(traceback.format_exception(refused.value)) + repr(refused.value.orig)
    assert "line" in told
    assert SECRET not in told
    if isinstance(refused.value.orig, psycopg.Error):
        assert refused.value.orig.sqlstate == "23502"
