"""Transcripts, by who may see them: public ones by all, own ones by their owners, every one by an admin."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from sqlalchemy import ColumnElement, Label, Row, Select, Table, exists, false, or_, select, true
from sqlalchemy.ext.asyncio import AsyncConnection

from dolmetsch_core.archive.database import Archive
from dolmetsch_core.archive.tables import (
    sentence,
    transcript,
    transcript_language,
    transcript_owner,
    translation,
)
from dolmetsch_core.wire.consent import TalkFacts
from dolmetsch_core.wire.feed import Sentence


@dataclass(frozen=True)
class Viewer:
    """Who asks. `subject` None: somebody who is not known."""

    subject: str | None = None
    admin: bool = False


@dataclass(frozen=True)
class Listed:
    """A room's transcript in a list: all its visible parts as one. Times are unix seconds."""

    room: str
    talk: TalkFacts
    """Of the newest part, like `public`, `source_lang` and `ended`."""
    public: bool
    source_lang: str
    first: float
    """When the first sentence began."""
    last: float
    """When the last one ended."""
    ended: float | None
    """None while it goes on."""
    languages: tuple[str, ...]
    """Spoken or translated into, in order of their codes."""
    parts: int
    mine: bool
    """Whether the viewer may delete any of it."""


@dataclass(frozen=True)
class Line:
    """A sentence, and its translations by language."""

    sentence: Sentence
    translations: Mapping[str, str]


@dataclass(frozen=True)
class Part:
    """One session's transcript. Times are unix seconds; sentences count from `started`."""

    room: str
    session: str
    talk: TalkFacts
    public: bool
    source_lang: str
    started: float
    updated: float
    ended: float | None
    mine: bool
    speech_model: str
    """Empty: not known, like a language that is not in `translators`."""
    translators: Mapping[str, str]
    """Who translated, by language."""
    reviewed: bool
    """A person has reviewed all of it."""
    lines: tuple[Line, ...]


def owned_by(viewer: Viewer) -> ColumnElement[bool]:
    """What the viewer may delete, and say of whether it was reviewed."""
    if viewer.admin:
        return true()
    if not viewer.subject:
        return false()
    return exists().where(
        transcript_owner.c.transcript_id == transcript.c.id, transcript_owner.c.subject == viewer.subject
    )


def visible_to(viewer: Viewer) -> ColumnElement[bool]:
    """What the viewer may read."""
    return or_(transcript.c.public, owned_by(viewer))


async def is_kept(archive: Archive, room: str, session: str) -> bool:
    """Whether there is a transcript of the session."""
    found = exists().where(transcript.c.room == room, transcript.c.session == session)
    async with archive.reading() as connection:
        return bool(await connection.scalar(select(found)))


async def listed(archive: Archive, viewer: Viewer) -> list[Listed]:
    """Return the rooms of which something was said and is visible, the newest first."""
    found = select(
        transcript,
        _mine(viewer),
        _of_one_sentence(transcript.c.started + sentence.c.start, sentence.c.n.asc()).label("first"),
        _of_one_sentence(transcript.c.started + sentence.c["end"], sentence.c.n.desc()).label("last"),
    ).where(visible_to(viewer), exists().where(sentence.c.transcript_id == transcript.c.id))
    async with archive.reading() as connection:
        rows = (await connection.execute(_in_time(found))).all()
        languages = await _languages(connection, viewer)
    rooms: dict[str, list[Row[Any]]] = {}
    for row in rows:
        rooms.setdefault(row.room, []).append(row)
    joined = [_listed(room, parts, languages) for room, parts in rooms.items()]
    return sorted(joined, key=lambda each: (-each.last, each.room))


def _of_one_sentence(what: ColumnElement[float], order: ColumnElement[Any]) -> Any:
    return (
        select(what)
        .where(sentence.c.transcript_id == transcript.c.id)
        .order_by(order)
        .limit(1)
        .correlate(transcript)
        .scalar_subquery()
    )


def _mine(viewer: Viewer) -> Label[bool]:
    return owned_by(viewer).label("mine")


def _in_time(found: Select[Any]) -> Select[Any]:
    return found.order_by(transcript.c.started, transcript.c.id)


async def _languages(connection: AsyncConnection, viewer: Viewer) -> dict[int, set[str]]:
    languages = (
        select(transcript_language.c.transcript_id, transcript_language.c.lang)
        .join(transcript, transcript.c.id == transcript_language.c.transcript_id)
        .where(visible_to(viewer))
    )
    found: dict[int, set[str]] = {}
    for transcript_id, lang in await connection.execute(languages):
        found.setdefault(transcript_id, set()).add(lang)
    return found


def _listed(room: str, parts: list[Row[Any]], languages: Mapping[int, set[str]]) -> Listed:
    newest = parts[-1]
    return Listed(
        room=room,
        talk=_talk(newest),
        public=newest.public,
        source_lang=newest.source_lang,
        first=min(each.first for each in parts),
        last=max(each.last for each in parts),
        ended=newest.ended,
        languages=tuple(sorted(set().union(*(languages.get(each.id, set()) for each in parts)))),
        parts=len(parts),
        mine=any(each.mine for each in parts),
    )


def _talk(row: Row[Any]) -> TalkFacts:
    return TalkFacts(
        title=row.title,
        code=row.code,
        persons=row.persons,
        location=row.location,
        track=row.track,
        track_color=row.track_color,
    )


async def parts(archive: Archive, room: str, viewer: Viewer) -> list[Part]:
    """Return what the viewer may see of a room, in order of time, less parts in which nothing was said."""
    found = select(transcript, _mine(viewer)).where(transcript.c.room == room, visible_to(viewer))
    async with archive.reading() as connection:
        rows = (await connection.execute(_in_time(found))).all()
        ids = [row.id for row in rows]
        said = (await connection.execute(_of(sentence, ids).order_by(sentence.c.n))).all()
        translated = (await connection.execute(_of(translation, ids).order_by(translation.c.lang))).all()
        languages = (await connection.execute(_of(transcript_language, ids))).all()
    translators = _translators(languages)
    # In a thread, as long ones take a while: captions must not wait for them.
    return await asyncio.to_thread(_parts, rows, said, translated, translators)


def _of(table: Table, ids: Sequence[int]) -> Select[Any]:
    of = table.c.transcript_id
    return select(table).where(of.in_(ids)).order_by(of)


def _translators(languages: Sequence[Row[Any]]) -> dict[int, dict[str, str]]:
    """By transcript, then by language."""
    found: dict[int, dict[str, str]] = {}
    for row in languages:
        if row.translator:
            found.setdefault(row.transcript_id, {})[row.lang] = row.translator
    return found


def _parts(
    rows: Sequence[Row[Any]],
    said: Sequence[Row[Any]],
    translated: Sequence[Row[Any]],
    translators: Mapping[int, Mapping[str, str]],
) -> list[Part]:
    translations: dict[tuple[int, int], dict[str, str]] = {}
    for row in translated:
        translations.setdefault((row.transcript_id, row.n), {})[row.lang] = row.text
    lines = {
        transcript_id: tuple(_with_translations(sentences, translations))
        for transcript_id, sentences in groupby(said, key=lambda row: int(row.transcript_id))
    }
    return [_part(row, lines[row.id], translators.get(row.id, {})) for row in rows if row.id in lines]


def _with_translations(
    rows: Iterable[Row[Any]], translated: Mapping[tuple[int, int], dict[str, str]]
) -> Iterable[Line]:
    for row in rows:
        said = Sentence.model_validate(row._mapping)
        yield Line(said, translated.get((row.transcript_id, said.n), {}))


def _part(row: Row[Any], lines: tuple[Line, ...], translators: Mapping[str, str]) -> Part:
    return Part(
        room=row.room,
        session=row.session,
        talk=_talk(row),
        public=row.public,
        source_lang=row.source_lang,
        started=row.started,
        updated=row.updated,
        ended=row.ended,
        mine=row.mine,
        speech_model=row.speech_model,
        translators=translators,
        reviewed=row.reviewed,
        lines=lines,
    )
