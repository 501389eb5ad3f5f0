"""`/vote`: votes for the next day's talks."""

from typing import Final

from fastapi import APIRouter
from fastapi.responses import JSONResponse

from dolmetsch_api.answers import REFUSES, refusal
from dolmetsch_api.platform import Platform
from dolmetsch_api.votes.models import VotableTalk, votable
from dolmetsch_core.archive import votes
from dolmetsch_core.archive.database import ARCHIVE_AWAY

COUNTED: Final = {**REFUSES, 200: {"content": {"application/json": {"example": 7}}}}


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
                platform.outage.began(error)
            else:
                platform.outage.ended()
        return known

    @router.get("/vote")
    async def vote() -> list[VotableTalk]:
        """List the talks of the next day."""
        counted = await counts()
        talks = platform.programme.next_day(platform.programme.now())
        return [votable(talk, counted.get(talk.code, 0), platform.source_lang(talk)) for talk in talks]

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
