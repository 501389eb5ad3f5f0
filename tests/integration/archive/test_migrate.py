"""The schema: what migrations make is what the statements expect, from any release, by any number at once."""

import asyncio
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import text

from dolmetsch_core.archive import deleting, reading, reviews, rooms, writing
from dolmetsch_core.archive.database import Archive, ArchiveUnusable
from dolmetsch_core.archive.migrate import migrate
from dolmetsch_core.archive.tables import metadata
from tests.integration.archive.talks import ADMIN, STARTED, known, said, stored, texts

REPOSITORY = Path(__file__).parents[3]
MIGRATE = """
import asyncio, sys
from dolmetsch_core.archive import migrate
print(migrate.__file__)
asyncio.run(migrate.migrate(sys.argv[1]))
"""


_OF_OLD = (
    "INSERT INTO transcript (room, session, public, source_lang, title, code, persons, location,"
    " track, track_color, started, created, updated) VALUES ('hall', 's0', true, 'en', 'Früher', 'X',"
    f" '[\"Ä\"]', '', '', '', {STARTED}, {STARTED}, {STARTED})",
    "INSERT INTO transcript_owner VALUES (1, 'ann')",
    "INSERT INTO sentence VALUES (1, 0, 0, 0, 0.5, 1.5, -1, 'en', 'Of old.')",
    "INSERT INTO translation VALUES (1, 0, 'de', 'Von früher.')",
)


async def test_the_migrated_schema_is_the_one_that_statements_are_made_from(archive: Archive) -> None:
    async with archive.reading() as connection:
        differences = await connection.run_sync(
            lambda sync: compare_metadata(MigrationContext.configure(sync), metadata)
        )
    assert differences == []


async def test_migrating_again_changes_nothing(archive: Archive, url: str) -> None:
    await stored(archive)
    await migrate(url)
    assert len(await texts(archive)) == 2


async def test_an_older_archive_keeps_its_transcripts(url: str) -> None:
    await migrate(url, to="0001")
    archive = Archive.open(url)
    await _execute(archive, *_OF_OLD, "INSERT INTO vote VALUES ('X', 3)")
    await migrate(url)

    (part,) = await reading.parts(archive, "hall", ADMIN)
    assert (part.talk.title, part.talk.persons, part.lines[0].translations) == (
        "Früher", ("Ä",), {"de": "Von früher."},
    )  # fmt: skip
    assert await deleting.expire(archive, STARTED * 2) == 0
    assert await rooms.all_rooms(archive) == []
    await stored(archive, session="new", keep_days=1)
    assert await deleting.delete_room(archive, "hall", ADMIN) == 2
    await archive.close()


async def test_of_a_transcript_from_before_nobody_knows_who_made_it_until_the_talk_goes_on(url: str) -> None:
    await migrate(url, to="0003")
    archive = Archive.open(url)
    languages = [
        f"INSERT INTO transcript_language (transcript_id, lang) VALUES (1, '{lang}')" for lang in ("de", "en")
    ]
    await _execute(archive, *_OF_OLD, *languages)
    await migrate(url)

    (part,) = await reading.parts(archive, "hall", ADMIN)
    assert (part.speech_model, part.translators, part.reviewed) == ("", {}, False)
    assert await reviews.review_room(archive, "hall", ADMIN, reviewed=True) == 1
    await writing.append(archive, 1, [said(1, model="base")], [known(1, by="libretranslate")])
    (part,) = await reading.parts(archive, "hall", ADMIN)
    assert (part.speech_model, part.translators, part.reviewed) == ("base", {"de": "libretranslate"}, False)
    await archive.close()


async def test_the_release_before_writes_on_while_this_one_has_begun(archive: Archive) -> None:
    await _execute(
        archive, *_OF_OLD, "INSERT INTO transcript_language (transcript_id, lang) VALUES (1, 'en')"
    )
    (part,) = await reading.parts(archive, "hall", ADMIN)
    assert (part.speech_model, part.translators, part.reviewed) == ("", {}, False)


async def _execute(archive: Archive, *statements: str) -> None:
    async with archive.begin() as connection:
        for each in statements:
            await connection.execute(text(each))


async def _migrates(url: str) -> tuple[int | None, str]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-W", "error", "-c", MIGRATE, url, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    output, _ = await process.communicate()
    return process.returncode, output.decode()


@pytest.mark.parametrize("before", ["", "0001", "0002", "0003"])
async def test_three_processes_may_migrate_at_once(url: str, before: str) -> None:
    if before:
        await migrate(url, to=before)
    ended = await asyncio.gather(*(_migrates(url) for _ in range(3)))
    assert [code for code, _ in ended] == [0, 0, 0], ended
    archive = Archive.open(url)
    await stored(archive)
    await archive.close()


async def test_a_schema_of_a_later_release_is_refused_and_left_alone(archive: Archive, url: str) -> None:
    async with archive.begin() as connection:
        await connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(ArchiveUnusable, match=r"9999, newer than this release knows .*: run the release"):
        await migrate(url)
    async with archive.reading() as connection:
        assert await connection.scalar(text("SELECT version_num FROM alembic_version")) == "9999"


def test_migrations_come_with_the_wheel(tmp_path: Path, sqlite_url: str) -> None:
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", tmp_path],
        cwd=REPOSITORY, check=True, capture_output=True,
    )  # fmt: skip
    (wheel,) = tmp_path.glob("*.whl")
    zipfile.ZipFile(wheel).extractall(tmp_path / "unpacked")
    done = subprocess.run(
        [sys.executable, "-c", MIGRATE, sqlite_url],
        cwd=tmp_path,
        env={"PYTHONPATH": str(tmp_path / "unpacked")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(str(tmp_path / "unpacked"))
