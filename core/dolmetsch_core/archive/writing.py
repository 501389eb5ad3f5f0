"""What the scribe copies into the archive. All of it may be done again: what is there stays as it is."""

import time
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Table, and_, case, delete, exists, null, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from dolmetsch_core.archive.database import Archive, insert
from dolmetsch_core.archive.tables import (
    deleted_session,
    sentence,
    storable,
    transcript,
    transcript_language,
    transcript_owner,
    translation,
)
from dolmetsch_core.wire.consent import Consent
from dolmetsch_core.wire.feed import Sentence, Translated

_SAID = ("public", "source_lang")
_PLANNED = ("title", "code", "persons", "location", "track", "track_color", "keep_days")
"""What the programme knows; one that does not know the talk now leaves it as it was."""


class TranscriptGone(Exception):
    """The transcript was deleted meanwhile. Remedy: write no more of this session."""


async def keep(archive: Archive, consent: Consent, started: float) -> int | None:
    """Make the transcript of a session, or make it say what holds now. Cheap when nothing changed.

    `started`: unix seconds at which the session's audio began; the first one counts. Returns the transcript's
    id; None when nothing of the session may be stored, for it was deleted or withdrawn, or is not allowed.
    """
    if not consent.store:
        return None
    async with archive.reading() as connection:
        if await _is_deleted(connection, consent):
            return None
        if (known := await _unchanged(connection, consent)) is not None:
            return known
    async with archive.begin() as connection:
        made = await _put(connection, consent, started)
        # Only now: who deletes takes the same unique entry, so either waited for the other.
        if await _is_deleted(connection, consent):
            await connection.execute(delete(transcript).where(transcript.c.id == made))
            return None
        return made


async def _is_deleted(connection: AsyncConnection, consent: Consent) -> bool:
    mark = deleted_session.c
    found = exists().where(mark.room == consent.room, mark.session == consent.session)
    return bool(await connection.scalar(select(found)))


async def _unchanged(connection: AsyncConnection, consent: Consent) -> int | None:
    owned = exists().where(
        transcript_owner.c.transcript_id == transcript.c.id, transcript_owner.c.subject == consent.owner
    )
    row = (
        await connection.execute(
            select(transcript, owned.label("owned")).where(
                transcript.c.room == consent.room, transcript.c.session == consent.session
            )
        )
    ).one_or_none()
    if row is None or not (row.owned or not consent.owner):
        return None
    facts = _facts(consent)
    changeable = (*_SAID, *_PLANNED) if consent.planned else _SAID
    return int(row.id) if all(row._mapping[name] == facts[name] for name in changeable) else None


async def _put(connection: AsyncConnection, consent: Consent, started: float) -> int:
    now = time.time()
    facts = _facts(consent)
    changed = facts if consent.planned else {name: facts[name] for name in _SAID}
    row = insert(connection, transcript).values(
        room=consent.room, session=consent.session, started=started, created=now, updated=now, **facts
    )
    result = await connection.execute(
        row.on_conflict_do_update(index_elements=["room", "session"], set_=changed).returning(transcript.c.id)
    )
    made = int(result.scalar_one())
    if consent.owner:
        owner = insert(connection, transcript_owner).values(transcript_id=made, subject=consent.owner)
        await connection.execute(owner.on_conflict_do_nothing())
    return made


def _facts(consent: Consent) -> dict[str, Any]:
    return {
        "public": consent.public,
        "source_lang": consent.source_lang,
        "keep_days": consent.keep_days,
        **consent.talk.model_dump(exclude={"v"}),
    }


async def append(
    archive: Archive, transcript_id: int, sentences: Sequence[Sentence], translations: Sequence[Translated]
) -> None:
    """Add sentences and translations, in one step; those that are there already stay as they are.

    A new sentence says that a session which seemed to be over goes on. What is new was reviewed by nobody.
    Raises TranscriptGone; IntegrityError for a translation of a sentence that is neither there nor given.
    """
    if not sentences and not translations:
        return
    async with archive.begin() as connection:
        # Takes the row: a deletion comes before this (then it is gone) or waits, and deletes what we add.
        await _touch(connection, transcript_id, sentences)
        await _add_languages(connection, transcript_id, sentences, translations)
        said = [
            {"transcript_id": transcript_id, **each.model_dump(exclude={"v", "model"})} for each in sentences
        ]
        translated = [
            {"transcript_id": transcript_id, "n": each.n, "lang": each.lang, "text": each.text}
            for each in translations
        ]
        new = await _add(connection, sentence, said) + await _add(connection, translation, translated)
        if new:
            await _take_review_back(connection, transcript_id)


async def _add(connection: AsyncConnection, table: Table, rows: Sequence[dict[str, Any]]) -> int:
    """Insert the rows that are not there; returns how many those were."""
    if not rows:
        return 0
    added = insert(connection, table).on_conflict_do_nothing().returning(table.c.n)
    return len((await connection.execute(added, rows)).all())


async def _take_review_back(connection: AsyncConnection, transcript_id: int) -> None:
    # Only where there is one: a row that nobody changes is not written anew for each sentence.
    reviewed = (transcript.c.id == transcript_id, transcript.c.reviewed)
    await connection.execute(update(transcript).where(*reviewed).values(reviewed=False))


async def _add_languages(
    connection: AsyncConnection,
    transcript_id: int,
    sentences: Sequence[Sentence],
    translations: Sequence[Translated],
) -> None:
    """Add the languages that are not there, and their translators where none is known."""
    translators = {each.lang: "" for each in sentences}
    for each in translations:
        translators[each.lang] = translators.get(each.lang) or each.by
    row = insert(connection, transcript_language)
    unknown = transcript_language.c.translator == ""
    named = row.on_conflict_do_update(
        index_elements=["transcript_id", "lang"],
        set_={"translator": row.excluded.translator},
        where=and_(unknown, row.excluded.translator != ""),
    )
    await connection.execute(
        named,
        [
            {"transcript_id": transcript_id, "lang": lang, "translator": translators[lang]}
            for lang in sorted(translators)
        ],
    )


async def _touch(connection: AsyncConnection, transcript_id: int, sentences: Sequence[Sentence]) -> None:
    changed: dict[str, Any] = {"updated": time.time()}
    if sentences:
        known = exists().where(
            sentence.c.transcript_id == transcript_id, sentence.c.n == max(each.n for each in sentences)
        )
        # Copying again what is there, or the last translations, does not open what has ended.
        changed["ended"] = case((known, transcript.c.ended), else_=null())
    if model := next((each.model for each in sentences if each.model), ""):
        of = transcript.c.speech_model
        changed["speech_model"] = case((of == "", storable(model)), else_=of)
    found = await connection.execute(
        update(transcript).where(transcript.c.id == transcript_id).values(changed)
    )
    if not found.rowcount:
        raise TranscriptGone


async def end_forgotten(archive: Archive, silent_since: float) -> int:
    """Say of transcripts to which nothing was added since (unix seconds) that they ended. Returns how many.

    Their session's end was seen by nobody: an engine was lost at it, or no scribe was there. Should it have
    been a break, the next sentence takes the end back.
    """
    async with archive.begin() as connection:
        found = await connection.execute(
            update(transcript)
            .where(transcript.c.ended.is_(None), transcript.c.updated < silent_since)
            .values(ended=transcript.c.updated)
        )
        return int(found.rowcount)


async def end(archive: Archive, transcript_id: int, ended: float) -> None:
    """Say that the session was over at `ended` (unix seconds); the first word on it counts."""
    async with archive.begin() as connection:
        await connection.execute(
            update(transcript)
            .where(transcript.c.id == transcript_id, transcript.c.ended.is_(None))
            .values(ended=ended)
        )
