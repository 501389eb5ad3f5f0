"""What lies on the disk of one machine: its owner's alone, and nothing of what was deleted."""

import asyncio
import random
import sqlite3
from pathlib import Path

import pytest

from dolmetsch_core.archive import deleting
from dolmetsch_core.archive.database import Archive
from dolmetsch_core.archive.migrate import migrate
from tests.integration.archive.talks import ADMIN, said, stored


def _found(folder: Path, text: str) -> int:
    return sum(each.read_bytes().count(text.encode()) for each in folder.iterdir())


async def test_only_the_owner_may_read_the_files(sqlite_url: str, sqlite_path: Path) -> None:
    await migrate(sqlite_url)
    archive = Archive.open(sqlite_url)
    await stored(archive)
    rights = {each.name: each.stat().st_mode & 0o777 for each in sqlite_path.parent.iterdir()}
    assert rights == {"archive.db": 0o600, "archive.db-wal": 0o600, "archive.db-shm": 0o600}
    assert sqlite_path.parent.stat().st_mode & 0o777 == 0o700
    await archive.close()


def test_a_file_that_others_could_read_is_closed_to_them(sqlite_url: str, sqlite_path: Path) -> None:
    asyncio.run(migrate(sqlite_url))
    sqlite_path.chmod(0o644)
    asyncio.run(migrate(sqlite_url))
    assert sqlite_path.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("seed", range(3))
async def test_no_file_holds_a_deleted_sentence(sqlite_url: str, sqlite_path: Path, seed: int) -> None:
    """Rows of all lengths, of talks held at once: they move between pages, which leaves copies behind."""
    await migrate(sqlite_url)
    archive = Archive.open(sqlite_url)
    rooms = {}
    for each in range(8):
        room = f"room{each}"
        rooms[await stored(archive, room, sentences=[said(0, "Geheim0:")])] = room
    _say_much(sqlite_path, list(rooms), random.Random(seed))
    for transcript, room in list(rooms.items())[:6]:
        assert _found(sqlite_path.parent, f"Geheim{transcript}:") > 0
        await deleting.delete_room(archive, room, ADMIN)
        assert _found(sqlite_path.parent, f"Geheim{transcript}:") == 0
    assert _found(sqlite_path.parent, f"Geheim{list(rooms)[7]}:") > 100
    await archive.close()


def _say_much(path: Path, transcripts: list[int], chance: random.Random) -> None:
    """As `append` does, sentence by sentence, but quickly."""
    connection = sqlite3.connect(path, isolation_level=None)
    for pragma in ("foreign_keys = ON", "secure_delete = ON", "synchronous = OFF"):
        connection.execute(f"PRAGMA {pragma}")
    for n in range(1, 3000):
        transcript = chance.choice(transcripts)
        length = chance.choice([10, 50, 200, 900, 5000])
        connection.execute("BEGIN IMMEDIATE")
        connection.execute(
            "INSERT INTO sentence VALUES (?, ?, 0, 0, 0.5, 1.5, -1, 'en', ?)",
            (transcript, n, f"Geheim{transcript}:" + "x" * length),
        )
        for lang in ("de", "pt"):
            text = f"Geheim{transcript}:" + "y" * chance.randint(10, 300)
            connection.execute("INSERT INTO translation VALUES (?, ?, ?, ?)", (transcript, n, lang, text))
        connection.execute("COMMIT")
    connection.close()
