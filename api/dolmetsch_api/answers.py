"""Answers of the documented routes: a refusal is 503 and `{"status":"fail"}`, whatever its reason."""

from typing import Any, Final, Literal

from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field


class Fail(BaseModel):
    """No."""

    status: Literal["fail"] = "fail"


class Ok(BaseModel):
    """Yes."""

    status: Literal["ok"] = "ok"


class KeyBody(BaseModel):
    """A key, or the password itself in its place."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"key": "eyJhbGciOiJIUzI1NiJ9.e30.c2ln"}]})
    key: str = Field(default="", max_length=10_000)


class NamedPerson(BaseModel):
    """Somebody who speaks."""

    name: str


class NamedTrack(BaseModel):
    """A strand of the conference, with its colour."""

    name: str
    color: str


REFUSES: Final[dict[int | str, dict[str, Any]]] = {
    503: {"model": Fail, "description": "Refused (clients in use know no other answer)"}
}


def refusal(*, retry_after: int | None = None) -> JSONResponse:
    """What clients in use take for no; `retry_after` in seconds."""
    headers = {} if retry_after is None else {"Retry-After": str(retry_after)}
    return JSONResponse({"status": "fail"}, status_code=503, headers=headers)
