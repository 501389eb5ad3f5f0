"""/healthz, /readyz and /metrics: true while the parts that do the work do it."""

import asyncio
from collections import Counter
from collections.abc import Callable

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from dolmetsch_core.wire.room import EnginePoolStatus, Phase, Room
from dolmetsch_operator import metrics

SECOND_LOOK_OVERDUE_S = 300.0
"""A reading that did not even fail for so long: the process is stuck, not the API server."""


class Health:
    """What the probes ask. An API server that is away is no reason to be killed: nothing would be won."""

    def __init__(
        self,
        rooms: Callable[[], list[Room]],
        pool: Callable[[], EnginePoolStatus],
        engines: Callable[[], int],
    ) -> None:
        self._rooms = rooms
        self._pool = pool
        self._engines = engines
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._tried_at = asyncio.get_running_loop().time()
        self._read_at: float | None = None
        self.leading = False
        self._runner: web.AppRunner | None = None

    def watch(self, name: str, task: "asyncio.Task[None]") -> None:
        """A part that must never end."""
        self._tasks[name] = task

    def tried(self, *, read: bool) -> None:
        """A second look was made, or failed because the API server was away."""
        self._tried_at = asyncio.get_running_loop().time()
        if read:
            self._read_at = self._tried_at

    def problem(self) -> str:
        """Why this process does not do its work, '' when it does."""
        ended = [name for name, task in self._tasks.items() if task.done()]
        if ended:
            return f"ended: {', '.join(ended)}"
        if self.leading and asyncio.get_running_loop().time() - self._tried_at > SECOND_LOOK_OVERDUE_S:
            return f"no second look for {SECOND_LOOK_OVERDUE_S:.0f} s"
        return ""

    async def serve(self, host: str, port: int) -> None:
        """Open the port."""
        app = web.Application()
        app.router.add_get("/healthz", self._healthz)
        app.router.add_get("/readyz", self._readyz)
        app.router.add_get("/metrics", self._metrics)
        self._runner = web.AppRunner(app, access_log=None)
        await self._runner.setup()
        await web.TCPSite(self._runner, host, port).start()

    async def stop(self) -> None:
        """Close the port."""
        if self._runner:
            await self._runner.cleanup()

    async def _healthz(self, _: web.Request) -> web.Response:
        problem = self.problem()
        return web.Response(text=problem or "ok", status=503 if problem else 200)

    async def _readyz(self, _: web.Request) -> web.Response:
        problem = self.problem() or ("" if self.leading else "another operator holds the Lease")
        return web.Response(text=problem or "ok", status=503 if problem else 200)

    async def _metrics(self, _: web.Request) -> web.Response:
        phases = Counter(room.status.phase for room in self._rooms())
        for phase in Phase:
            metrics.ROOMS.labels(phase.value).set(phases[phase])
        pool = self._pool()
        metrics.CAPACITY.set(pool.capacity)
        metrics.ACTIVE.set(pool.active)
        metrics.WARM.set(pool.warm)
        metrics.ENGINES.set(self._engines())
        metrics.LEADER.set(self.leading)
        if self._read_at is not None:
            metrics.SEEN_AGE.set(asyncio.get_running_loop().time() - self._read_at)
        return web.Response(body=generate_latest(), headers={"Content-Type": CONTENT_TYPE_LATEST})
