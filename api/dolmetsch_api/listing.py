"""`/health` and `/room_list`: polled by every client, so they hardly wait for the store."""

import asyncio
from contextlib import suppress
from typing import Any

from fastapi import APIRouter
from fastapi.responses import JSONResponse

from dolmetsch_api.platform import Platform
from dolmetsch_api.talks import Talk
from dolmetsch_core.live import claim
from dolmetsch_core.live.store import STORE_AWAY
from dolmetsch_core.wire.languages import LANGUAGES

STORE_PATIENCE_S = 0.5


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

    @router.get("/health", response_model=None)
    async def health() -> dict[str, str | float] | JSONResponse:
        if not platform.directory.view.seen:
            return JSONResponse({"status": "not ready"}, status_code=503)
        # An old view is no reason to take this api out: what it knows is still true for live rooms.
        return {"status": "ok", "directory_age_seconds": round(platform.directory.view.age, 1)}

    @router.get("/room_list")
    async def room_list() -> dict[str, Any]:
        capacity = await platform.directory.capacity()
        return {
            "available_source_langs": platform.languages.spoken(),
            "available_target_langs": platform.languages.read_in(),
            "max_active_rooms": capacity.capacity,
            "rooms": await asyncio.gather(
                *(_listed(platform, talk, ids) for talk in platform.talks.values())
            ),
        }

    @router.get("/api/v1/about")
    async def about() -> dict[str, Any]:
        capacity = await platform.directory.capacity()
        return {
            "ready": _ready(platform, capacity.languages),
            "notice": platform.settings.notice,
            "languages": platform.languages.note,
            "engines": capacity.note,
            "targets": {talk.id: _targets(platform, talk) for talk in platform.talks.values()},
            "translations": {
                spoken: list(platform.languages.targets(spoken)) for spoken in platform.languages.spoken()
            },
            "names": platform.languages.names(),
            "tags": {code: each.tag for code, each in LANGUAGES.items() if each.tag != code},
            "rtl": [code for code, each in LANGUAGES.items() if each.rtl],
        }

    return router


def _ready(platform: Platform, spoken: tuple[str, ...]) -> bool:
    """Whether engines and a translator have said what they can do, and the room list says so too."""
    return bool(spoken) and platform.languages.spoken() == sorted(spoken) and platform.languages.known


def _source(platform: Platform, talk: Talk) -> str:
    room = platform.active_room(talk.id)
    return room.spec.source_lang if room else talk.source_lang


def _targets(platform: Platform, talk: Talk) -> list[str]:
    return list(platform.languages.targets(_source(platform, talk)))


async def _listed(platform: Platform, talk: Talk, ids: ConnectionIds) -> dict[str, Any]:
    return {
        "id": talk.id,
        "title": talk.title,
        "description": talk.description,
        "track": {"name": talk.track.name, "color": talk.track.color},
        "location": talk.location,
        "presenter": talk.presenter or "Unknown",
        "host_connection_id": await ids.of(talk.id),
        "source_lang": _source(platform, talk),
    }
