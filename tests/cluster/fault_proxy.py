"""A proxy between operator and API server that refuses writes or falls silent; everything else passes."""

import asyncio
import ssl
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

import aiohttp
import yaml
from aiohttp import web

from tests.cluster.control_plane import ControlPlane

WRITES = ("POST", "PUT", "PATCH", "DELETE")
PASSED = ("Authorization", "Accept", "Content-Type")
REASONS: Mapping[int, str] = {409: "Conflict", 429: "TooManyRequests", 500: "InternalError"}


class FaultProxy:
    """Plain HTTP on a free port of loopback; `kubeconfig(original)` points a client at it."""

    def __init__(self, plane: ControlPlane) -> None:
        self.refused = 0
        """Calls that were answered with an error."""
        self.silent = asyncio.Event()
        """Set: watches stay open and say nothing any more."""
        self._plane = plane
        self._statuses: tuple[int, ...] = ()
        self._every = 0
        self._writes = 0
        self._each: tuple[int, ...] | None = None
        self._refused: Counter[tuple[str, str]] = Counter()
        self._broken = ""
        self._url = ""

    async def __aenter__(self) -> "FaultProxy":
        trust = ssl.create_default_context(cafile=str(self._plane.certificate))
        connector = aiohttp.TCPConnector(ssl=trust, limit=0)
        self._client = aiohttp.ClientSession(connector=connector, auto_decompress=False, trust_env=False)
        app = web.Application(client_max_size=2**22)
        app.router.add_route("*", "/{path:.*}", self._pass)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self._url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._runner.cleanup()
        await self._client.close()

    def kubeconfig(self, original: Path) -> Path:
        """Write a kubeconfig of the same user with this proxy as its server."""
        content = yaml.safe_load(original.read_text())
        content["clusters"][0]["cluster"] = {"server": self._url}
        path = original.with_suffix(".proxied")
        path.write_text(yaml.safe_dump(content))
        return path

    def refuse(self, every: int, *statuses: int) -> None:
        """Answer every so manyth write with one of these in turn, and do not pass it on."""
        self._every, self._statuses = every, statuses

    def refuse_each(self, *statuses: int) -> None:
        """Answer each call, by method and path, with all of these before it passes.

        Reads too, but for 409, which no server answers to them.
        """
        self._each = statuses
        self._refused.clear()

    def break_path(self, ending: str) -> None:
        """Answer every write to paths of this ending with 500, as a webhook that is down; '': no more."""
        self._broken = ending

    def _refuses(self, request: web.Request) -> int:
        """The status to refuse a call with, 0 to pass it on."""
        if self._each is not None:
            call = (request.method, request.path)
            refusals = [each for each in self._each if request.method in WRITES or each != 409]
            self._refused[call] += 1
            if self._refused[call] <= len(refusals):
                return refusals[self._refused[call] - 1]
        if request.method not in WRITES:
            return 0
        if self._broken and request.path.endswith(self._broken):
            return 500
        if self._every:
            self._writes += 1
            if self._writes % self._every == 0:
                return self._statuses[self.refused % len(self._statuses)]
        return 0

    async def _pass(self, request: web.Request) -> web.StreamResponse:
        if status := self._refuses(request):
            return self._refusal(status)
        headers = {name: request.headers[name] for name in PASSED if name in request.headers}
        if request.method not in WRITES:
            headers.pop("Content-Type", None)
        url = f"{self._plane.url}{request.raw_path}"
        body = await request.read() or None
        timeout = aiohttp.ClientTimeout(total=None)
        try:
            async with self._client.request(
                request.method, url, headers=headers, data=body, timeout=timeout
            ) as answer:
                told = web.StreamResponse(status=answer.status)
                told.content_type = answer.content_type
                await told.prepare(request)
                async for chunk in answer.content.iter_any():
                    if "watch" not in request.query or not self.silent.is_set():
                        await told.write(chunk)
                return told
        except aiohttp.ClientError as error:
            raise web.HTTPBadGateway(text=str(error)) from error

    def _refusal(self, status: int) -> web.Response:
        self.refused += 1
        told = {"kind": "Status", "code": status, "reason": REASONS[status], "message": "by the test's proxy"}
        return web.json_response(told, status=status, headers={"Retry-After": "1"} if status == 429 else {})
