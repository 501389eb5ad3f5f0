"""A pretalx on loopback that can be broken: slow, wrong, away, back."""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import web

from dolmetsch_local.processes import free_port


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
        self.port = free_port()
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
async def serving(content: bytes) -> AsyncIterator[ScheduleServer]:
    """A server that is up, until the end."""
    server = ScheduleServer(content)
    await server.start()
    try:
        yield server
    finally:
        await server.stop()
