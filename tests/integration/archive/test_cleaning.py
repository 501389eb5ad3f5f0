"""Files that a deletion could not clean, as somebody was in the way, are cleaned as soon as that ends."""

import asyncio
import logging
import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import delete

from dolmetsch_core.archive import cleaning, deleting, tables
from dolmetsch_core.archive.cleaning import NotCleaned
from dolmetsch_core.archive.database import Archive
from dolmetsch_core.archive.migrate import migrate
from dolmetsch_core.archive.opening import Opening
from tests.integration.archive.talks import ADMIN, said, stored
from tests.waiting import until

IMPATIENT = "?timeout=0.05"
SECRET = "Geheim"


@pytest.fixture
async def file(sqlite_url: str) -> AsyncIterator[Archive]:
    await migrate(sqlite_url)
    opened = Archive.open(sqlite_url + IMPATIENT)
    yield opened
    await opened.close()


@pytest.fixture
async def at_work(sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Opening]:
    """The archive as an api or a worker has it, looked after."""
    monkeypatch.setattr(cleaning, "AGAIN_S", 0.05)
    opening = Opening(sqlite_url + IMPATIENT)
    opening.start()
    await opening.ready.wait()
    yield opening
    await opening.close()


@contextmanager
def in_the_way(path: Path, *statements: str) -> Iterator[None]:
    """Another process in the middle of a transaction."""
    somebody = sqlite3.connect(path, isolation_level=None)
    try:
        for each in statements:
            somebody.execute(each).fetchall()
        yield
    finally:
        somebody.close()


READS = ("BEGIN", "SELECT text FROM sentence")
WRITES = ("BEGIN IMMEDIATE", "UPDATE vote SET count = count")


def secrets(folder: Path) -> int:
    return sum(each.read_bytes().count(SECRET.encode()) for each in folder.iterdir())


async def test_what_a_reader_kept_from_cleaning_is_cleaned_once_it_has_read(
    at_work: Opening, sqlite_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    await stored(at_work.archive, sentences=[said(0, SECRET)])
    with in_the_way(sqlite_path, *READS), caplog.at_level(logging.WARNING):
        assert await deleting.delete_room(at_work.archive, "hall", ADMIN) == 1
        assert "still hold what was deleted (somebody reads it)" in caplog.text
        assert secrets(sqlite_path.parent) > 0
    await until(lambda: not secrets(sqlite_path.parent), "nothing is left")


async def test_what_a_process_left_that_ended_before_it_cleaned_is_cleaned_by_others(
    file: Archive, sqlite_path: Path, at_work: Opening
) -> None:
    await stored(file, sentences=[said(0, SECRET)])
    with in_the_way(sqlite_path, *READS):
        async with file.begin() as connection:
            await connection.execute(delete(tables.transcript))
            await cleaning.owe(connection)
        await file.close()
        assert secrets(sqlite_path.parent) > 0
    await until(lambda: not secrets(sqlite_path.parent), "nothing is left")


async def test_who_cleans_while_another_writes_tries_again(file: Archive, sqlite_path: Path) -> None:
    await stored(file, sentences=[said(0, SECRET)])
    async with file.begin() as connection:
        await connection.execute(delete(tables.transcript))
        await cleaning.owe(connection)
    with in_the_way(sqlite_path, *WRITES), pytest.raises(NotCleaned, match="OperationalError"):
        await cleaning.clean(file)
    await cleaning.clean(file)
    assert secrets(sqlite_path.parent) == 0


async def test_trying_again_while_a_reader_stays_writes_nothing(file: Archive, sqlite_path: Path) -> None:
    log = sqlite_path.with_name("archive.db-wal")
    await stored(file, sentences=[said(0, SECRET * 10_000)])
    await stored(file, "elsewhere", sentences=[said(0, "y" * 100_000)])
    with in_the_way(sqlite_path, *READS):
        await deleting.delete_room(file, "hall", ADMIN)
        size = log.stat().st_size
        for _ in range(5):
            with pytest.raises(NotCleaned):
                await cleaning.clean(file, brief=True)
        assert log.stat().st_size == size
    await cleaning.clean(file, brief=True)
    assert secrets(sqlite_path.parent) == 0


async def test_what_is_deleted_while_a_reader_keeps_another_deletion_waiting_is_cleaned_too(
    file: Archive, sqlite_path: Path
) -> None:
    await stored(file, sentences=[said(0, "Something else.")])
    await stored(file, "elsewhere", sentences=[said(0, SECRET * 99)])
    with in_the_way(sqlite_path, *READS):
        await deleting.delete_room(file, "hall", ADMIN)
        await deleting.delete_room(file, "elsewhere", ADMIN)
    await cleaning.clean(file)
    assert secrets(sqlite_path.parent) == 0


async def test_a_brief_try_leaves_the_connections_as_patient_as_they_were(file: Archive) -> None:
    await stored(file)
    await deleting.delete_room(file, "hall", ADMIN)
    await cleaning.clean(file, brief=True)
    async with file.bare() as connection:
        assert (await connection.exec_driver_sql("PRAGMA busy_timeout")).scalar() == 50


async def test_a_deletion_while_another_cleans_is_cleaned_too(sqlite_url: str, sqlite_path: Path) -> None:
    await migrate(sqlite_url)
    archives = [Archive.open(sqlite_url) for _ in range(3)]
    for each in range(9):
        await stored(archives[0], f"room{each}", sentences=[said(0, SECRET * 99)])
    await asyncio.gather(
        *(deleting.delete_room(archives[each % 3], f"room{each}", ADMIN) for each in range(9))
    )
    await cleaning.clean(archives[0])
    assert secrets(sqlite_path.parent) == 0
    for each in archives:
        await each.close()
