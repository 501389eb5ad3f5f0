"""Requests that are not as described: refused as each family of routes refuses, without repeating them."""

from typing import Any

from fastapi import FastAPI, Request, Response, status
from fastapi.exception_handlers import http_exception_handler
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from dolmetsch_api.answers import refusal

OURS = "/api/v1/"
"""Begins the paths of our own routes, below the base path."""
_OF_BODIES = (status.HTTP_400_BAD_REQUEST, status.HTTP_413_CONTENT_TOO_LARGE)


def refuse_invalid(app: FastAPI) -> None:
    """Have the application refuse what FastAPI can't read, and describe it so."""
    app.exception_handler(RequestValidationError)(_invalid)
    app.exception_handler(HTTPException)(_unreadable)
    described = app.openapi

    def openapi() -> dict[str, Any]:
        """Clients in use never get a 422: FastAPI describes one wherever something can be wrong."""
        schema = described()
        for path, operations in schema["paths"].items():
            if OURS not in path:
                for operation in operations.values():
                    operation["responses"].pop("422", None)
        return schema

    app.openapi = openapi  # type: ignore[method-assign]


async def _invalid(request: Request, error: RequestValidationError) -> Response:
    if not _ours(request):
        return refusal()
    return JSONResponse(
        {"detail": [_told(each) for each in error.errors()]},
        status_code=status.HTTP_422_UNPROCESSABLE_CONTENT,
    )


async def _unreadable(request: Request, error: HTTPException) -> Response:
    """A body that is no text, or nested without end, is a 400 to FastAPI; one that is too large is a 413."""
    if error.status_code in _OF_BODIES and "route" in request.scope and not _ours(request):
        return refusal()
    return await http_exception_handler(request, error)


def _ours(request: Request) -> bool:
    return OURS in request.scope["route"].path


def _told(error: dict[str, Any]) -> dict[str, Any]:
    """What is wrong, where, and which limit it breaks; not the value, which may be a password."""
    limits = {name: value for name, value in error.get("ctx", {}).items() if isinstance(value, int | float)}
    return {
        "type": error["type"],
        "loc": [_whole(part) if isinstance(part, str) else part for part in error["loc"]],
        "msg": _whole(error["msg"]),
        **({"ctx": limits} if limits else {}),
    }


def _whole(text: str) -> str:
    """Half a surrogate pair, in the name of a field, as its escape."""
    return text.encode(errors="backslashreplace").decode()
