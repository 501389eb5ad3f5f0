"""`/transcript_list` and `/room/{id}/transcript/{lang}`, as clients in use call them."""

import asyncio
from collections.abc import Sequence
from datetime import tzinfo
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, HTTPException, Request
from fastapi.responses import JSONResponse, PlainTextResponse
from pydantic import BaseModel, ConfigDict, JsonValue, ValidationError
from starlette.requests import ClientDisconnect

from dolmetsch_api.answers import REFUSES, Fail, KeyBody, NamedPerson, NamedTrack, refusal
from dolmetsch_api.auth.attempts import origin_of
from dolmetsch_api.auth.logins import TooManyFailures
from dolmetsch_api.auth.tokens import Person
from dolmetsch_api.platform import Platform
from dolmetsch_api.rooms.talks import UNKNOWN
from dolmetsch_api.transcripts.cues import in_language
from dolmetsch_api.transcripts.finding import ArchiveAway, Transcripts
from dolmetsch_api.transcripts.forms import plain
from dolmetsch_api.transcripts.models import track_of
from dolmetsch_core.archive.reading import Listed, Part

_ITEM: Final[dict[str, JsonValue]] = {
    "id": "AB3CDE",
    "firstChunkTimestamp": 1755518582.0,
    "lastChunkTimestamp": 1755521282.5,
    "code": "AB3CDE",
    "title": "Welcome",
    "persons": [{"name": "Ada Lovelace"}],
    "room": "Large hall",
    "track": {"name": "Plenary", "color": "#2f6f4f"},
    "languages": ["de", "en"],
    "public": True,
}
_TEXT: Final = """[Transcription started on Monday, August 18, 2025 at 14:03]
[00:00:02 - 00:00:09]
Good morning. Welcome to the conference.
"""
_MAYBE_KEY: Final[dict[str, Any]] = {
    "requestBody": {
        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/KeyBody"}}},
        "description": "Whatever else is sent counts as no key",
    }
}


class TranscriptItem(BaseModel):
    """A room's transcript. Times are Unix seconds."""

    model_config = ConfigDict(use_attribute_docstrings=True, json_schema_extra={"examples": [_ITEM]})

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

    async def person_of(key: str, request: Request) -> Person | None:
        """Nobody, for whoever shows no valid key: what is public is there for all."""
        try:
            return await platform.logins.person(key, origin=origin_of(request))
        except TooManyFailures:
            return None

    @router.post("/transcript_list", openapi_extra=_MAYBE_KEY)
    async def transcript_list(request: Request, key: Annotated[str, Depends(_key)]) -> list[TranscriptItem]:
        """List the transcripts that the key's holder may read; without one, the public ones."""
        try:
            found = await transcripts.listed(await person_of(key, request))
        except ArchiveAway:
            return []
        return [_item(each) for each in found]

    @router.post(
        "/room/{room_id:path}/transcript/{lang}",
        response_class=PlainTextResponse,
        response_model=None,
        responses={
            200: {"content": {"text/plain": {"example": _TEXT}}},
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
            parts = await transcripts.parts(room_id, await person_of(body.key if body else "", request))
        except ArchiveAway:
            return refusal()
        # In a thread, as a long one takes a while.
        text = await asyncio.to_thread(_text, parts, lang, transcripts.zone)
        return PlainTextResponse(text) if text else refusal()

    return router


async def _key(request: Request) -> str:
    """The key in the body; '' when the body is anything else, too large also: this list is never refused."""
    try:
        return KeyBody.model_validate_json(await request.body()).key
    except (ValidationError, HTTPException, ClientDisconnect):
        return ""


def _text(parts: Sequence[Part], lang: str, zone: tzinfo | None) -> str:
    return plain(in_language(parts, lang), zone)


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
        track=track_of(talk),
        languages=list(each.languages),
        public=each.public,
    )
