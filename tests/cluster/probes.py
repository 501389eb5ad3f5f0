"""A container's probes, carried out as a kubelet does."""

import asyncio
from collections.abc import Callable
from typing import Any

import aiohttp

Json = dict[str, Any]
# A kubelet's defaults.
PERIOD_S, TIMEOUT_S, FAILURES = 10, 1, 3
PATIENCE = 5
"""Times so long as the pod says an answer may take: here all nodes share one machine, and its test's loop."""


class Probes:
    """HTTP probes of one container; `changed` is called when `started` or `ready` are others than before."""

    def __init__(self, container: Json, address: str, changed: Callable[[], None]) -> None:
        self.started = self.ready = False
        self._container = container
        self._address = address
        self._changed = changed

    async def run(self) -> None:
        """Startup first, then liveness and readiness side by side; returns when one says that it is dead."""
        async with aiohttp.ClientSession(trust_env=False) as client:
            startup = self._container.get("startupProbe")
            if startup and not await self._succeeds(client, startup):
                return
            readiness = self._container.get("readinessProbe")
            self.started, self.ready = True, readiness is None
            self._changed()
            ready = asyncio.create_task(self._watch_readiness(client, readiness)) if readiness else None
            try:
                await self._watch_liveness(client, self._container.get("livenessProbe"))
            finally:
                if ready is not None:
                    ready.cancel()
                    await asyncio.gather(ready, return_exceptions=True)

    async def _succeeds(self, client: aiohttp.ClientSession, probe: Json) -> bool:
        await asyncio.sleep(probe.get("initialDelaySeconds", 0))
        for _ in range(probe.get("failureThreshold", FAILURES)):
            if await self._asks(client, probe):
                return True
            await asyncio.sleep(probe.get("periodSeconds", PERIOD_S))
        return False

    async def _watch_liveness(self, client: aiohttp.ClientSession, probe: Json | None) -> None:
        if probe is None:
            await asyncio.Event().wait()
            return
        failures = 0
        await asyncio.sleep(probe.get("initialDelaySeconds", 0))
        while failures < probe.get("failureThreshold", FAILURES):
            failures = 0 if await self._asks(client, probe) else failures + 1
            await asyncio.sleep(probe.get("periodSeconds", PERIOD_S))

    async def _watch_readiness(self, client: aiohttp.ClientSession, probe: Json) -> None:
        failures = 0
        await asyncio.sleep(probe.get("initialDelaySeconds", 0))
        while True:
            failures = 0 if await self._asks(client, probe) else failures + 1
            decided = failures == 0 or failures >= probe.get("failureThreshold", FAILURES)
            if decided and self.ready != (failures == 0):
                self.ready = failures == 0
                self._changed()
            await asyncio.sleep(probe.get("periodSeconds", PERIOD_S))

    async def _asks(self, client: aiohttp.ClientSession, probe: Json) -> bool:
        asked = probe["httpGet"]
        port = asked["port"]
        if isinstance(port, str):
            port = next(each["containerPort"] for each in self._container["ports"] if each["name"] == port)
        url = f"http://{self._address}:{port}{asked.get('path', '/')}"
        timeout = aiohttp.ClientTimeout(total=PATIENCE * probe.get("timeoutSeconds", TIMEOUT_S))
        try:
            async with client.get(url, timeout=timeout) as answer:
                return answer.status < 400
        except (aiohttp.ClientError, TimeoutError, OSError):
            return False
