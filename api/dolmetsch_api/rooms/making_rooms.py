"""`/api/v1/rooms`: an admin makes rooms without a schedule, and deletes them."""

import secrets
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import partial
from typing import Annotated, Final, TypeVar

from fastapi import APIRouter, Depends, HTTPException
from pydantic import BaseModel, ConfigDict, Field, JsonValue, field_validator

from dolmetsch_api.answers import NamedTrack, PlainText, Text, archive_away, problems
from dolmetsch_api.auth.callers import Callers
from dolmetsch_api.auth.tokens import Person
from dolmetsch_api.platform import Platform
from dolmetsch_api.rooms.adhoc_rooms import talk_of
from dolmetsch_api.rooms.talks import Talk
from dolmetsch_core.archive import rooms
from dolmetsch_core.archive.database import ARCHIVE_AWAY
from dolmetsch_core.archive.rooms import AdhocRoom
from dolmetsch_core.wire.consent import MAX_KEEP_DAYS
from dolmetsch_core.wire.languages import LANGUAGES
from dolmetsch_core.wire.room import TERM_LENGTH, TERMS, TITLE_LENGTH

ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
"""Of made-up ids: nothing that is mistaken for something else when it is read out."""

ID: Final = r"^([A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?)?$"
"""A slash could be taken for the path of another route, and other characters for something else elsewhere."""
T = TypeVar("T")


class RoomDraft(BaseModel):
    """A room to be made. Texts are plain text."""

    model_config = ConfigDict(
        use_attribute_docstrings=True,
        extra="forbid",
        json_schema_extra={
            "examples": [{"title": "Lightning talks", "location": "Foyer", "source_lang": "en"}]
        },
    )

    id: Text = Field(default="", max_length=200, pattern=ID)
    """Letters, digits, and inside also `-`, `_` and `.`; empty: one is made up."""
    title: PlainText = Field(min_length=1, max_length=TITLE_LENGTH)
    description: PlainText = Field(default="", max_length=10_000)
    presenter: PlainText = Field(default="", max_length=500)
    location: PlainText = Field(default="", max_length=500)
    source_lang: Text = ""
    """Whisper's code of the language spoken; empty: the platform's default."""
    track: PlainText = Field(default="", max_length=200)
    track_color: str = Field(default="", pattern="^(#[0-9A-Fa-f]{6})?$")
    vocabulary: tuple[Annotated[PlainText, Field(min_length=1, max_length=TERM_LENGTH)], ...] = Field(
        default=(), max_length=TERMS
    )
    """Names and terms that the engine is told to expect."""
    keep_days: int | None = Field(default=None, ge=1, le=MAX_KEEP_DAYS)
    """Days that its transcripts are kept."""

    @field_validator("source_lang")
    @classmethod
    def _known(cls, value: str) -> str:
        if value and value not in LANGUAGES:
            raise ValueError("use one of Whisper's language codes, such as en")
        return value


_EXAMPLE: Final[dict[str, JsonValue]] = {
    "id": "AB3CDE",
    "title": "Lightning talks",
    "description": "",
    "presenter": "Unknown",
    "location": "Foyer",
    "source_lang": "en",
    "track": {"name": "", "color": "#888888"},
    "keep_days": 30,
}


class MadeRoom(BaseModel):
    """A room made by hand."""

    model_config = ConfigDict(json_schema_extra={"examples": [_EXAMPLE]})

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

    @router.get("/rooms", responses=problems(401, 403, 429))
    async def listed(_: Annotated[Person, Depends(callers.admin)]) -> list[MadeRoom]:
        """List the rooms made by hand."""
        return [_known(talk) for talk in platform.programme.adhoc.values()]

    async def write(call: Callable[[], Awaitable[T]]) -> T:
        """Change the archive and look at once; what comes of it is found by the next look. Raises 503."""
        if not platform.archive_ready:
            raise archive_away()
        try:
            done = await call()
        except ARCHIVE_AWAY:
            raise archive_away() from None
        with suppress(*ARCHIVE_AWAY):
            await platform.adhoc.refresh()
        return done

    @router.post("/rooms", status_code=201, responses=problems(401, 403, 409, 413, 422, 429, 503))
    async def make(draft: RoomDraft, _: Annotated[Person, Depends(callers.admin)]) -> MadeRoom:
        """Make a room without a schedule. 409: the id is taken."""
        room_id = draft.id or "".join(secrets.choice(ALPHABET) for _ in range(6))
        taken = HTTPException(409, f"There is a room <{room_id}> already: choose another id")
        if platform.programme.find(room_id) is not None or platform.programme.bars(room_id):
            raise taken
        made = AdhocRoom(id=room_id, created=time.time(), **draft.model_dump(exclude={"id"}))
        # Another api may have made it in the seconds since this one looked.
        if not await write(partial(rooms.make, platform.archive, made)):
            raise taken
        # As it was written: another admin may have deleted it since.
        return _known(talk_of(made))

    @router.delete("/rooms/{room_id:path}", responses=problems(401, 403, 404, 409, 422, 429, 503))
    async def delete(room_id: str, _: Annotated[Person, Depends(callers.admin)]) -> MadeRoom:
        """Delete a room made by hand; its transcripts stay. 409: it is active, close it first."""
        talk = platform.programme.adhoc.get(room_id)
        if talk is None:
            raise HTTPException(404, f"There is no room <{room_id}> that was made by hand")
        if platform.active_room(room_id) is not None:
            raise HTTPException(409, f"Room <{room_id}> is active: close it first")
        if not await write(partial(rooms.delete, platform.archive, room_id)):
            raise HTTPException(404, f"Room <{room_id}> was deleted by somebody else")
        return _known(talk)

    return router


def _known(talk: Talk) -> MadeRoom:
    return MadeRoom(
        id=talk.id,
        title=talk.title,
        description=talk.description,
        presenter=talk.presenter,
        location=talk.location,
        source_lang=talk.source_lang,
        track=talk.track,
        keep_days=talk.keep_days,
    )
