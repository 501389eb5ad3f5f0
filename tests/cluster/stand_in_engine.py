"""A stand-in for the engine: its control interface without a model, for faults on demand and for speed.

What it knows of sessions is what an operator can see; it transcribes nothing and takes no audio. One engine:
`python -m tests.cluster.stand_in_engine`, at DOLMETSCH_ENGINE_HOST and DOLMETSCH_ENGINE_PORT, with the fault
STAND_IN_FAULT. With `--many` one process answers at all addresses of this machine, each an engine of its own.
"""

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web

from dolmetsch_core.tokens import CallerCheck, CallerRefused, ClocksDiffer, Scope
from dolmetsch_core.wire.engine import CLOCK_HEADER, EngineStatus, SessionRequest
from dolmetsch_core.wire.room import Delay

POLL_S = 30.0
MODEL, LANGUAGES = "stand-in", ("en", "de", "fr", "es", "pt")
FAULTS = ("never-ready", "crash", "crash-after-session", "lies", "hang", "failing")
LAST_WORDS = "stand-in engine: CUDA error: the device fell off the bus"
CRASHED = 3
Handler = Callable[["StandIn", web.Request], Awaitable[web.StreamResponse]]


class StandIn:
    """One engine: its status, and who waits for a change of it."""

    def __init__(self, fault: str = "", load_seconds: float = 0.0, drain_seconds: float = 0.0) -> None:
        self.fault = fault
        self.now = EngineStatus()
        self._request: SessionRequest | None = None
        self._load_seconds = load_seconds
        self._drain_seconds = drain_seconds
        self._changed = asyncio.Condition()
        self._drains = asyncio.Event()
        self._tasks = {asyncio.create_task(self._load())}

    async def _load(self) -> None:
        await asyncio.sleep(self._load_seconds)
        if self.fault == "crash":
            crash()
        elif self.fault == "failing":
            await self.say(ready=True, model=MODEL, languages=LANGUAGES, failing="no words come out")
        elif self.fault != "never-ready":
            await self.say(ready=True, model=MODEL, languages=LANGUAGES)

    async def say(self, **fields: Any) -> None:
        """Change the status."""
        async with self._changed:
            self.now = self.now.model_copy(update={**fields, "rev": self.now.rev + 1})
            self._changed.notify_all()

    async def after(self, rev: int) -> EngineStatus:
        """The status once it is newer than `rev`."""
        try:
            async with asyncio.timeout(POLL_S), self._changed:
                await self._changed.wait_for(lambda: self.now.rev > rev)
        except TimeoutError:
            pass
        return self.now

    async def open(self, wanted: SessionRequest) -> None:
        """Serve a session. Raises HTTPConflict, HTTPServiceUnavailable."""
        if self.fault == "lies" or not self.now.ready:
            raise web.HTTPServiceUnavailable(text='{"detail": "the model is not loaded"}')
        held = self._request
        if held and (held.session, held.epoch) != (wanted.session, wanted.epoch):
            raise web.HTTPConflict(text=f'{{"detail": "this engine serves session {held.session}"}}')
        if wanted != held:
            self._request = wanted
            about = {"session": wanted.session, "epoch": wanted.epoch}
            await self.say(**about, source_lang=wanted.source_lang, restart=wanted.restart)
        if self.fault == "crash-after-session":
            asyncio.get_running_loop().call_later(0.2, crash)

    async def end(self) -> None:
        """Begin the drain, once."""
        if self._request and not self._drains.is_set():
            self._drains.set()
            self._tasks.add(asyncio.create_task(self._drain()))

    async def _drain(self) -> None:
        await asyncio.sleep(self._drain_seconds)
        await self.say(drained=True)

    async def drained(self) -> None:
        """End the drain now; waits for its beginning."""
        await self._drains.wait()
        await self.say(drained=True)


def crash() -> None:
    """End as a process does whose GPU failed: no clean-up."""
    print(LAST_WORDS, file=sys.stderr, flush=True)
    os._exit(CRASHED)


def told(status: EngineStatus) -> web.Response:
    """A status as an answer."""
    return web.Response(body=status.to_bytes(), content_type="application/json")


async def put_session(engine: StandIn, request: web.Request) -> web.StreamResponse:
    await engine.open(SessionRequest.model_validate_json(await request.read()))
    return told(engine.now)


async def delete_session(engine: StandIn, _: web.Request) -> web.StreamResponse:
    await engine.end()
    return told(engine.now)


async def status(engine: StandIn, request: web.Request) -> web.StreamResponse:
    return told(await engine.after(int(request.query.get("after", -1))))


async def healthz(engine: StandIn, _: web.Request) -> web.StreamResponse:
    return web.Response(text=engine.now.failing or "ok", status=503 if engine.now.failing else 200)


async def readyz(engine: StandIn, request: web.Request) -> web.StreamResponse:
    return await healthz(engine, request) if engine.now.ready else web.Response(status=503)


async def set_host(engine: StandIn, request: web.Request) -> web.StreamResponse:
    """For tests: as if the host's audio came or went."""
    connected = request.query["connected"] == "true"
    await engine.say(host_connected=connected)
    return told(engine.now)


async def set_delay(engine: StandIn, request: web.Request) -> web.StreamResponse:
    """For tests: as if it were behind the speaker."""
    await engine.say(delay=Delay(request.query["delay"]))
    return told(engine.now)


async def set_failing(engine: StandIn, request: web.Request) -> web.StreamResponse:
    """For tests: as if no words came out; empty: all is well again."""
    await engine.say(failing=request.query["failing"] or None)
    return told(engine.now)


async def set_drained(engine: StandIn, _: web.Request) -> web.StreamResponse:
    """For tests: the last words are written, whatever STAND_IN_DRAIN_SECONDS says."""
    await engine.drained()
    return told(engine.now)


async def set_fenced(engine: StandIn, _: web.Request) -> web.StreamResponse:
    """For tests: as if another engine had taken the pen."""
    await engine.say(fenced=True)
    return told(engine.now)


ROUTES: tuple[tuple[str, str, Handler], ...] = (
    ("PUT", "/session", put_session),
    ("DELETE", "/session", delete_session),
    ("GET", "/status", status),
    ("GET", "/healthz", healthz),
    ("GET", "/readyz", readyz),
    ("POST", "/test/host", set_host),
    ("POST", "/test/delay", set_delay),
    ("POST", "/test/failing", set_failing),
    ("POST", "/test/drained", set_drained),
    ("POST", "/test/fenced", set_fenced),
)


GUARDED = ("/session", "/status")


def caller_check() -> CallerCheck | None:
    """As an engine does: with a public key it takes calls of that key's owner only."""
    key, audience = (os.environ.get(f"DOLMETSCH_ENGINE_{name}", "") for name in ("PUBLIC_KEY", "AUDIENCE"))
    return CallerCheck(key, audience) if key else None


def require(check: CallerCheck, request: web.Request) -> None:
    """Raises HTTPForbidden."""
    try:
        check.require(request.headers.get("Authorization"), Scope.CONTROL)
    except ClocksDiffer as error:
        raise web.HTTPUnauthorized(text=str(error), headers={CLOCK_HEADER: str(error.now)}) from error
    except CallerRefused as error:
        raise web.HTTPForbidden(text=str(error)) from error


def application(many: bool) -> web.Application:
    """One engine, or one for each address that is called."""
    engines: dict[str, StandIn] = {}
    fault = "" if many else os.environ.get("STAND_IN_FAULT", "")
    if fault and fault not in FAULTS:
        sys.exit(f"STAND_IN_FAULT={fault}: one of {', '.join(FAULTS)}")
    load, drain = (float(os.environ.get(f"STAND_IN_{name}_SECONDS", "0")) for name in ("LOAD", "DRAIN"))

    def engine(address: str) -> StandIn:
        if address not in engines:
            engines[address] = StandIn(fault, load, drain)
        return engines[address]

    check = None if many else caller_check()

    def routed(handler: Handler) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        async def handle(request: web.Request) -> web.StreamResponse:
            assert request.transport is not None
            address = request.transport.get_extra_info("sockname")[0] if many else ""
            if fault == "hang":
                await asyncio.Event().wait()
            if check and request.path in GUARDED:
                require(check, request)
            return await handler(engine(address), request)

        return handle

    async def load_at_start(_: web.Application) -> None:
        if not many:
            engine("")

    app = web.Application()
    app.router.add_routes([web.route(method, path, routed(handler)) for method, path, handler in ROUTES])
    app.on_startup.append(load_at_start)
    return app


def main() -> None:
    """Serve until SIGTERM."""
    many = "--many" in sys.argv[1:]
    host = "0.0.0.0" if many else os.environ.get("DOLMETSCH_ENGINE_HOST", "127.0.0.1")
    port = int(os.environ.get("DOLMETSCH_ENGINE_PORT", "8100"))
    web.run_app(
        application(many),
        host=host,
        port=port,
        access_log=None,
        print=None,
        shutdown_timeout=0.1,
        backlog=4096,
    )


if __name__ == "__main__":
    main()
