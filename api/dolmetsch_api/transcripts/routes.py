"""`/api/v1/transcripts` and `/api/v1/rooms/{id}/transcript`: list, read in five forms, delete."""

from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Depends, HTTPException, Query, Response
from pydantic import BaseModel, ConfigDict

from dolmetsch_api.answers import NamedPerson, NamedTrack
from dolmetsch_api.auth.callers import Callers
from dolmetsch_api.auth.tokens import Person
from dolmetsch_api.platform import Platform
from dolmetsch_api.talks import DEFAULT_COLOR
from dolmetsch_api.transcripts import forms
from dolmetsch_api.transcripts.cues import TextPart, in_language
from dolmetsch_api.transcripts.finding import ArchiveAway, Transcripts
from dolmetsch_core.archive.reading import Listed, Part
from dolmetsch_core.wire.consent import TalkFacts


class Form(StrEnum):
    """How a transcript is written."""

    JSON = "json"
    TEXT = "txt"
    SRT = "srt"
    WEBVTT = "vtt"
    MARKDOWN = "md"


MEDIA = {
    Form.TEXT: "text/plain",
    Form.SRT: "application/x-subrip",
    Form.WEBVTT: "text/vtt",
    Form.MARKDOWN: "text/markdown",
}


class TalkHeading(BaseModel):
    """What a transcript is headed with."""

    title: str
    code: str
    persons: list[NamedPerson]
    location: str
    track: NamedTrack


class TranscriptSummary(BaseModel):
    """A room's transcript in a list, all of its parts as one."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    room: str
    talk: TalkHeading
    public: bool
    """Everybody may read it."""
    mine: bool
    """The caller may delete it."""
    source_lang: str
    languages: list[str]
    """Spoken or translated into."""
    first: datetime
    """When the first sentence began."""
    last: datetime
    """When the last one ended."""
    running: bool
    """The talk goes on."""


class TranscriptLine(BaseModel):
    """A sentence in all its languages."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    start: float
    """Seconds since the part's first audio."""
    end: float
    line: int
    speaker: int
    """0-based; -1: not known."""
    lang: str
    """The language that was spoken."""
    texts: dict[str, str]


class TranscriptPart(BaseModel):
    """One session of a room."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    started: datetime
    """When its first audio came."""
    ended: datetime | None
    """null: the talk goes on."""
    lines: list[TranscriptLine]


class Transcript(BaseModel):
    """All that is known of a room's transcript."""

    room: str
    talk: TalkHeading
    public: bool
    source_lang: str
    parts: list[TranscriptPart]


class Deleted(BaseModel):
    """How many parts were deleted."""

    deleted: int


def routes(platform: Platform) -> APIRouter:
    """Return the routes."""
    router = APIRouter(prefix="/api/v1", tags=["transcripts"])
    transcripts = Transcripts(platform)
    callers = Callers(platform.logins)

    @router.get("/transcripts")
    async def listed(person: Annotated[Person | None, Depends(callers.maybe)]) -> list[TranscriptSummary]:
        """List what the caller may read: public ones, own ones, an admin all."""
        try:
            found = await transcripts.listed(person)
        except ArchiveAway:
            raise _away() from None
        return [_summary(each) for each in found]

    @router.get(
        "/rooms/{room_id:path}/transcript",
        response_model=Transcript,
        responses={200: {"content": {media: {} for media in MEDIA.values()}}},
    )
    async def transcript(
        room_id: str,
        person: Annotated[Person | None, Depends(callers.maybe)],
        form: Annotated[Form, Query(alias="format")] = Form.JSON,
        lang: Annotated[str, Query(description="Needed for all but JSON")] = "",
    ) -> Transcript | Response:
        """Return a transcript, as it is by now. 404: there is none that the caller may read."""
        try:
            parts = await transcripts.parts(room_id, person)
        except ArchiveAway:
            raise _away() from None
        if not parts:
            raise HTTPException(404, f"There is no transcript of <{room_id}> that you may read")
        if form is Form.JSON:
            return _transcript(room_id, parts)
        if not lang:
            raise HTTPException(422, "Name the language with ?lang=, such as lang=en")
        found = in_language(parts, lang)
        if not found:
            raise HTTPException(404, f"There is nothing of <{room_id}> in {lang}")
        text = _written(form, found, lang, parts[-1].talk, transcripts)
        file_name = quote(f"{room_id}.{lang}.{form}", safe="")
        return Response(
            text,
            media_type=f"{MEDIA[form]}; charset=utf-8",
            headers={
                "Content-Disposition": f"attachment; filename*=UTF-8''{file_name}",
                "X-Content-Type-Options": "nosniff",
                "Cache-Control": "no-store",
            },
        )

    @router.delete("/rooms/{room_id:path}/transcript")
    async def delete(room_id: str, person: Annotated[Person, Depends(callers.somebody)]) -> Deleted:
        """Delete a transcript for good, as its owner or an admin; nothing more of a running talk is kept."""
        try:
            deleted = await transcripts.delete(room_id, person)
        except ArchiveAway:
            raise _away() from None
        if deleted is None:
            raise HTTPException(404, f"There is no transcript of <{room_id}> that you may delete")
        return Deleted(deleted=deleted)

    return router


def _away() -> HTTPException:
    return HTTPException(503, "The archive is away: try again in a few seconds")


def _written(form: Form, parts: list[TextPart], lang: str, talk: TalkFacts, transcripts: Transcripts) -> str:
    match form:
        case Form.SRT:
            return forms.srt(parts)
        case Form.WEBVTT:
            return forms.webvtt(parts, lang)
        case Form.MARKDOWN:
            return forms.markdown(parts, talk, transcripts.zone)
        case _:
            return forms.plain(parts, transcripts.zone)


def _summary(each: Listed) -> TranscriptSummary:
    return TranscriptSummary(
        room=each.room,
        talk=_heading(each.talk),
        public=each.public,
        mine=each.mine,
        source_lang=each.source_lang,
        languages=list(each.languages),
        first=_moment(each.first),
        last=_moment(each.last),
        running=each.ended is None,
    )


def _transcript(room_id: str, parts: list[Part]) -> Transcript:
    newest = parts[-1]
    return Transcript(
        room=room_id,
        talk=_heading(newest.talk),
        public=newest.public,
        source_lang=newest.source_lang,
        parts=[
            TranscriptPart(
                started=_moment(part.started),
                ended=None if part.ended is None else _moment(part.ended),
                lines=[TranscriptLine(**_line(each)) for each in part.lines],
            )
            for part in parts
        ],
    )


def _line(each: Any) -> dict[str, Any]:
    said = each.sentence
    return {
        "start": said.start,
        "end": said.end,
        "line": said.line,
        "speaker": said.speaker,
        "lang": said.lang,
        "texts": {said.lang: said.text, **each.translations},
    }


def _heading(talk: TalkFacts) -> TalkHeading:
    return TalkHeading(
        title=talk.title,
        code=talk.code,
        persons=[NamedPerson(name=name) for name in talk.persons],
        location=talk.location,
        track=NamedTrack(name=talk.track, color=talk.track_color or DEFAULT_COLOR),
    )


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
