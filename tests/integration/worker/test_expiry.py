"""Days that transcripts are kept: counted by the scribe, from the end of the talk."""

import time

import pytest
from redis.asyncio import Redis
from sqlalchemy import text

from dolmetsch_core.archive import deleting, writing
from tests.integration.worker.scribing import allow, copied, logged, parts, scribe
from tests.integration.worker.talk import Talk, eventually


async def test_expired_transcripts_are_deleted(store: Redis, url: str) -> None:
    talk = Talk(store)
    await talk.begin()
    await allow(store, keep_days=1)
    async with scribe(store, url) as archive:
        await talk.say("Gone tomorrow.")
        await copied(archive, "Gone tomorrow.")
        assert await deleting.expire(archive, time.time()) == 0
        assert await deleting.expire(archive, time.time() + 90_000) == 1
        await copied(archive)


async def test_the_setting_of_today_decides_for_talks_that_do_not_say(store: Redis, url: str) -> None:
    talk = Talk(store)
    await talk.begin()
    await allow(store)
    async with scribe(store, url) as archive:
        await talk.say("One.")
        await copied(archive, "One.")
        later = time.time() + 8 * 86_400
        assert await deleting.expire(archive, later) == 0
        assert await deleting.expire(archive, later, keep_days=9) == 0
        assert await deleting.expire(archive, later, keep_days=7) == 1


async def test_a_transcript_whose_end_nobody_saw_ended_with_its_last_sentence(store: Redis, url: str) -> None:
    talk = Talk(store)
    await talk.begin()
    await allow(store)
    async with scribe(store, url) as archive:
        await talk.say("One.")
        await copied(archive, "One.")
        assert await writing.end_forgotten(archive, time.time() - 3600) == 0
        assert await writing.end_forgotten(archive, time.time() + 1) == 1
        (part,) = await parts(archive)
        assert part.ended == part.updated


async def test_an_expiry_that_fails_in_a_new_way_is_told_and_not_tried_without_end(
    store: Redis, url: str, caplog: pytest.LogCaptureFixture
) -> None:
    talk = Talk(store)
    await talk.begin()
    await allow(store)
    async with scribe(store, url) as archive:
        await talk.say("One.")
        await copied(archive, "One.")
        async with archive.begin() as connection:
            for each in (
                "UPDATE transcript SET updated = 1",
                "CREATE TRIGGER broken BEFORE UPDATE ON transcript BEGIN SELECT RAISE(ABORT, 'broken'); END",
            ):
                await connection.execute(text(each))
    async with scribe(store, url):
        await eventually(lambda: logged(caplog, "deletion of expired transcripts ended"), "the word on it")
    assert "starts again in 60 s: IntegrityError at " in caplog.text
