"""Getting an export from an address or a file: only when it has changed, never too much of it."""

import asyncio
import os
import stat
from collections.abc import Awaitable, Callable
from concurrent.futures import Future
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from threading import Thread
from typing import Any, Final, TypeVar
from urllib.parse import urlsplit

import httpx

T = TypeVar("T")
MAX_BYTES: Final = 20 << 20
"""A schedule of a large conference has two megabytes; this is something else."""


class Unavailable(Exception):
    """The schedule can't be had just now; the message says why, without address or path."""


@dataclass(frozen=True)
class Document:
    """An export, and what tells later whether it has changed."""

    content: bytes
    stamp: Any


Fetch = Callable[[Any], Awaitable[Document | None]]
"""Get the export unless it is still that of the stamp; None: it is. Raises Unavailable."""


def is_address(location: str) -> bool:
    """Whether it is a URL rather than a path."""
    return "://" in location


def without_secrets(location: str) -> str:
    """Return a location for logs: a URL without user, password and query, which may hold a token."""
    if not is_address(location):
        return location
    parts = urlsplit(location)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2], query="", fragment="").geturl()


def from_address(client: httpx.AsyncClient, url: str) -> Fetch:
    """Get it by HTTP, with ETag and Last-Modified."""

    async def fetch(stamp: Any) -> Document | None:
        asked = {"Accept": "application/json", **(stamp or {})}
        try:
            async with client.stream("GET", url, headers=asked, follow_redirects=True) as answer:
                if stamp and answer.status_code == HTTPStatus.NOT_MODIFIED:
                    return None
                if answer.status_code != HTTPStatus.OK:
                    raise Unavailable(f"the server answers {answer.status_code}")
                return Document(await _body(answer), _conditions(answer.headers))
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise Unavailable(f"the server can't be asked: {type(error).__name__}") from error

    return fetch


async def _body(answer: httpx.Response) -> bytes:
    content = bytearray()
    async for part in answer.aiter_bytes():
        content += part
        if len(content) > MAX_BYTES:
            raise Unavailable(f"the answer is longer than {MAX_BYTES >> 20} MB")
    return bytes(content)


def _conditions(told: httpx.Headers) -> dict[str, str]:
    """Return the headers that ask whether it has changed since."""
    pairs = {"If-None-Match": told.get("ETag"), "If-Modified-Since": told.get("Last-Modified")}
    return {name: value for name, value in pairs.items() if value}


def _in_thread(call: Callable[[], T]) -> asyncio.Future[T]:
    """Run it in a thread of its own, which the end of the process does not wait for.

    The threads of `asyncio.to_thread` are few, and passwords are compared there.
    """
    result: Future[T] = Future()
    result.set_running_or_notify_cancel()

    def run() -> None:
        try:
            result.set_result(call())
        except BaseException as error:  # noqa: BLE001 (raised where it is awaited)
            result.set_exception(error)

    Thread(target=run, name="schedule file", daemon=True).start()
    return asyncio.wrap_future(result)


def from_file(path: Path) -> Fetch:
    """Read it from a file, when its time, size or inode has changed."""

    def read(stamp: Any) -> Document | None:
        try:
            # First: opening a pipe would wait for ever for somebody to write into it.
            if not stat.S_ISREG(path.stat().st_mode):
                raise Unavailable("it is not a file")
            with path.open("rb") as file:
                seen = os.fstat(file.fileno())
                found = (seen.st_mtime_ns, seen.st_size, seen.st_ino)
                if found == stamp:
                    return None
                content = file.read(MAX_BYTES + 1)
        except OSError as error:
            raise Unavailable(f"the file can't be read: {error.strerror}") from error
        if len(content) > MAX_BYTES:
            raise Unavailable(f"the file is longer than {MAX_BYTES >> 20} MB")
        return Document(content, found)

    reading: asyncio.Future[Document | None] | None = None

    async def fetch(stamp: Any) -> Document | None:
        nonlocal reading
        # One that hangs, on a network's disk that is away, is waited for again: never two at once.
        if reading is None:
            reading = _in_thread(lambda: read(stamp))
        try:
            return await asyncio.shield(reading)
        finally:
            if reading.done():
                reading = None

    return fetch
