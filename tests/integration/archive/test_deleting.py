"""What is deleted is gone, stays gone, and wins against whoever writes at the same time."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from dolmetsch_core.archive import deleting, tables, writing
from dolmetsch_core.archive.database import Archive
from dolmetsch_core.archive.deleting import DAY_S
from dolmetsch_core.archive.writing import TranscriptGone
from dolmetsch_core.wire.consent import MAX_KEEP_DAYS
from tests.integration.archive.talks import ADMIN, ANN, BOB, STARTED, consent, known, said, stored, texts
from tests.waiting import looks


class Held(Archive):
    """The archive of another process whose next writing transaction waits just before its commit."""

    def __init__(self, archive: Archive) -> None:
        super().__init__(archive.engine)
        self.written = asyncio.Event()
        self.go_on = asyncio.Event()

    @contextlib.asynccontextmanager
    async def begin(self) -> AsyncIterator[AsyncConnection]:
        async with super().begin() as connection:
            yield connection
            self.written.set()
            await self.go_on.wait()


async def _waits_for_the_other(task: asyncio.Task[object], archive: Archive) -> None:
    """Until PostgreSQL says that somebody waits for a lock; SQLite has one writer, and tells nobody."""
    if archive.engine.dialect.name == "postgresql":
        blocked = text("SELECT count(*) FROM pg_locks WHERE NOT granted")
        async with contextlib.aclosing(looks("one waits for the other", 30)) as looking:
            async for _ in looking:
                async with archive.reading() as connection:
                    if await connection.scalar(blocked):
                        break
    assert not task.done()


async def _rows(archive: Archive) -> dict[str, int]:
    async with archive.reading() as connection:
        kinds = (tables.transcript, tables.transcript_owner, tables.sentence, tables.translation)
        return {
            kind.name: await connection.scalar(select(func.count()).select_from(kind)) or 0 for kind in kinds
        }


NOTHING = {"transcript": 0, "transcript_owner": 0, "sentence": 0, "translation": 0}


async def test_a_deletion_takes_everything_and_leaves_the_rest(archive: Archive) -> None:
    await stored(archive, "hall", translations=[known(0)])
    await stored(archive, "elsewhere", translations=[known(0)])
    assert await deleting.delete_room(archive, "hall", ANN) == 1
    assert await _rows(archive) == {"transcript": 1, "transcript_owner": 1, "sentence": 2, "translation": 1}
    assert await texts(archive, "elsewhere") == ["Said 0.", "Said 1."]


async def test_a_deleted_session_is_never_copied_again(archive: Archive) -> None:
    transcript = await stored(archive)
    await deleting.delete_room(archive, "hall", ANN)
    with pytest.raises(TranscriptGone):
        await writing.append(archive, transcript, [said(2)], [])
    assert await writing.keep(archive, consent(), STARTED) is None
    assert await writing.keep(archive, consent(session="next"), STARTED) is not None


async def test_a_running_session_that_is_not_stored_yet_can_be_deleted(archive: Archive) -> None:
    await stored(archive, session="before", owner="bob")
    assert await deleting.delete_room(archive, "hall", ANN, sessions=["running"]) == 0
    assert await writing.keep(archive, consent(session="running"), STARTED) is None
    assert await writing.keep(archive, consent(session="before", owner="bob"), STARTED) is not None
    assert await deleting.delete_room(archive, "hall", BOB) == 1


async def test_a_withdrawn_session_is_deleted_for_good(archive: Archive) -> None:
    await stored(archive, session="s1", translations=[known(1)])
    assert await deleting.withdraw(archive, "hall", "s1") is True
    assert await deleting.withdraw(archive, "hall", "s1") is False
    assert await deleting.withdraw(archive, "hall", "never stored") is False
    assert await _rows(archive) == NOTHING
    assert await writing.keep(archive, consent(session="s1"), STARTED) is None
    assert await writing.keep(archive, consent(session="never stored"), STARTED) is None


async def test_a_deletion_waits_for_an_append_and_takes_what_it_added(
    archive: Archive, other: Archive
) -> None:
    transcript = await stored(archive)
    held = Held(other)
    appending = asyncio.create_task(writing.append(held, transcript, [said(2)], [known(2)]))
    await held.written.wait()
    deletion = asyncio.create_task(deleting.delete_room(archive, "hall", ANN))
    await _waits_for_the_other(deletion, archive)
    held.go_on.set()
    await appending
    assert await deletion == 1
    assert await _rows(archive) == NOTHING


async def test_an_append_waits_for_a_deletion_and_finds_the_transcript_gone(
    archive: Archive, other: Archive
) -> None:
    transcript = await stored(archive)
    held = Held(other)
    deletion = asyncio.create_task(deleting.delete_room(held, "hall", ANN))
    await held.written.wait()
    appending = asyncio.create_task(writing.append(archive, transcript, [said(2)], [known(2)]))
    await _waits_for_the_other(appending, archive)
    held.go_on.set()
    assert await deletion == 1
    with pytest.raises(TranscriptGone):
        await appending
    assert await _rows(archive) == NOTHING


async def test_a_withdrawal_waits_for_a_transcript_that_is_being_made(
    archive: Archive, other: Archive
) -> None:
    held = Held(other)
    keeping = asyncio.create_task(writing.keep(held, consent(), STARTED))
    await held.written.wait()
    withdrawal = asyncio.create_task(deleting.withdraw(archive, "hall", "s1"))
    await _waits_for_the_other(withdrawal, archive)
    held.go_on.set()
    made = await keeping
    assert await withdrawal is True
    assert await _rows(archive) == NOTHING
    assert made is not None
    with pytest.raises(TranscriptGone):
        await writing.append(archive, made, [said(0)], [])


async def test_a_transcript_is_not_made_beside_a_withdrawal(archive: Archive, other: Archive) -> None:
    held = Held(other)
    withdrawal = asyncio.create_task(deleting.withdraw(held, "hall", "s1"))
    await held.written.wait()
    keeping = asyncio.create_task(writing.keep(archive, consent(), STARTED))
    await _waits_for_the_other(keeping, archive)
    held.go_on.set()
    assert await withdrawal is False
    assert await keeping is None
    assert await _rows(archive) == NOTHING


async def test_two_who_delete_the_same_both_succeed(archive: Archive, other: Archive) -> None:
    for session in ("a", "b", "c"):
        await stored(archive, session=session)
    counts = await asyncio.gather(
        deleting.delete_room(archive, "hall", ANN),
        deleting.delete_room(other, "hall", ADMIN),
        deleting.withdraw(archive, "hall", "b"),
    )
    assert sum(counts) == 3
    assert await _rows(archive) == NOTHING


async def test_days_count_from_the_end_or_else_from_the_last_sentence(archive: Archive) -> None:
    now = time.time()
    ended = await stored(archive, session="ended", keep_days=2)
    await writing.end(archive, ended, now - DAY_S)
    await stored(archive, session="never ended", keep_days=2)
    await stored(archive, session="kept")
    assert await deleting.expire(archive, now + DAY_S - 1) == 0
    assert await deleting.expire(archive, now + DAY_S) == 1
    assert await writing.keep(archive, consent(session="ended", keep_days=2), STARTED) is None
    assert await deleting.expire(archive, now + 3 * DAY_S) == 1
    assert await deleting.expire(archive, now + 1000 * DAY_S) == 0
    assert len(await texts(archive)) == 2


@pytest.mark.parametrize("setting", [None, MAX_KEEP_DAYS])
async def test_a_hundred_years_are_counted_like_any_days_and_stop_nothing_else(
    archive: Archive, setting: int | None
) -> None:
    now = time.time()
    await stored(archive, session="a century", keep_days=MAX_KEEP_DAYS)
    await stored(archive, session="a day", keep_days=1)
    await stored(archive, session="as the setting says")
    assert await deleting.expire(archive, now + 2 * DAY_S, setting) == 1
    century = now + MAX_KEEP_DAYS * DAY_S
    assert await deleting.expire(archive, century - DAY_S, setting) == 0
    assert await deleting.expire(archive, century + DAY_S, setting) == (2 if setting else 1)


async def test_however_many_expire_at_once_all_are_deleted(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deleting, "AT_ONCE", 2)
    for session in range(5):
        await stored(archive, session=f"s{session}", keep_days=1)
    assert await deleting.expire(archive, time.time() + 2 * DAY_S) == 5
    assert await _rows(archive) == NOTHING
