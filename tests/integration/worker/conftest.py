"""A small HTTP server on loopback that answers as badly as it is told to."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from pathlib import Path

import pytest

from dolmetsch_core.live import wanted
from tests.serving import serving

Answer = Callable[[asyncio.StreamWriter, bytes], Awaitable[None]]
"""Answers one request, given its body."""

LANGUAGES = [
    {"code": "en", "name": "English", "targets": ["de", "en"]},
    {"code": "de", "name": "German", "targets": ["de", "en"]},
]


def responds(body: object, *, status: int = 200, headers: tuple[str, ...] = ()) -> Answer:
    """This status and body: bytes as they are, all else as JSON."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()

    async def answer(writer: asyncio.StreamWriter, _: bytes) -> None:
        head = [f"HTTP/1.1 {status} X", f"Content-Length: {len(content)}", *headers, "", ""]
        writer.write("\r\n".join(head).encode() + content)

    return answer


async def shouts(writer: asyncio.StreamWriter, body: bytes) -> None:
    """A working service: translates into capitals."""
    text = json.loads(body)["q"]
    await responds({"translatedText": text.upper()})(writer, b"")


async def hangs(_: asyncio.StreamWriter, __: bytes) -> None:
    """Says nothing until it is cut off."""
    await asyncio.Event().wait()


async def breaks_off(writer: asyncio.StreamWriter, _: bytes) -> None:
    """Promises more than it sends."""
    writer.write(b'HTTP/1.1 200 X\r\nContent-Length: 999\r\n\r\n{"transl')


async def never_ends(writer: asyncio.StreamWriter, _: bytes) -> None:
    """Sends without a length for as long as anybody listens."""
    writer.write(b"HTTP/1.1 200 X\r\nConnection: close\r\n\r\n")
    with suppress(ConnectionError):
        while True:
            writer.write(b"[" * 65536)
            await writer.drain()


class FaultServer:
    """`translate` and `languages` say how it answers; `asked` counts translations asked for."""

    def __init__(self) -> None:
        self.translate: Answer = shouts
        self.languages: Answer = responds(LANGUAGES)
        self.asked = 0
        self.url = ""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
        lengths = [line.split(":")[1] for line in head.split("\r\n") if line.startswith("content-length:")]
        body = await reader.readexactly(int(lengths[0]) if lengths else 0)
        if head.startswith("get /languages "):
            await self.languages(writer, body)
        else:
            self.asked += 1
            await self.translate(writer, body)


@pytest.fixture(autouse=True)
def readers_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who reads says so once in a test, and not again every few seconds: however long it takes."""
    monkeypatch.setattr(wanted, "WANTED_TTL_S", 3600)


@pytest.fixture
def url(tmp_path: Path) -> str:
    """The address of an archive that is not there yet."""
    return f"sqlite:///{tmp_path}/archive.db"


@pytest.fixture
async def fault_server() -> AsyncIterator[FaultServer]:
    """One connection, one request; well-behaved until told otherwise."""
    faults = FaultServer()
    async with serving(faults.serve) as faults.url:
        yield faults
