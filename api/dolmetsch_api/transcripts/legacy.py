"""`/transcript_list` and `/room/{id}/transcript/{lang}`, as clients in use call them."""

import logging

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, PlainTextResponse
from pydantic import BaseModel, ConfigDict

from dolmetsch_api.answers import REFUSES, Fail, KeyBody, NamedPerson, NamedTrack, refusal
from dolmetsch_api.auth.logins import TooManyFailures
from dolmetsch_api.auth.tokens import Person
from dolmetsch_api.login import origin
from dolmetsch_api.platform import Platform
from dolmetsch_api.talks import DEFAULT_COLOR, UNKNOWN
from dolmetsch_api.transcripts.cues import in_language
from dolmetsch_api.transcripts.finding import ArchiveAway, Transcripts
from dolmetsch_api.transcripts.forms import plain
from dolmetsch_core.archive.reading import Listed

log = logging.getLogger(__name__)


class TranscriptItem(BaseModel):
    """A room's transcript. Times are Unix seconds."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    id: str
    """The room's id."""
    firstChunkTimestamp: float  # noqa: N815 (clients in use spell it so)
    lastChunkTimestamp: float  # noqa: N815
    code: str
    title: str
    persons: list[NamedPerson]
    room: str
    """The place."""
    track: NamedTrack
    languages: list[str]
    public: bool


def routes(platform: Platform) -> APIRouter:
    """Return the routes."""
    router = APIRouter(tags=["clients in use"])
    transcripts = Transcripts(platform)

    async def person_of(body: KeyBody | None, request: Request) -> Person | None:
        """Nobody, for whoever shows no valid key: what is public is there for all."""
        if body is None:
            return None
        try:
            return await platform.logins.person(body.key, origin=origin(request))
        except TooManyFailures:
            return None

    @router.post("/transcript_list")
    async def transcript_list(request: Request, body: KeyBody | None = None) -> list[TranscriptItem]:
        """List the transcripts that the key's holder may read; without one, the public ones."""
        try:
            found = await transcripts.listed(await person_of(body, request))
        except ArchiveAway as error:
            log.warning("transcripts: the archive is away (%s)", type(error.__cause__).__name__)
            return []
        return [_item(each) for each in found]

    @router.post(
        "/room/{room_id:path}/transcript/{lang}",
        response_class=PlainTextResponse,
        response_model=None,
        responses={
            200: {"content": {"text/plain": {"example": _EXAMPLE}}},
            503: {
                "description": REFUSES[503]["description"],
                "content": {"application/json": {"schema": Fail.model_json_schema()}},
            },
        },
    )
    async def transcript(
        room_id: str, lang: str, request: Request, body: KeyBody | None = None
    ) -> PlainTextResponse | JSONResponse:
        """Return a room's transcript in a language as text, all of its parts joined."""
        try:
            parts = await transcripts.parts(room_id, await person_of(body, request))
        except ArchiveAway:
            return refusal()
        found = in_language(parts, lang)
        return PlainTextResponse(plain(found, transcripts.zone)) if found else refusal()

    return router


_EXAMPLE = """[Transcription started on Monday, August 18, 2025 at 14:03]
[00:00:02 - 00:00:09]
Good morning. Welcome to the conference.
"""


def _item(each: Listed) -> TranscriptItem:
    talk = each.talk
    return TranscriptItem(
        id=each.room,
        firstChunkTimestamp=each.first,
        lastChunkTimestamp=each.last,
        code=talk.code or each.room,
        title=talk.title or each.room,
        persons=[NamedPerson(name=name) for name in talk.persons or (UNKNOWN,)],
        room=talk.location,
        track=NamedTrack(name=talk.track, color=talk.track_color or DEFAULT_COLOR),
        languages=list(each.languages),
        public=each.public,
    )
