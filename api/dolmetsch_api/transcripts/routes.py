"""`/api/v1/transcripts` and `/api/v1/rooms/{id}/transcript`: list, read in five forms, review, delete."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import tzinfo
from enum import StrEnum
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Depends, HTTPException, Query, Response

from dolmetsch_api.answers import archive_away, problems
from dolmetsch_api.auth.callers import Callers
from dolmetsch_api.auth.tokens import Person
from dolmetsch_api.platform import Platform
from dolmetsch_api.settings import SubtitleMark
from dolmetsch_api.transcripts import forms, marks, models
from dolmetsch_api.transcripts.cues import in_language, of_recording
from dolmetsch_api.transcripts.finding import ArchiveAway, Transcripts
from dolmetsch_api.transcripts.models import Deleted, Review, Reviewed, Transcript, TranscriptSummary
from dolmetsch_core.archive.reading import Part


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
SUBTITLES = (Form.SRT, Form.WEBVTT)


@dataclass(frozen=True)
class Wish:
    """A text of a transcript that somebody asks for."""

    form: Form
    lang: str
    recording: int | None
    """None: the newest one."""
    subtitle_mark: SubtitleMark
    """How SRT is marked."""


def routes(platform: Platform) -> APIRouter:
    """Return the routes."""
    router = APIRouter(prefix="/api/v1", tags=["transcripts"])
    transcripts = Transcripts(platform)
    callers = Callers(platform.logins)

    @router.get("/transcripts", responses=problems(401, 429, 503))
    async def listed(person: Annotated[Person | None, Depends(callers.maybe)]) -> list[TranscriptSummary]:
        """List what the caller may read: public ones, own ones, an admin all."""
        try:
            found = await transcripts.listed(person)
        except ArchiveAway:
            raise archive_away() from None
        return [models.summary(each) for each in found]

    @router.get(
        "/rooms/{room_id:path}/transcript",
        response_model=Transcript,
        responses={
            **problems(401, 404, 422, 429, 503),
            200: {"content": {media: {} for media in MEDIA.values()}},
        },
    )
    async def transcript(
        room_id: str,
        person: Annotated[Person | None, Depends(callers.maybe)],
        form: Annotated[Form, Query(alias="format")] = Form.JSON,
        lang: Annotated[str, Query(description="Needed for all but JSON")] = "",
        recording: Annotated[int | None, Query(ge=0, description="For subtitles; 0: the first")] = None,
    ) -> Response:
        """Return a transcript, as it is by now. 404: there is none that the caller may read.

        A room that was used again more than six hours later has several recordings. Subtitles (`srt`, `vtt`)
        are those of one recording, their times count from its first audio: the newest that has text in
        `lang`, or the one that `recording` names. `json`, `txt` and `md` hold all of them; JSON tells for
        each part which recording it is of. Each form says that a machine made it: see `made_by`.
        """
        try:
            parts = await transcripts.parts(room_id, person)
        except ArchiveAway:
            raise archive_away() from None
        if not parts:
            raise HTTPException(404, f"There is no transcript of <{room_id}> that you may read")
        # In a thread, as long ones take a while: captions must not wait for them.
        if form is Form.JSON:
            written = await asyncio.to_thread(_json, room_id, parts, transcripts.zone)
            return Response(written, media_type="application/json")
        if not lang:
            raise HTTPException(422, "Name the language with ?lang=, such as lang=en")
        wish = Wish(form, lang, recording, platform.settings.subtitle_mark)
        text = await asyncio.to_thread(_written, parts, wish, transcripts.zone)
        if not text:
            which = "" if recording is None or form not in SUBTITLES else f", recording {recording},"
            raise HTTPException(404, f"There is nothing of <{room_id}>{which} in {lang}")
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

    @router.put("/rooms/{room_id:path}/transcript/review", responses=problems(401, 404, 413, 422, 429, 503))
    async def review(
        room_id: str, said: Review, person: Annotated[Person, Depends(callers.somebody)]
    ) -> Reviewed:
        """Say as its owner or an admin whether a person reviewed a transcript; what is said later is not."""
        try:
            parts = await transcripts.review(room_id, person, reviewed=said.reviewed)
        except ArchiveAway:
            raise archive_away() from None
        if not parts:
            raise HTTPException(404, f"There is no transcript of <{room_id}> that you may change")
        return Reviewed(parts=parts)

    @router.delete("/rooms/{room_id:path}/transcript", responses=problems(401, 404, 422, 429, 503))
    async def delete(room_id: str, person: Annotated[Person, Depends(callers.somebody)]) -> Deleted:
        """Delete a transcript for good, as its owner or an admin; nothing more of a running talk is kept."""
        try:
            deleted = await transcripts.delete(room_id, person)
        except ArchiveAway:
            raise archive_away() from None
        if deleted is None:
            raise HTTPException(404, f"There is no transcript of <{room_id}> that you may delete")
        return Deleted(deleted=deleted)

    return router


def _json(room_id: str, parts: Sequence[Part], zone: tzinfo | None) -> str:
    return models.transcript(room_id, parts, zone).model_dump_json()


def _written(parts: Sequence[Part], wish: Wish, zone: tzinfo | None) -> str:
    """Return the transcript in a form; '' when there is nothing in the language."""
    found = in_language(parts, wish.lang)
    if wish.form in SUBTITLES:
        found = of_recording(found, wish.recording)
    if not found:
        return ""
    mark = marks.mark_of_text(found, wish.lang, zone)
    match wish.form:
        case Form.SRT:
            return forms.srt(found, mark, wish.subtitle_mark)
        case Form.WEBVTT:
            return forms.webvtt(found, mark, wish.lang)
        case Form.MARKDOWN:
            return forms.markdown(found, mark, parts[-1].talk, zone)
        case _:
            return forms.marked_text(found, mark, zone)
