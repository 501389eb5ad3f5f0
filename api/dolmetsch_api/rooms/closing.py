"""An admin ends a room: `POST /room/{id}/close`, and ours with proper codes; also one that no list shows."""

from enum import Enum
from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, Request
from fastapi.responses import JSONResponse

from dolmetsch_api.answers import REFUSES, KeyBody, Ok, problems, refusal
from dolmetsch_api.auth.attempts import WINDOW_S, origin_of
from dolmetsch_api.auth.callers import Callers
from dolmetsch_api.auth.logins import TooManyFailures
from dolmetsch_api.auth.tokens import Person, Role
from dolmetsch_api.platform import Platform
from dolmetsch_api.rooms.listing import ConnectionIds, ListedRoom, listed_rooms
from dolmetsch_core.errors import RoomRefused
from dolmetsch_core.live.rooms import NotReady
from dolmetsch_core.live.store import STORE_AWAY


class _Closing(Enum):
    DONE = "done"
    NOT_ACTIVE = "not active"
    AWAY = "away"


def routes(platform: Platform) -> APIRouter:
    """Return the routes."""
    router = APIRouter()
    callers = Callers(platform.logins)
    ids = ConnectionIds(platform)

    @router.post("/room/{room_id:path}/close", response_model=Ok, responses=REFUSES, tags=["clients in use"])
    async def close(room_id: str, body: KeyBody, request: Request) -> Ok | JSONResponse:
        """Close a room for everybody, as an admin."""
        try:
            person = await platform.logins.person(body.key, origin=origin_of(request))
        except TooManyFailures:
            return refusal(retry_after=WINDOW_S)
        if person is None or person.role is not Role.ADMIN:
            return refusal()
        return Ok() if await _close(platform, room_id) is _Closing.DONE else refusal()

    @router.post(
        "/api/v1/rooms/{room_id:path}/close", tags=["rooms"], responses=problems(401, 403, 404, 422, 429, 503)
    )
    async def close_room(room_id: str, _: Annotated[Person, Depends(callers.admin)]) -> Ok:
        """Close a room for everybody. 404: it is not active; 503: try again."""
        match await _close(platform, room_id):
            case _Closing.NOT_ACTIVE:
                raise HTTPException(404, f"Room <{room_id}> is not active")
            case _Closing.AWAY:
                raise HTTPException(503, "The room could not be closed: try again in a few seconds")
        return Ok()

    @router.get("/api/v1/rooms/unlisted", tags=["rooms"], responses=problems(401, 403, 429))
    async def unlisted(_: Annotated[Person, Depends(callers.admin)]) -> list[ListedRoom]:
        """List the active rooms that have left the list, since their talk is not to be recorded any more."""
        return await listed_rooms(platform, platform.programme.unlisted(), ids)

    return router


async def _close(platform: Platform, room_id: str) -> _Closing:
    if platform.active_room(room_id) is None:
        return _Closing.NOT_ACTIVE
    try:
        closed = await platform.directory.close(room_id)
    except (*STORE_AWAY, NotReady, RoomRefused):
        return _Closing.AWAY
    return _Closing.DONE if closed else _Closing.NOT_ACTIVE
