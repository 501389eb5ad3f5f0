"""A pretalx on loopback that can be broken: slow, wrong, away, back."""

import asyncio
import hashlib
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import web


class ScheduleServer:
    """Serves `content` with an ETag; what it was asked and answered is kept."""

    def __init__(self, content: bytes) -> None:
        self.content = content
        self.status = 200
        self.etag = True
        self.modified = ""
        """The Last-Modified that it tells and knows."""
        self.drip = False
        """Answer one byte at a time, for ever."""
        self.answers: list[int] = []
        # Held for as long as this server is known, up or down: nobody else gets its port in between.
        self._held = socket.socket()
        self._held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._held.bind(("127.0.0.1", 0))
        self.port: int = self._held.getsockname()[1]
        self._runner: web.AppRunner | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/schedule.json"

    @property
    def moved(self) -> str:
        """An address that redirects."""
        return f"http://127.0.0.1:{self.port}/latest"

    async def start(self) -> None:
        app = web.Application()
        app.router.add_get("/schedule.json", self._serve)
        app.router.add_get("/latest", self._redirect)
        self._runner = web.AppRunner(app, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", self.port).start()

    async def stop(self) -> None:
        if self._runner:
            await self._runner.cleanup()
        self._runner = None

    async def close(self) -> None:
        """Stop, and give the port back."""
        await self.stop()
        self._held.close()

    def asked(self, status: int) -> int:
        """How often it answered with this status."""
        return self.answers.count(status)

    async def _redirect(self, _: web.Request) -> web.Response:
        raise web.HTTPFound("/schedule.json")

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        if self.drip:
            return await self._drip(request)
        etag = f'"{hashlib.sha256(self.content).hexdigest()}"'
        if self.status == 200 and self.etag and request.headers.get("If-None-Match") == etag:
            return self._answer(web.Response(status=304))
        if self.modified and request.headers.get("If-Modified-Since") == self.modified:
            return self._answer(web.Response(status=304))
        headers = {"ETag": etag} if self.etag else {}
        if self.modified:
            headers["Last-Modified"] = self.modified
        return self._answer(web.Response(status=self.status, body=self.content, headers=headers))

    def _answer(self, answer: web.Response) -> web.Response:
        self.answers.append(answer.status)
        return answer

    async def _drip(self, request: web.Request) -> web.StreamResponse:
        answer = web.StreamResponse()
        await answer.prepare(request)
        self.answers.append(0)
        while True:
            await answer.write(b" ")
            await asyncio.sleep(0.02)


@asynccontextmanager
async def serving(content: bytes, *, up: bool = True) -> AsyncIterator[ScheduleServer]:
    """A server that is up, or that the test starts."""
    server = ScheduleServer(content)
    try:
        if up:
            await server.start()
        yield server
    finally:
        await server.close()
