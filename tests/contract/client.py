"""The existing browser client, as far as a server can see it: cookies, sockets, a recorder that goes on."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractContextManager, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from tests.contract.server import PATIENCE_S, Server
from tests.raw_socket import deaf
from tests.scoring import talk
from tests.waiting import until
from tests.webm import recorded

Json = dict[str, Any]
READY: Json = {"info": {"ready_to_recieve_audio": True}}
CHUNK = {"last_n_sents", "incomplete_sentence", "transcription_delay", "translation_delay"}
"""What every chunk holds."""
SLICE_S = 0.3
ENGINE_S = 180.0
"""An engine may have to be started first, on a machine that has other things to do."""
SPOKEN_S = 300
"""No talk of the suite is as long: times are in whole seconds, not in thousandths."""
NO_AUTH = (1008, "Authentification failed: no valid password in session cookie")
SECOND_HOST = (1003, "Multiple hosts not allowed")
NOT_ACTIVE = (1003, "Room not active")
ROOM_CLOSED = (1003, "Room closed")


class Gone(Exception):
    """The server closed the socket: code and reason."""


@dataclass
class Page:
    """Captions as the page merges them: a whole sentence at a time; words and delays are assigned."""

    sources: tuple[str, ...]
    """Languages spoken in the room, the first one first."""
    sentences: dict[tuple[int, int], dict[str, str]] = field(default_factory=dict)
    spoken: dict[tuple[int, int], str] = field(default_factory=dict)
    """In which of them each sentence was."""
    speakers: dict[int, int] = field(default_factory=dict)
    incomplete_sentence: str = ""
    chunks: int = 0

    def take(self, chunk: Json) -> None:
        """Merge a chunk, which has to be one that the page can live with."""
        self.incomplete_sentence = chunk["incomplete_sentence"]
        delays = chunk["transcription_delay"], chunk["translation_delay"]
        assert isinstance(self.incomplete_sentence, str), chunk
        assert all(isinstance(each, int | float) and each >= 0 for each in delays), chunk
        for line in chunk["last_n_sents"]:
            self._take_line(line)
        self.chunks += 1
        self._assert_no_gaps()

    def _take_line(self, line: Json) -> None:
        number = line["line_idx"]
        # Exactly: true and false are whole numbers to Python, and no seconds.
        assert [type(line[name]) for name in ("beg", "end", "speaker")] == [int, int, int], line
        assert 0 <= line["beg"] <= line["end"] <= SPOKEN_S, line
        assert line["speaker"] >= -1, line
        assert self.speakers.setdefault(number, line["speaker"]) == line["speaker"], "a speaker is final"
        for sentence in line["sentences"]:
            at, content = (number, sentence["sent_idx"]), sentence["content"]
            before = self.sentences.get(at, {})
            source = self.spoken.get(at) or next((lang for lang in self.sources if content.get(lang)), "")
            assert content.get(source), f"the source text is part of every sentence: {content}"
            assert before.get(source, content[source]) == content[source], "an index has one meaning"
            assert before.keys() <= content.keys(), f"a whole sentence replaces {before}: {content}"
            self.sentences[at] = content
            self.spoken[at] = source

    def _assert_no_gaps(self) -> None:
        lines: dict[int, list[int]] = {}
        for line, sent in sorted(self.sentences):
            lines.setdefault(line, []).append(sent)
        assert sorted(lines) == list(range(len(lines))), f"a line is missing: {sorted(lines)}"
        assert all(sents == list(range(len(sents))) for sents in lines.values()), lines

    def texts(self, lang: str) -> list[str]:
        """All sentences that are there in this language, in order."""
        return [self.sentences[at][lang] for at in sorted(self.sentences) if lang in self.sentences[at]]

    def said(self) -> dict[tuple[int, int], str]:
        """What was spoken, by index."""
        return {at: self.sentences[at][lang] for at, lang in self.spoken.items()}


class Tab:
    """One open socket; what comes is read at once."""

    def __init__(self, connection: ClientConnection, *sources: str) -> None:
        self.connection = connection
        self.frames: list[Json] = []
        self.page = Page(sources)
        self.closed: tuple[int, str] | None = None
        self._reading = asyncio.create_task(self._read())

    async def _read(self) -> None:
        try:
            async for message in self.connection:
                assert isinstance(message, str), "the client expects text frames"
                frame = json.loads(message)
                if "info" not in frame:
                    self.page.take(frame)
                self.frames.append(frame)
            closed = self.connection.protocol.close_rcvd
        except ConnectionClosed as error:
            closed = error.rcvd
        self.closed = (closed.code, closed.reason) if closed else (1006, "")

    async def end(self) -> None:
        """Stop reading; raises what was wrong with a frame."""
        self._reading.cancel()
        (ended,) = await asyncio.gather(self._reading, return_exceptions=True)
        if isinstance(ended, Exception):
            raise ended

    async def sees(self, check: Callable[[], Any], what: str, timeout: float = ENGINE_S) -> Any:
        """Wait until `check()` is true; fails at once when a frame was wrong. Raises Gone."""

        def look() -> Any:
            if (
                self._reading.done()
                and not self._reading.cancelled()
                and (wrong := self._reading.exception())
            ):
                raise wrong
            found = check()
            if not found and self.closed:
                raise Gone(*self.closed)
            return found

        return await until(look, what, timeout)

    async def ready(self) -> None:
        """Wait until audio may be sent. Raises Gone."""
        await self.sees(lambda: READY in self.frames, "ready_to_recieve_audio")

    async def snapshot(self) -> Json:
        """The first chunk. Raises Gone."""
        found: Json = await self.sees(
            lambda: next((frame for frame in self.frames if "last_n_sents" in frame), None), "the snapshot"
        )
        return found

    async def has(self, count: int, lang: str) -> None:
        """Wait for that many sentences in a language. Raises Gone."""
        await self.sees(lambda: len(self.page.texts(lang)) >= count, f"{count} sentences in {lang}")

    async def hears(self, recorder: "Recorder", host: "Tab", count: int, lang: str) -> None:
        """The host speaks on until this tab has that many sentences in a language. Raises Gone."""
        what = f"{count} sentences in {lang}"
        await recorder.record_until(host, lambda: len(self.page.texts(lang)) >= count, what)

    async def closing(self) -> tuple[int, str]:
        """Code and reason with which the server closes."""
        found: tuple[int, str] = await self.sees(lambda: self.closed, "the server closes the socket")
        return found

    @property
    def connection_id(self) -> str:
        """What the server calls this host, or the last word of it."""
        ids = [
            frame["info"]["connection_id"]
            for frame in self.frames
            if "connection_id" in frame.get("info", {})
        ]
        return str(ids[-1])


def encoded(text: str) -> str:
    """As encodeURIComponent does it."""
    return quote(text, safe="!'()*-._~")


def cookies_of_host(
    room: str, key: str, *, store: bool = False, download: bool = False, connection_id: str = ""
) -> dict[str, str]:
    """What the page sets before it opens a host's socket."""
    cookies = {
        "authenticated": key,
        f"{room}-allow_store": str(store).lower(),
        f"{room}-allow_client_download": str(download).lower(),
    }
    return cookies | ({"connection_id": connection_id} if connection_id else {})


def cookie_header(cookies: Mapping[str, str]) -> dict[str, str]:
    """The cookies as the browser sends what the page has set."""
    pairs = "; ".join(f"{encoded(name)}={encoded(value)}" for name, value in cookies.items())
    return {"Cookie": pairs} if pairs else {}


def half_open(
    server: Server, path: str, cookies: Mapping[str, str] | None = None
) -> AbstractContextManager[socket.socket]:
    """A socket at `/room/` and the path, whose other end will never say anything again."""
    return deaf(f"{server.url}/room/{path}", cookie_header(cookies or {}))


@asynccontextmanager
async def opened(
    server: Server,
    path: str,
    cookies: Mapping[str, str] | None = None,
    *,
    source: str = "",
    url: str = "",
    headers: Mapping[str, str] | None = None,
) -> AsyncIterator[Tab]:
    """A socket at `/room/` and the path as it stands; `source`: what is spoken, one after the other."""
    address = f"{url or server.url}/room/{path}".replace("http", "ws", 1)
    sent = {**(headers or {}), **cookie_header(cookies or {})}
    async with connect(
        address, additional_headers=sent, proxy=None, max_size=None, open_timeout=PATIENCE_S, close_timeout=5
    ) as connection:
        tab = Tab(connection, *(source or server.source).split())
        try:
            yield tab
        finally:
            await tab.end()


@asynccontextmanager
async def viewing(server: Server, room: str, target: str, *, source: str = "") -> AsyncIterator[Tab]:
    """A viewer, whose page has `undefined` for a source language; with the snapshot. Raises Gone."""
    async with opened(server, f"{encoded(room)}/client/undefined/{target}", source=source) as tab:
        await tab.snapshot()
        yield tab


@asynccontextmanager
async def hosting(
    server: Server,
    room: str,
    cookies: Mapping[str, str] | None = None,
    *,
    source: str = "",
    target: str = "",
    before: str = "",
) -> AsyncIterator[Tab]:
    """A host that may send audio; tries again, as people do, while a room that ended still has its engine.

    `before`: what was spoken in the room before `source`.
    """
    source = source or server.source
    path = f"{encoded(room)}/host/{source}/{target or source}"
    cookies = cookies or cookies_of_host(room, server.host_key)
    deadline = asyncio.get_running_loop().time() + ENGINE_S
    while True:
        async with opened(server, path, cookies, source=f"{before} {source}") as tab:
            try:
                await tab.ready()
            except Gone as gone:
                if "Maximum capacity" not in str(gone) or asyncio.get_running_loop().time() > deadline:
                    raise
            else:
                yield tab
                return
        await asyncio.sleep(0.2)


async def fill(server: Server, rooms: list[str], limit: int) -> None:
    """All rooms but the last get a host, all at once; the last one is refused: `limit` and no more fit."""
    room, *others = rooms
    if others:
        async with hosting(server, room) as host:
            await fill(server, others, limit)
            assert host.closed is None
        return
    cookies = cookies_of_host(room, server.host_key)
    async with opened(server, f"{encoded(room)}/host/{server.source}/{server.source}", cookies) as tab:
        expected = f"Unable to activate room <{room}>: Maximum capacity of {limit} instances reached"
        assert await tab.closing() == (1003, expected)
    assert not server.connection_id(room)


class Recorder:
    """The browser's recorder: starts once and goes on, whatever becomes of the sockets."""

    def __init__(self, name: str = "en") -> None:
        of = talk(name)
        self._slices = recorded(of.recording)
        self._middles = [(each["start"] + each["end"]) / 2 for each in of.sentences]
        self._next = 0

    async def record(self, seconds: float, tab: Tab) -> None:
        """Send what it records in that time, as it comes."""
        count = round(seconds / SLICE_S)
        assert self._next + count <= len(self._slices), "the talk is over"
        await self._send(count, tab)

    async def record_into_a_sentence(self, tab: Tab) -> None:
        """Send what it records up to the middle of the next sentence, as it comes."""
        middle = next(middle for middle in self._middles if middle > (self._next + 1) * SLICE_S)
        await self._send(int(middle / SLICE_S) - self._next, tab)

    async def record_until(self, tab: Tab, check: Callable[[], Any], what: str) -> None:
        """Send what it records, as it comes, until `check()` is true; after the talk's end only wait for it.

        Words become final as others follow, and a slow machine needs more of them. Raises Gone.
        """
        while not check() and self._next < len(self._slices):
            await self._send(1, tab)
        await tab.sees(check, what)

    async def _send(self, count: int, tab: Tab) -> None:
        loop = asyncio.get_running_loop()
        began = loop.time()
        for number, data in enumerate(self._slices[self._next : self._next + count], 1):
            await asyncio.sleep(max(0.0, began + number * SLICE_S - loop.time()))
            await tab.connection.send(data)
        self._next += count
