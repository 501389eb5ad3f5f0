"""Writes end with the Lease, retries and all."""

import asyncio
import math
from typing import Any, cast

import pytest

from dolmetsch_core.cluster.api import Away, Cluster
from dolmetsch_operator.leased import Leased


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
