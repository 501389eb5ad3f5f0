"""Writes and calls to engines end with the Lease, retries and all."""

import asyncio
import math
from typing import Any, cast

import pytest

from dolmetsch_core.cluster.api import Away, Cluster
from dolmetsch_core.engine_client import EngineAway, EngineClient
from dolmetsch_core.wire.engine import EngineStatus, SessionRequest
from dolmetsch_operator.leased import NO_CALLS, Leased, LeasedEngines


class Slow:
    """An API server that throttles: calls take for ever, or answer at once."""

    def __init__(self, *, hangs: bool) -> None:
        self.hangs = hangs
        self.written = 0

    async def merge(self, _path: str, patch: Any) -> Any:
        if self.hangs:
            await asyncio.Event().wait()
        self.written += 1
        return patch


@pytest.mark.parametrize("left", [0.0, -1.0])
async def test_without_the_lease_nothing_is_begun(left: float) -> None:
    server = Slow(hangs=False)
    with pytest.raises(Away, match="the Lease has run out"):
        await Leased(cast("Cluster", server), lambda: left).merge("/rooms/r1", {})
    assert not server.written


async def test_a_call_that_is_tried_again_and_again_ends_with_the_lease() -> None:
    with pytest.raises(Away, match="the Lease has run out"):
        await Leased(cast("Cluster", Slow(hangs=True)), lambda: 0.02).merge("/rooms/r1", {})


async def test_without_leases_there_is_no_end() -> None:
    assert await Leased(cast("Cluster", Slow(hangs=False)), lambda: math.inf).merge("/r", {"a": 1})


class SlowEngines:
    """Engines that answer at once, or hang."""

    def __init__(self, *, hangs: bool) -> None:
        self.hangs = hangs
        self.told: list[str] = []

    async def open_session(self, _address: str, _request: SessionRequest, *, audience: str) -> EngineStatus:
        return await self._tell(f"open {audience}")

    async def end_session(self, _address: str, *, audience: str) -> EngineStatus:
        return await self._tell(f"end {audience}")

    async def _tell(self, what: str) -> EngineStatus:
        if self.hangs:
            await asyncio.Event().wait()
        self.told.append(what)
        return EngineStatus()


REQUEST = SessionRequest(room="R1", session="u.1", epoch=1, source_lang="en")


@pytest.mark.parametrize(("left", "hangs"), [(0.0, False), (-1.0, False), (0.02, True)])
async def test_no_session_is_opened_or_ended_without_the_lease(left: float, hangs: bool) -> None:
    engines = SlowEngines(hangs=hangs)
    leased = LeasedEngines(cast("EngineClient", engines), lambda: left)
    with pytest.raises(EngineAway, match=NO_CALLS):
        await leased.open_session("http://e1", REQUEST, audience="u")
    with pytest.raises(EngineAway, match=NO_CALLS):
        await leased.end_session("http://e1", audience="u")
    assert engines.told == []


async def test_who_holds_the_lease_opens_and_ends_sessions() -> None:
    engines = SlowEngines(hangs=False)
    leased = LeasedEngines(cast("EngineClient", engines), lambda: 60.0)
    await leased.open_session("http://e1", REQUEST, audience="u")
    await leased.end_session("http://e1", audience="u")
    assert engines.told == ["open u", "end u"]
