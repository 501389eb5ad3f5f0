"""`/login`, `/auth`, `/validate`: passwords and keys. A refusal is 503 and `{"status":"fail"}`."""

from typing import Any
from urllib.parse import unquote

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel

from dolmetsch_api.platform import Platform
from dolmetsch_api.tokens import Role


class LoginBody(BaseModel):
    """A password, the role wanted, and the key held before."""

    password: str = ""
    role: str | None = None
    key: str = ""


class AuthBody(BaseModel):
    """A key, or a password."""

    key: str | None = None
    password: str | None = None


class KeyBody(BaseModel):
    """A key."""

    key: str = ""


def refusal() -> JSONResponse:
    """What clients in use take for no."""
    return JSONResponse({"status": "fail"}, status_code=503)


def routes(platform: Platform) -> APIRouter:
    """Return the routes."""
    router = APIRouter()
    logins = platform.logins

    @router.post("/login", response_model=None)
    async def login(body: LoginBody, request: Request) -> dict[str, Any] | JSONResponse:
        role = logins.role_of(body.password)
        if role is None or (body.role == Role.ADMIN and role is not Role.ADMIN):
            return refusal()
        if body.role == Role.HOST:
            role = Role.HOST
        previous = body.key or unquote(request.cookies.get("authenticated", ""))
        key = logins.mint(role, previous=previous)
        return {"status": "ok", "key": key, "power": role.value, "expire_hours": logins.hours}

    @router.post("/auth", response_model=None)
    async def auth(body: AuthBody) -> dict[str, Any] | JSONResponse:
        if body.key is not None:
            person = logins.person(body.key)
            return {"status": "valid", "power": person.role.value} if person else refusal()
        return {"status": "ok"} if logins.role_of(body.password or "") else refusal()

    @router.post("/validate", response_model=None)
    async def validate(body: KeyBody) -> dict[str, Any] | JSONResponse:
        return {"status": "valid"} if logins.person(body.key) else refusal()

    return router
