"""`POST /room/{id}/close`: an admin ends a room."""

from fastapi import APIRouter
from fastapi.responses import JSONResponse

from dolmetsch_api.login import KeyBody, refusal
from dolmetsch_api.platform import Platform
from dolmetsch_api.tokens import Role
from dolmetsch_core.errors import RoomRefused
from dolmetsch_core.live.rooms import NotReady
from dolmetsch_core.live.store import STORE_AWAY


def routes(platform: Platform) -> APIRouter:
    """Return the route."""
    router = APIRouter()

    @router.post("/room/{room_id}/close", response_model=None)
    async def close(room_id: str, body: KeyBody) -> dict[str, str] | JSONResponse:
        person = platform.logins.person(body.key)
        if person is None or person.role is not Role.ADMIN or platform.active_room(room_id) is None:
            return refusal()
        try:
            closed = await platform.directory.close(room_id)
        except (*STORE_AWAY, NotReady, RoomRefused):
            return refusal()
        return {"status": "ok"} if closed else refusal()

    return router
