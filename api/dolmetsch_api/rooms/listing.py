"""`/health` and `/room_list`: polled by every client, so they hardly wait for the store."""

import asyncio
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any, Final, Literal

from fastapi import APIRouter
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, JsonValue

from dolmetsch_api.answers import NamedTrack, Ok
from dolmetsch_api.platform import Platform
from dolmetsch_api.rooms.talks import Talk
from dolmetsch_core.live import claim
from dolmetsch_core.live.store import STORE_AWAY
from dolmetsch_core.wire.languages import LANGUAGES

STORE_PATIENCE_S = 0.5
_ROOM: Final[dict[str, JsonValue]] = {
    "id": "AB3CDE",
    "title": "Welcome",
    "description": "What to expect of these two days.",
    "track": {"name": "Plenary", "color": "#2f6f4f"},
    "location": "Large hall",
    "presenter": "Ada Lovelace",
    "host_connection_id": "",
    "source_lang": "en",
}
_EXAMPLE: Final[dict[str, JsonValue]] = {
    "available_source_langs": ["de", "en"],
    "available_target_langs": ["de", "en", "pt"],
    "max_active_rooms": 2,
    "rooms": [_ROOM],
}
_ABOUT: Final[dict[str, JsonValue]] = {
    "ready": True,
    "directory_age_seconds": 0.4,
    "notice": "A demonstration: nothing is kept after today.",
    "machine_notice": True,
    "languages": "",
    "engines": "",
    "targets": {"AB3CDE": ["en", "de", "pt"]},
    "translations": {"de": ["de", "en"], "en": ["en", "de", "pt"]},
    "names": {"de": "Deutsch", "en": "English", "pt": "Português"},
    "tags": {"zh": "zh-Hans"},
    "rtl": ["ar", "he"],
    "schedule": {
        "title": "Example conference",
        "age_seconds": 12.5,
        "error": "",
        "events": 42,
        "fake_now": "2026-08-20T09:45:00+02:00",
    },
}


class NotYet(BaseModel):
    """The api has not heard of the rooms yet."""

    status: Literal["not ready"] = "not ready"


NOT_READY: Final[dict[int | str, dict[str, Any]]] = {
    503: {
        "model": NotYet,
        "description": "Before the first readiness, never afterwards",
        "content": {"application/json": {"example": {"status": "not ready"}}},
    }
}


class ListedRoom(BaseModel):
    """A room as clients in use list it. All words are plain text."""

    model_config = ConfigDict(use_attribute_docstrings=True, json_schema_extra={"examples": [_ROOM]})

    id: str
    title: str
    description: str
    track: NamedTrack
    location: str
    """The place."""
    presenter: str
    """`Unknown` when there is none."""
    host_connection_id: str
    """What the host was given, also while it is away for a moment; empty: the room is not active."""
    source_lang: str
    """The language spoken, or to be spoken."""


class RoomList(BaseModel):
    """All rooms that can be chosen, and all languages."""

    model_config = ConfigDict(use_attribute_docstrings=True, json_schema_extra={"examples": [_EXAMPLE]})

    available_source_langs: list[str]
    available_target_langs: list[str]
    """Never empty: the last known while the translation is away."""
    max_active_rooms: int
    rooms: list[ListedRoom]


class ScheduleState(BaseModel):
    """How the schedule is: what it holds, how old that is, and why it is not newer."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    title: str
    """The conference's; empty while there was no schedule yet."""
    age_seconds: float | None
    """Since its source confirmed it; null: there was none yet."""
    error: str
    """Why the last look brought nothing; empty when all is well."""
    events: int
    """Talks in it that may be activated."""
    fake_now: datetime | None
    """The time that the schedule goes by, when it is not the time of day."""


class About(BaseModel):
    """What a page should know of the platform."""

    model_config = ConfigDict(use_attribute_docstrings=True, json_schema_extra={"examples": [_ABOUT]})

    ready: bool
    """Whether engines and a translator have said what they can do."""
    directory_age_seconds: float
    """Since the rooms were last confirmed: an api that lost its cluster goes on with what it knows."""
    notice: str
    """What every page shows; may be empty."""
    machine_notice: bool
    """Whether every page says that captions are made by a machine."""
    languages: str
    """Why there are these languages and no others."""
    engines: str
    """What people should know of the engines."""
    targets: dict[str, list[str]]
    """For each listed room, what its captions can be read in now."""
    translations: dict[str, list[str]]
    """For each spoken language, what it can be read in."""
    names: dict[str, str]
    """Each language's name for itself."""
    tags: dict[str, str]
    """BCP 47 tags, where they are not the code."""
    rtl: list[str]
    """Languages written from right to left."""
    schedule: ScheduleState | None
    """null: the platform has no schedule."""


class ConnectionIds:
    """Which connection id each active room's host was given; the last known while the store is away."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._known: dict[str, str] = {}

    async def of(self, room_id: str) -> str:
        """'' when the room is not active."""
        room = self._platform.active_room(room_id)
        if room is None:
            self._known.pop(room_id, None)
            return ""
        with suppress(*STORE_AWAY, TimeoutError):
            async with asyncio.timeout(STORE_PATIENCE_S):
                found = await claim.connection_id(self._platform.store, room_id)
                # A store that was lost knows it no more; the room is the same.
                self._known[room_id] = found or self._known.get(room_id, "")
        return self._known.get(room_id, "")


def routes(platform: Platform) -> APIRouter:
    """Return the routes."""
    router = APIRouter()
    ids = ConnectionIds(platform)

    @router.get("/health", response_model=Ok, responses=NOT_READY, tags=["clients in use"])
    async def health() -> Ok | JSONResponse:
        """Tell that this api can serve. Clients poll it every 5 s and give up their socket when it fails."""
        if not platform.directory.view.seen:
            return JSONResponse({"status": "not ready"}, status_code=503)
        # An old view is no reason to take this api out: what it knows is still true for live rooms.
        return Ok()

    @router.get("/room_list", tags=["clients in use"])
    async def room_list() -> RoomList:
        """List rooms and languages."""
        capacity = await platform.directory.capacity()
        return RoomList(
            available_source_langs=platform.languages.spoken(),
            available_target_langs=platform.languages.read_in(),
            max_active_rooms=capacity.capacity,
            rooms=await listed_rooms(platform, _talks(platform), ids),
        )

    @router.get("/api/v1/about")
    async def about() -> About:
        capacity = await platform.directory.capacity()
        languages = platform.languages
        return About(
            ready=_ready(platform, capacity.languages),
            directory_age_seconds=round(platform.directory.view.age, 1),
            notice=_notice(platform),
            machine_notice=platform.settings.machine_notice,
            languages=languages.note,
            engines=capacity.note,
            targets={
                talk.id: list(languages.targets(platform.source_lang(talk))) for talk in _talks(platform)
            },
            translations={spoken: list(languages.targets(spoken)) for spoken in languages.spoken()},
            names=languages.names(),
            tags={code: each.tag for code, each in LANGUAGES.items() if each.tag != code},
            rtl=[code for code, each in LANGUAGES.items() if each.rtl],
            schedule=_schedule(platform),
        )

    return router


def _ready(platform: Platform, spoken: tuple[str, ...]) -> bool:
    """Whether engines and a translator have said what they can do, and the room list says so too."""
    return bool(spoken) and platform.languages.spoken() == sorted(spoken) and platform.languages.known


def _talks(platform: Platform) -> list[Talk]:
    return platform.programme.listed(platform.programme.now())


def _notice(platform: Platform) -> str:
    """Nobody should take the schedule of another time for today's."""
    said, programme = platform.settings.notice, platform.programme
    if not programme.clock.fake:
        return said
    zone = programme.schedule.zone if programme.schedule else UTC
    now = f"{programme.now().astimezone(zone):%Y-%m-%d %H:%M} ({zone})"
    return " · ".join([*([said] if said else []), f"For trying out, the schedule goes by {now}"])


def _schedule(platform: Platform) -> ScheduleState | None:
    source, programme = platform.schedule, platform.programme
    if source is None:
        return None
    return ScheduleState(
        title=source.schedule.title if source.schedule else "",
        age_seconds=None if source.age is None else round(source.age, 1),
        error=source.error,
        events=len(programme.recordable()),
        fake_now=programme.now() if programme.clock.fake else None,
    )


async def listed_rooms(platform: Platform, talks: list[Talk], ids: ConnectionIds) -> list[ListedRoom]:
    """Return the items of a list of rooms."""
    return await asyncio.gather(*(_listed(platform, talk, ids) for talk in talks))


async def _listed(platform: Platform, talk: Talk, ids: ConnectionIds) -> ListedRoom:
    return ListedRoom(
        id=talk.id,
        title=talk.title,
        description=talk.description or talk.abstract,
        track=talk.track,
        location=talk.location,
        presenter=talk.presenter,
        host_connection_id=await ids.of(talk.id),
        source_lang=platform.source_lang(talk),
    )
