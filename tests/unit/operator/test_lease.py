"""The Lease over a stand-in for the API server: who holds it, and who has to stop."""

from typing import Any, cast

import pytest

from dolmetsch_core.cluster.api import Away, Cluster, Conflict, NotFound
from dolmetsch_operator.lease import Lease, LeaseLost


class Leases:
    """One object, and what the next calls end with."""

    def __init__(self) -> None:
        self.obj: dict[str, Any] | None = None
        self.errors: list[Exception] = []

    def _fail(self) -> None:
        if self.errors:
            raise self.errors.pop(0)

    async def get(self, _: str) -> dict[str, Any]:
        self._fail()
        if self.obj is None:
            raise NotFound(404, "no Lease")
        return {"metadata": dict(self.obj["metadata"]), "spec": dict(self.obj["spec"])}

    async def create(self, _: str, obj: dict[str, Any]) -> None:
        self.obj = obj
        obj["metadata"]["resourceVersion"] = "1"

    async def replace(self, _: str, obj: dict[str, Any]) -> None:
        self._fail()
        assert self.obj is not None
        obj["metadata"]["resourceVersion"] = str(int(self.obj["metadata"]["resourceVersion"]) + 1)
        self.obj = obj

    def take(self, holder: str) -> None:
        assert self.obj is not None
        self.obj["spec"]["holderIdentity"] = holder


@pytest.fixture
def leases(monkeypatch: pytest.MonkeyPatch) -> Leases:
    monkeypatch.setattr("dolmetsch_operator.lease.RETRY_S", 0.01)
    return Leases()


async def held(leases: Leases) -> Lease:
    # As long as no test takes.
    lease = Lease(cast("Cluster", leases), "ns", "me", 3600)
    await lease.acquire(lambda _: None)
    assert lease.left() > 0
    return lease


async def test_who_finds_another_holder_stops_and_may_not_write(leases: Leases) -> None:
    lease = await held(leases)
    leases.take("other")
    lease._seconds = 0  # it looks again at once
    with pytest.raises(LeaseLost, match="other has taken the Lease"):
        await lease.keep()
    assert lease.left() <= 0


async def test_a_conflict_is_no_other_holder(leases: Leases) -> None:
    lease = await held(leases)
    leases.errors = [Conflict(409, "written in between")]
    assert not await lease._try(lambda _: pytest.fail("nobody else"))
    assert lease.left() > 0
    assert await lease._try(lambda _: pytest.fail("nobody else"))


async def test_an_api_server_that_is_away_lets_it_run_out_and_then_it_is_renewed(leases: Leases) -> None:
    lease = Lease(cast("Cluster", leases), "ns", "me", 0)
    await lease.acquire(lambda _: None)
    leases.errors = [Away("away")]
    assert not await lease._try(lambda _: pytest.fail("nobody else"))
    assert lease.left() <= 0
    lease._seconds = 15
    assert await lease._try(lambda _: pytest.fail("nobody else"))
    assert lease.left() > 0
