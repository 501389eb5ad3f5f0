"""`/api/v1/rooms`: an admin makes rooms without a schedule, and deletes them."""

import secrets
import time
from collections.abc import Awaitable
from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException
from pydantic import BaseModel, ConfigDict, Field, field_validator

from dolmetsch_api.answers import NamedTrack
from dolmetsch_api.auth.callers import Callers
from dolmetsch_api.auth.tokens import Person
from dolmetsch_api.platform import Platform
from dolmetsch_api.talks import Talk
from dolmetsch_core.archive import rooms
from dolmetsch_core.archive.database import ARCHIVE_AWAY
from dolmetsch_core.archive.rooms import AdhocRoom
from dolmetsch_core.wire.languages import LANGUAGES
from dolmetsch_core.wire.room import TERM_LENGTH, TERMS, TITLE_LENGTH

ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
"""Of made-up ids: nothing that is mistaken for something else when it is read out."""


class RoomDraft(BaseModel):
    """A room to be made. Texts are plain text."""

    model_config = ConfigDict(
        use_attribute_docstrings=True,
        extra="forbid",
        json_schema_extra={
            "examples": [{"title": "Lightning talks", "location": "Foyer", "source_lang": "en"}]
        },
    )

    id: str = Field(default="", max_length=200)
    """Empty: one is made up."""
    title: str = Field(min_length=1, max_length=TITLE_LENGTH)
    description: str = Field(default="", max_length=10_000)
    presenter: str = Field(default="", max_length=500)
    location: str = Field(default="", max_length=500)
    source_lang: str = ""
    """Whisper's code of the language spoken; empty: the platform's default."""
    track: str = Field(default="", max_length=200)
    track_color: str = Field(default="", pattern="^(#[0-9A-Fa-f]{6})?$")
    vocabulary: tuple[Annotated[str, Field(min_length=1, max_length=TERM_LENGTH)], ...] = Field(
        default=(), max_length=TERMS
    )
    """Names and terms that the engine is told to expect."""
    keep_days: int | None = Field(default=None, ge=1, le=36_500)
    """Days that its transcripts are kept."""

    @field_validator("source_lang")
    @classmethod
    def _known(cls, value: str) -> str:
        if value and value not in LANGUAGES:
            raise ValueError("use one of Whisper's language codes, such as en")
        return value


class MadeRoom(BaseModel):
    """A room made by hand."""

    id: str
    title: str
    description: str
    presenter: str
    location: str
    source_lang: str
    track: NamedTrack
    keep_days: int | None


def routes(platform: Platform) -> APIRouter:
    """Return the routes."""
    router = APIRouter(prefix="/api/v1", tags=["rooms"])
    callers = Callers(platform.logins)

    @router.get("/rooms")
    async def listed(_: Annotated[Person, Depends(callers.admin)]) -> list[MadeRoom]:
        """List the rooms made by hand."""
        return [_made(talk) for talk in platform.programme.adhoc.values()]

    async def write(call: Awaitable[object]) -> None:
        """Change the archive and look at once. Raises 503."""
        try:
            await call
            await platform.adhoc.refresh()
        except ARCHIVE_AWAY:
            raise HTTPException(503, "The archive is away: try again in a few seconds") from None

    @router.post("/rooms", status_code=201)
    async def make(draft: RoomDraft, _: Annotated[Person, Depends(callers.admin)]) -> MadeRoom:
        """Make a room without a schedule. 409: the id is taken."""
        room_id = draft.id or "".join(secrets.choice(ALPHABET) for _ in range(6))
        if platform.programme.find(room_id) is not None or platform.programme.bars(room_id):
            raise HTTPException(409, f"There is a room <{room_id}> already: choose another id")
        facts = draft.model_dump(exclude={"id"})
        await write(rooms.put(platform.archive, AdhocRoom(id=room_id, created=time.time(), **facts)))
        return _made(platform.programme.adhoc[room_id])

    @router.delete("/rooms/{room_id:path}")
    async def delete(room_id: str, _: Annotated[Person, Depends(callers.admin)]) -> MadeRoom:
        """Delete a room made by hand; its transcripts stay. 409: it is active, close it first."""
        talk = platform.programme.adhoc.get(room_id)
        if talk is None:
            raise HTTPException(404, f"There is no room <{room_id}> that was made by hand")
        if platform.active_room(room_id) is not None:
            raise HTTPException(409, f"Room <{room_id}> is active: close it first")
        await write(rooms.delete(platform.archive, room_id))
        return _made(talk)

    return router


def _made(talk: Talk) -> MadeRoom:
    return MadeRoom(
        id=talk.id,
        title=talk.title,
        description=talk.description,
        presenter=talk.presenter,
        location=talk.location,
        source_lang=talk.source_lang,
        track=NamedTrack(name=talk.track.name, color=talk.track.color),
        keep_days=talk.keep_days,
    )
