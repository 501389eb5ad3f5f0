"""`/login`, `/auth`, `/validate`: passwords and keys."""

from typing import Literal

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field

from dolmetsch_api.answers import KEY_EXAMPLE, REFUSES, KeyBody, Ok, Text, refusal
from dolmetsch_api.auth.attempts import WINDOW_S, origin_of
from dolmetsch_api.auth.cookies import cookies_of
from dolmetsch_api.auth.logins import TooManyFailures
from dolmetsch_api.auth.tokens import Role
from dolmetsch_api.platform import Platform


class LoginBody(BaseModel):
    """A password, the role wanted, and the key held before, which keeps the subject the same."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"password": "open sesame", "role": "host"}]})
    password: Text = Field(default="", max_length=10_000)
    role: Text | None = None
    key: Text = Field(default="", max_length=10_000)


class AuthBody(BaseModel):
    """A key, or a password."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"key": KEY_EXAMPLE}]})
    key: Text | None = Field(default=None, max_length=10_000)
    password: Text | None = Field(default=None, max_length=10_000)


class LoggedIn(BaseModel):
    """A key and what it may do."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"status": "ok", "key": KEY_EXAMPLE, "power": "host", "expire_hours": 24.0}]
        }
    )
    status: Literal["ok"] = "ok"
    key: str
    power: Role
    expire_hours: float


class Valid(BaseModel):
    """The key is good."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"status": "valid"}]})
    status: Literal["valid"] = "valid"


class ValidFor(Valid):
    """The key is good, and for what."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"status": "valid", "power": "host"}]})
    power: Role


def routes(platform: Platform) -> APIRouter:
    """Return the routes."""
    router = APIRouter(tags=["clients in use"], responses=REFUSES)
    logins = platform.logins

    @router.post("/login", response_model=LoggedIn)
    async def login(body: LoginBody, request: Request) -> LoggedIn | JSONResponse:
        """Get a key for a password."""
        previous = body.key or cookies_of(request).get("authenticated", "")
        try:
            made = await logins.login(
                body.password, body.role or "", previous=previous, origin=origin_of(request)
            )
        except TooManyFailures:
            return refusal(retry_after=WINDOW_S)
        if made is None:
            return refusal()
        return LoggedIn(key=made.key, power=made.role, expire_hours=logins.hours)

    @router.post("/auth", response_model=ValidFor | Ok)
    async def auth(body: AuthBody, request: Request) -> ValidFor | Ok | JSONResponse:
        """Tell whether a key or a password is good."""
        try:
            if body.key is not None:
                person = await logins.person(body.key, origin=origin_of(request))
                return ValidFor(power=person.role) if person else refusal()
            role = await logins.role_of(body.password or "", origin=origin_of(request))
        except TooManyFailures:
            return refusal(retry_after=WINDOW_S)
        return Ok() if role else refusal()

    @router.post("/validate", response_model=Valid)
    async def validate(body: KeyBody, request: Request) -> Valid | JSONResponse:
        """Tell whether a key is good."""
        try:
            person = await logins.person(body.key, origin=origin_of(request))
        except TooManyFailures:
            return refusal(retry_after=WINDOW_S)
        return Valid() if person else refusal()

    return router
