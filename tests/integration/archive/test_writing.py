"""What the scribe copies: again and again, without harm."""

import time

import pytest
from sqlalchemy.exc import IntegrityError

from dolmetsch_core.archive import deleting, reading, writing
from dolmetsch_core.archive.database import Archive
from dolmetsch_core.archive.writing import TranscriptGone
from dolmetsch_core.wire.feed import Sentence, Translated
from tests.integration.archive.talks import (
    ADMIN,
    ANN,
    BOB,
    STARTED,
    consent,
    known,
    said,
    stored,
    talk,
    texts,
)


async def test_what_is_written_is_read_back_as_it_was(archive: Archive) -> None:
    sentences = (said(0, "Grüße, Ærøskøbing!"), said(1, "漢字とかな 👩🏽‍🚀", lang="ja"))
    facts = talk("Über „alles“")
    await stored(
        archive, sentences=sentences, translations=[known(0, "de", "ß'\"%s;--")], talk=facts, keep_days=3
    )
    (part,) = await reading.parts(archive, "hall", ADMIN)
    assert tuple(line.sentence for line in part.lines) == sentences
    assert [line.translations for line in part.lines] == [{"de": "ß'\"%s;--"}, {}]
    assert (part.talk, part.session, part.started, part.ended) == (facts, "s1", STARTED, None)


async def test_what_a_database_refuses_is_replaced_alike(archive: Archive) -> None:
    await stored(archive, sentences=[said(0, "a\x00b"), said(1, "c\ud800d")], talk=talk("t\x00"))
    (part,) = await reading.parts(archive, "hall", ADMIN)
    assert part.talk.title == "t\ufffd"
    assert [line.sentence.text for line in part.lines] == ["a\ufffdb", "c\ufffd\ufffd\ufffdd"]


@pytest.mark.parametrize(
    ("steps", "model", "translators"),
    [
        ([([said(0)], [])], "", {}),
        ([([said(0, model="base")], [])], "base", {}),
        ([([said(0, model="base"), said(1, model="small")], [])], "base", {}),
        ([([said(0, model="base")], []), ([said(1, model="small")], [])], "base", {}),
        # An engine of before, then one that says its name.
        ([([said(0)], []), ([said(1, model="small")], [])], "small", {}),
        ([([said(0)], [known(0, by="a")])], "", {"de": "a"}),
        ([([said(0)], [known(0, by="a")]), ([said(1)], [known(1, by="b")])], "", {"de": "a"}),
        ([([said(0)], [known(0, by="a"), known(0, "pt", by="b")])], "", {"de": "a", "pt": "b"}),
        # A worker of before, then one that says its name.
        ([([said(0)], [known(0)]), ([said(1)], [known(1, by="b")])], "", {"de": "b"}),
        # German was spoken first, and translated into later.
        ([([said(0, lang="de")], []), ([said(1)], [known(1, by="a")])], "", {"de": "a"}),
        ([([said(0), said(1, lang="de")], [known(0, by="a")])], "", {"de": "a"}),
        # All of it is copied anew, by a scribe that did not know.
        ([([said(0, model="base")], [known(0, by="a")]), ([said(0)], [known(0)])], "base", {"de": "a"}),
        ([([said(0, model="a\x00b")], [known(0, by="c\x00d")])], "a\ufffdb", {"de": "c\ufffdd"}),
    ],
)
async def test_the_first_model_and_each_languages_first_translator_count(
    archive: Archive,
    steps: list[tuple[list[Sentence], list[Translated]]],
    model: str,
    translators: dict[str, str],
) -> None:
    transcript = await writing.keep(archive, consent(), STARTED)
    assert transcript is not None
    for sentences, translations in steps:
        await writing.append(archive, transcript, sentences, translations)
    (part,) = await reading.parts(archive, "hall", ADMIN)
    assert (part.speech_model, part.translators) == (model, translators)


async def test_appending_again_changes_nothing(archive: Archive) -> None:
    transcript = await stored(archive, translations=[known(0)])
    await writing.append(
        archive, transcript, [said(1, "other"), said(2)], [known(0, text="other"), known(0, "pt"), known(2)]
    )
    (part,) = await reading.parts(archive, "hall", ADMIN)
    assert [line.sentence.text for line in part.lines] == ["Said 0.", "Said 1.", "Said 2."]
    assert [line.translations for line in part.lines] == [{"de": "de 0.", "pt": "pt 0."}, {}, {"de": "de 2."}]


async def test_a_translation_of_an_unknown_sentence_is_refused_with_all_that_came_with_it(
    archive: Archive,
) -> None:
    transcript = await stored(archive)
    with pytest.raises(IntegrityError):
        await writing.append(archive, transcript, [said(2)], [known(7)])
    assert await texts(archive) == ["Said 0.", "Said 1."]


async def test_keeping_again_changes_what_is_said_of_the_talk(archive: Archive) -> None:
    first = await stored(archive, talk=talk("Old"))
    again = await writing.keep(archive, consent(talk=talk("New"), public=False), STARTED + 99)
    (part,) = await reading.parts(archive, "hall", ADMIN)
    assert again == first
    assert (part.talk.title, part.public, part.started) == ("New", False, STARTED)


async def test_keeping_what_is_kept_writes_nothing(archive: Archive, other: Archive) -> None:
    first = await stored(archive, talk=talk("Title"))
    async with other.begin():  # would have SQLite's only writer wait
        assert await writing.keep(archive, consent(talk=talk("Title")), STARTED) == first


async def test_a_session_without_consent_gets_no_transcript(archive: Archive) -> None:
    assert await writing.keep(archive, consent(store=False), STARTED) is None
    assert await deleting.delete_room(archive, "hall", ADMIN) == 0


async def test_all_who_hosted_own_the_transcript(archive: Archive) -> None:
    await stored(archive, owner="ann", public=False)
    await writing.keep(archive, consent(owner="bob", public=False), STARTED)
    await writing.keep(archive, consent(owner="", public=False), STARTED)
    assert len(await reading.parts(archive, "hall", ANN)) == 1
    assert len(await reading.parts(archive, "hall", BOB)) == 1


async def test_the_first_word_on_the_end_counts(archive: Archive) -> None:
    transcript = await stored(archive)
    await writing.end(archive, transcript, STARTED + 60)
    await writing.end(archive, transcript, STARTED + 90)
    (part,) = await reading.parts(archive, "hall", ADMIN)
    assert part.ended == STARTED + 60


async def test_a_break_that_seemed_to_be_the_end_is_none_once_somebody_speaks_again(archive: Archive) -> None:
    transcript = await stored(archive)
    assert await writing.end_forgotten(archive, time.time() + 1) == 1
    assert (await _ended(archive)) is not None
    await writing.append(archive, transcript, [said(2)], [])
    assert await _ended(archive) is None
    assert (await reading.listed(archive, ADMIN))[0].ended is None
    await writing.end(archive, transcript, STARTED + 7200)
    assert await _ended(archive) == STARTED + 7200


async def test_what_follows_the_end_does_not_open_it_again(archive: Archive) -> None:
    """The last translations, and all of it copied anew."""
    transcript = await stored(archive)
    await writing.end(archive, transcript, STARTED + 60)
    await writing.append(archive, transcript, [], [known(1)])
    await writing.append(archive, transcript, [said(0), said(1)], [known(1)])
    assert await _ended(archive) == STARTED + 60


async def _ended(archive: Archive) -> float | None:
    (part,) = await reading.parts(archive, "hall", ADMIN)
    return part.ended


async def test_a_deleted_transcripts_id_is_never_another_ones(archive: Archive) -> None:
    gone = await stored(archive, "hall", "s1")
    await deleting.withdraw(archive, "hall", "s1")
    assert await stored(archive, "elsewhere", "s2") != gone
    with pytest.raises(TranscriptGone):
        await writing.append(archive, gone, [said(5)], [])
    await writing.end(archive, gone, STARTED)
    assert await texts(archive, "elsewhere") == ["Said 0.", "Said 1."]
