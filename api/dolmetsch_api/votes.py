"""`/vote`: what the audience wants to see transcribed of the next day's talks."""

import logging
from datetime import datetime
from typing import Final

from fastapi import APIRouter
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, JsonValue

from dolmetsch_api.answers import REFUSES, NamedPerson, NamedTrack, refusal
from dolmetsch_api.platform import Platform
from dolmetsch_api.rooms.talks import Talk
from dolmetsch_core.archive import votes
from dolmetsch_core.archive.database import ARCHIVE_AWAY

log = logging.getLogger(__name__)
_EXAMPLE: Final[dict[str, JsonValue]] = {
    "id": "AB3CDE",
    "code": "AB3CDE",
    "title": "Welcome",
    "votes": 7,
    "track": {"name": "Plenary", "color": "#2f6f4f"},
    "abstract": "What to expect of these two days.",
    "description": "",
    "room": "Large hall",
    "persons": [{"name": "Ada Lovelace"}],
    "language": "en",
    "start": "2026-08-20T10:00:00+02:00",
    "end": "2026-08-20T10:45:00+02:00",
}
COUNTED: Final = {**REFUSES, 200: {"content": {"application/json": {"example": 7}}}}


class VotableTalk(BaseModel):
    """A talk of the next day and its votes."""

    model_config = ConfigDict(use_attribute_docstrings=True, json_schema_extra={"examples": [_EXAMPLE]})

    id: str
    code: str
    title: str
    votes: int
    track: NamedTrack
    abstract: str
    description: str
    room: str
    """The place."""
    persons: list[NamedPerson]
    language: str
    start: datetime | None
    end: datetime | None


def routes(platform: Platform) -> APIRouter:
    """Return the routes."""
    router = APIRouter(tags=["clients in use"])
    known: dict[str, int] = {}

    async def counts() -> dict[str, int]:
        """The last known ones while the archive is away: a list without counts helps nobody."""
        nonlocal known
        if platform.archive_ready:
            try:
                known = await votes.counts(platform.archive)
            except ARCHIVE_AWAY as error:
                log.warning("votes: the archive is away (%s)", type(error).__name__)
        return known

    @router.get("/vote")
    async def vote() -> list[VotableTalk]:
        """List the talks of the next day."""
        counted = await counts()
        talks = platform.programme.next_day(platform.programme.now())
        return [_votable(platform, talk, counted.get(talk.code, 0)) for talk in talks]

    @router.get("/vote/{code:path}/add", response_model=int, responses=COUNTED)
    async def add(code: str) -> int | JSONResponse:
        """Vote for a talk of the next day; answers its votes."""
        if not platform.archive_ready or not platform.programme.votable(code, platform.programme.now()):
            return refusal()
        try:
            return await votes.add(platform.archive, code)
        except ARCHIVE_AWAY:
            return refusal()

    @router.get("/vote/{code:path}/remove", response_model=int, responses=COUNTED)
    async def remove(code: str) -> int | JSONResponse:
        """Take a vote back, until the talk begins; answers what is left."""
        if not platform.archive_ready or not platform.programme.revocable(code, platform.programme.now()):
            return refusal()
        try:
            left = await votes.remove(platform.archive, code)
        except ARCHIVE_AWAY:
            return refusal()
        return refusal() if left is None else left

    return router


def _votable(platform: Platform, talk: Talk, count: int) -> VotableTalk:
    return VotableTalk(
        id=talk.id,
        code=talk.code,
        title=talk.title,
        votes=count,
        track=NamedTrack(name=talk.track.name, color=talk.track.color),
        abstract=talk.abstract,
        description=talk.description,
        room=talk.location,
        persons=[NamedPerson(name=name) for name in talk.speakers],
        language=platform.source_lang(talk),
        start=talk.start,
        end=talk.end,
    )
