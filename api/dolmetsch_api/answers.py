"""Answers that several routes give: yes, no as clients in use know it, and no with proper codes."""

from typing import Annotated, Any, Final, Literal

from fastapi import HTTPException
from fastapi.responses import JSONResponse
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, JsonValue, StringConstraints

KEY_EXAMPLE: Final = "eyJhbGciOiJIUzI1NiJ9.e30.c2ln"


def _encodable(value: str) -> str:
    """A JSON escape can give half of a surrogate pair, which neither an answer nor a database takes."""
    try:
        value.encode()
    except UnicodeEncodeError:
        raise ValueError("a lone surrogate is no character") from None
    return value


Text = Annotated[str, AfterValidator(_encodable)]
"""Text as anybody may send it."""
PlainText = Annotated[
    str, StringConstraints(strip_whitespace=True, pattern=r"^[^\x00-\x08\x0B\x0C\x0E-\x1F\x7F-\x9F]*$")
]
"""Text that is kept: no control characters but tab and line break, and no lone surrogates either."""


class Fail(BaseModel):
    """No."""

    status: Literal["fail"] = "fail"


class Ok(BaseModel):
    """Yes."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"status": "ok"}]})
    status: Literal["ok"] = "ok"


class KeyBody(BaseModel):
    """A key, or the password itself in its place."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"key": KEY_EXAMPLE}]})
    key: Text = Field(default="", max_length=10_000)


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


class Problem(BaseModel):
    """Why our own routes say no, in words for people."""

    detail: str


class InvalidField(BaseModel):
    """What is wrong with one field. The value is not repeated: it may be a password."""

    type: str
    loc: list[str | int]
    """Where: `body`, `query` or `path`, then the names that lead there."""
    msg: str


class Invalid(BaseModel):
    """Which fields are wrong, or in words what is."""

    model_config = ConfigDict(use_attribute_docstrings=True)
    detail: list[InvalidField] | str


_ARCHIVE_AWAY: Final = "The archive is away: try again in a few seconds"
_MISSING: Final[JsonValue] = [{"type": "missing", "loc": ["body", "title"], "msg": "Field required"}]
_PROBLEMS: Final[dict[int, tuple[str, JsonValue]]] = {
    401: ("No key, or one that is not valid (any more)", "The key is not valid (any more): log in again"),
    403: ("Not allowed", "Only an admin may do this: log in with the admin password"),
    404: ("Not there, for the caller at least", "Room <AB3CDE> is not active"),
    409: ("In the way of something else", "Room <AB3CDE> is active: close it first"),
    413: ("Too large", "The body is too large: at most 524288 bytes are taken"),
    422: ("Not as described here", _MISSING),
    429: ("Too many failed logins", "Too many failed logins: wait a minute"),
    503: ("Something is away", _ARCHIVE_AWAY),
}


def problems(*codes: int) -> dict[int | str, dict[str, Any]]:
    """`responses` of one of our own routes: what it says no with."""
    return {
        code: {
            "model": Invalid if code == 422 else Problem,
            "description": _PROBLEMS[code][0],
            "content": {"application/json": {"example": {"detail": _PROBLEMS[code][1]}}},
        }
        for code in codes
    }


def archive_away() -> HTTPException:
    """What our own routes say while the archive is away."""
    return HTTPException(503, _ARCHIVE_AWAY)


def refusal(*, retry_after: int | None = None) -> JSONResponse:
    """What clients in use take for no; `retry_after` in seconds."""
    headers = {} if retry_after is None else {"Retry-After": str(retry_after)}
    return JSONResponse({"status": "fail"}, status_code=503, headers=headers)
