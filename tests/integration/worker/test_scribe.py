"""The scribe between a real Valkey and a real archive."""

import contextlib
import time
from pathlib import Path

import pytest
from redis.asyncio import Redis

from dolmetsch_core.archive import deleting, reading
from dolmetsch_core.archive.opening import Opening
from dolmetsch_core.archive.reading import Part, Viewer
from dolmetsch_core.live import audio, translations
from dolmetsch_core.wire.consent import TalkFacts
from dolmetsch_core.wire.feed import Translated
from tests.integration.worker.scribing import BEGAN, allow, copied, logged, parts, scribe, texts
from tests.integration.worker.talk import Talk, eventually


def files(folder: Path) -> bytes:
    """All that lies on the disk."""
    return b"".join(path.read_bytes() for path in folder.iterdir())


async def test_a_stored_talk_is_copied_as_it_grows_with_times_and_heading(store: Redis, url: str) -> None:
    talk = Talk(store)
    await talk.begin()
    await talk.say("Before the scribe came.")
    await audio.put_back_first(store, "talk", "uid.1", int(BEGAN * 1000))
    await allow(store, talk=TalkFacts(title="On captions", code="ABC", persons=("Ann",)))
    async with scribe(store, url) as archive:
        await copied(archive, "Before the scribe came.")
        await talk.say("And one more.", "Two more.")
        (part,) = await copied(archive, "Before the scribe came.", "And one more.", "Two more.")
        assert (part.started, part.talk.title, part.talk.persons) == (BEGAN, "On captions", ("Ann",))
        assert [line.sentence for line in part.lines] == talk.sentences
        assert part.ended is None


async def test_translations_follow_their_sentences(store: Redis, url: str) -> None:
    talk = Talk(store)
    await talk.begin()
    await allow(store)
    async with scribe(store, url) as archive:
        await talk.say("Good morning.")
        await copied(archive, "Good morning.")
        await translations.write(store, "talk", "uid.1", Translated(n=0, lang="de", text="Guten Morgen."))

        async def translated() -> bool:
            return texts(await parts(archive), "de") == ["Guten Morgen."]

        await eventually(translated, "its translation")


async def test_who_wrote_and_translated_a_talk_is_copied_with_it(store: Redis, url: str) -> None:
    talk = Talk(store, model="base")
    await talk.begin()
    await allow(store)
    async with scribe(store, url) as archive:
        await talk.say("Good morning.")
        await copied(archive, "Good morning.")
        morning = Translated(n=0, lang="de", text="Guten Morgen.", by="libretranslate")
        await translations.write(store, "talk", "uid.1", morning)

        async def named() -> bool:
            (part,) = await parts(archive)
            return (part.speech_model, part.translators) == ("base", {"de": "libretranslate"})

        await eventually(named, "both names")


@pytest.mark.parametrize("told", [False, True], ids=["nobody asked", "refused"])
async def test_a_talk_that_may_not_be_stored_leaves_nothing_not_even_a_mark(
    store: Redis, url: str, tmp_path: Path, told: bool
) -> None:
    secret, allowed = Talk(store, "secret"), Talk(store, "allowed")
    for each in (secret, allowed):
        await each.begin()
    if told:
        await allow(store, room="secret", store=False)
    await allow(store, room="allowed")
    async with scribe(store, url) as archive:
        await secret.say("Nobody may keep this.")
        kept = []
        # Again and again: what was to be copied of the other talk would be by then.
        for text in ("This may be kept.", "This too.", "And this."):
            await allowed.say(text)
            kept.append(text)
            await copied(archive, *kept, room="allowed")
        assert await parts(archive, "secret") == []
    found = files(tmp_path)
    assert b"This may be kept." in found
    assert b"secret" not in found
    assert b"Nobody may keep" not in found


async def test_what_was_copied_is_deleted_when_the_host_withdraws(
    store: Redis, url: str, tmp_path: Path
) -> None:
    talk = Talk(store)
    await talk.begin()
    await allow(store)
    async with scribe(store, url) as archive:
        await talk.say("Kept for a while.")
        await copied(archive, "Kept for a while.")
        await allow(store, store=False)
        await copied(archive)
        await talk.say("Never kept.")
        # Another api process had not heard of it yet.
        await allow(store, store=True)
        await allow(store, room="later")
        later = Talk(store, "later")
        await later.begin()
        await later.say("Of another talk.")
        await copied(archive, "Of another talk.", room="later")
        assert await parts(archive) == []
    kept = files(tmp_path)
    assert b"Kept for a while." not in kept
    assert b"Never kept." not in kept


async def test_a_transcript_deleted_while_the_talk_runs_does_not_come_back(store: Redis, url: str) -> None:
    talk = Talk(store)
    await talk.begin()
    await allow(store)
    async with scribe(store, url) as archive:
        await talk.say("Delete me.")
        await copied(archive, "Delete me.")
        assert await deleting.delete_room(archive, "talk", Viewer(subject="ann")) == 1
        await talk.say("Me too.")
        other = Talk(store, "other")
        await other.begin()
        await allow(store, room="other")
        await other.say("Still at work.")
        await copied(archive, "Still at work.", room="other")
        assert await parts(archive) == []
    async with scribe(store, url, "two") as archive:
        await other.say("Again.")
        await copied(archive, "Still at work.", "Again.", room="other")
        assert await parts(archive) == []


async def test_another_owner_and_publication_are_taken_over(store: Redis, url: str) -> None:
    talk = Talk(store)
    await talk.begin()
    await allow(store)
    async with scribe(store, url) as archive:
        await talk.say("Hello.")
        await copied(archive, "Hello.")
        assert await reading.parts(archive, "talk", Viewer()) == []
        await allow(store, owner="ben", public=True)

        async def public() -> bool:
            return bool(await reading.parts(archive, "talk", Viewer()))

        await eventually(public, "publication")
        for owner in ("ann", "ben"):
            (part,) = await reading.parts(archive, "talk", Viewer(subject=owner))
            assert part.mine, owner


async def test_a_closed_session_ends_its_transcript_also_for_a_scribe_that_was_away(
    store: Redis, url: str
) -> None:
    talk = Talk(store)
    await talk.begin()
    await allow(store)
    async with scribe(store, url) as archive:
        await talk.say("Hello.")
        await copied(archive, "Hello.")
    await talk.say("Bye.")
    await talk.close()
    async with scribe(store, url, "two") as archive:
        await copied(archive, "Hello.", "Bye.")

        async def ended() -> bool:
            return (await parts(archive))[0].ended is not None

        await eventually(ended, "the end")


async def test_a_store_that_lost_everything_costs_no_sentence(store: Redis, url: str) -> None:
    talk = Talk(store)
    await talk.begin()
    await allow(store)
    async with scribe(store, url) as archive:
        await talk.say("One.", "Two.")
        await copied(archive, "One.", "Two.")
        await store.flushall()
        # The engine puts back what it knows, the api its consents.
        again = Talk(store)
        await again.begin()
        await again.say("One.", "Two.", "Three.")
        await allow(store)
        (part,) = await copied(archive, "One.", "Two.", "Three.")
        assert part.ended is None


async def test_two_scribes_copy_once_and_the_other_takes_over(store: Redis, url: str) -> None:
    talk = Talk(store)
    await talk.begin()
    await allow(store)
    async with contextlib.AsyncExitStack() as first:
        archive = await first.enter_async_context(scribe(store, url, "one"))
        async with scribe(store, url, "two") as other:
            await talk.say("One.")
            await copied(archive, "One.")
            await first.aclose()
            await talk.say("Two.")
            await copied(other, "One.", "Two.")


async def test_an_archive_that_is_away_at_first_is_waited_for(
    store: Redis, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tries = 0

    async def fails_twice(_: str) -> None:
        nonlocal tries
        tries += 1
        if tries <= 2:
            raise OSError
        await real(f"sqlite:///{tmp_path}/archive.db")

    from dolmetsch_core.archive import opening

    real = opening.migrate
    monkeypatch.setattr(opening, "migrate", fails_twice)
    monkeypatch.setattr(opening, "AGAIN_S", 0.01)
    talk = Talk(store)
    await talk.begin()
    await talk.say("Not lost.")
    await allow(store)
    async with scribe(store, f"sqlite:///{tmp_path}/archive.db") as archive:
        await copied(archive, "Not lost.")
    assert tries == 3


async def test_who_knows_little_of_a_talk_leaves_heading_and_days_as_they_were(
    store: Redis, url: str
) -> None:
    talk = Talk(store)
    await talk.begin()
    await allow(store, keep_days=7, talk=TalkFacts(title="On captions", persons=("Ann",)))
    async with scribe(store, url) as archive:
        await talk.say("One.")
        await copied(archive, "One.")
        # An api that has just begun, and has no schedule yet; what it says of publication counts.
        await allow(store, planned=False, public=True, talk=TalkFacts(title="R1"))
        await talk.say("Two.")
        await copied(archive, "One.", "Two.")

        async def published() -> list[Part]:
            return await reading.parts(archive, "talk", Viewer())

        (part,) = await eventually(published, "publication")
        assert (part.talk.title, part.talk.persons) == ("On captions", ("Ann",))
        assert await deleting.expire(archive, time.time() + 8 * 86_400) == 1


async def test_a_process_that_sees_rooms_late_does_not_bring_a_consent_back(
    store: Redis, url: str, tmp_path: Path
) -> None:
    talk, other = Talk(store), Talk(store, "other")
    for each in (talk, other):
        await each.begin()
    await allow(store, generation=1)
    await allow(store, generation=2, store=False)
    async with scribe(store, url) as archive:
        await allow(store, generation=1)
        await talk.say("Never keep.")
        await allow(store, room="other")
        await other.say("Keep.")
        await copied(archive, "Keep.", room="other")
    assert b"Never keep." not in files(tmp_path)


async def test_an_archive_that_a_person_has_to_mend_is_named_and_looked_at_again(
    store: Redis, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    from dolmetsch_core.archive import opening

    monkeypatch.setattr(opening, "UNUSABLE_S", 0.05)
    path = tmp_path / "archive.db"
    path.write_text("This is no database, whatever it is called. " * 100)
    talk = Talk(store)
    await talk.begin()
    await talk.say("Not lost.")
    await allow(store)
    waiting = Opening(f"sqlite:///{path}")
    waiting.start()
    try:
        await eventually(lambda: logged(caplog, "put a backup in its place"), "the remedy")
        path.unlink()
        async with scribe(store, f"sqlite:///{path}") as archive:
            await copied(archive, "Not lost.")
        await waiting.ready.wait()
    finally:
        await waiting.close()
