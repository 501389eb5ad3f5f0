"""How large a request's body may be: all of it is kept before anybody looks at the key in it."""

from collections.abc import Collection
from typing import Final

from fastapi import HTTPException, status
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

BODY_BYTES: Final = 1 << 16
LARGE_BODY_BYTES: Final = 1 << 19
"""For rooms to be made: each of thirty thousand characters may be twelve bytes, as JSON escapes them."""


class BodyLimit:
    """ASGI middleware: whoever reads a body that is too large gets a 413 instead, declared or not.

    FastAPI's own limit answers by itself, as clients in use don't know it. What nobody reads is not kept.
    """

    def __init__(self, app: ASGIApp, *, large: Collection[str]) -> None:
        """`large`: paths whose bodies may be larger."""
        self._app = app
        self._large = large

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request or a socket."""
        if scope["type"] == "http":
            most = LARGE_BODY_BYTES if scope["path"] in self._large else BODY_BYTES
            receive = _limited(receive, Headers(scope=scope).get("content-length", ""), most)
        await self._app(scope, receive, send)


def _limited(receive: Receive, declared: str, most: int) -> Receive:
    size = int(declared) if declared.isdecimal() else 0
    received = 0

    async def limited() -> Message:
        nonlocal received
        if size > most:
            raise _too_large(most)
        message = await receive()
        received += len(message.get("body", b""))
        if received > most:
            raise _too_large(most)
        return message

    return limited


def _too_large(most: int) -> HTTPException:
    return HTTPException(
        status.HTTP_413_CONTENT_TOO_LARGE, f"The body is too large: at most {most} bytes are taken"
    )
