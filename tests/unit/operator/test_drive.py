"""One room's driver over stand-ins: what it does of a plan, and what it leaves."""

from typing import Any, cast

import pytest

from dolmetsch_core.clock import SteadyClock
from dolmetsch_core.engine_client import EngineAway, EngineClient
from dolmetsch_core.life.observed import Observation
from dolmetsch_core.life.plan import Action, Claim, DeleteRoom, EndSession, Forget
from dolmetsch_core.wire.engine import EngineStatus
from dolmetsch_core.wire.room import Room
from dolmetsch_operator.apply import Writer
from dolmetsch_operator.drive import PoolView, RoomDriver
from dolmetsch_operator.engine_polls import EnginePolls
from dolmetsch_operator.facts import Facts, Heard, KnownRoom
from dolmetsch_operator.leased import NO_CALLS, LeasedEngines
from dolmetsch_operator.reduced import Pod
from tests.unit.operator.test_facts import room
from tests.unit.operator.test_observe import node, pod
from tests.waiting import until


class Writes:
    """What was asked of the API server."""

    def __init__(self) -> None:
        self.said: list[str] = []

    async def delete_room(self, of: Room) -> None:
        self.said.append(f"delete {of.uid}")

    async def let_go(self, of: KnownRoom) -> None:
        self.said.append(f"let go {of.room.uid}")

    async def claim(self, of: Pod, _room: Room, _epoch: int) -> bool:
        self.said.append(f"claim {of.name}")
        return True


class AnyPool:
    """A pool that has nothing to say."""

    maker = None
    trouble = ""

    def observed(self, _: Room) -> Observation:
        return Observation()

    def reserve(self, _: str) -> bool:
        return True

    def release(self, _: str) -> None:
        return


class Engines:
    """What engines were told."""

    def __init__(self) -> None:
        self.ended: list[str] = []

    async def end_session(self, address: str, *, audience: str) -> EngineStatus:
        self.ended.append(address)
        return EngineStatus(ready=True)


class World:
    def __init__(self) -> None:
        self.lease_left = 60.0
        self.engines = Engines()
        self.facts = Facts(lambda kind, room: None)
        self.writes = Writes()
        self.facts.take_node(None, node())
        self.driver = RoomDriver(
            "r1",
            self.facts,
            cast("PoolView", AnyPool()),
            writer=cast("Writer", self.writes),
            engines=LeasedEngines(cast("EngineClient", self.engines), lambda: self.lease_left),
            polls=EnginePolls(self.facts, cast("EngineClient", self.engines)),
            clock=SteadyClock(),
            tell=lambda room, status: None,
        )

    def room(self, version: int, uid: str = "u") -> Room:
        obj = room(version)
        obj["metadata"]["uid"] = uid
        self.facts.take_room(None, obj)
        return self.facts.rooms["r1"].room

    def engine(self, version: int = 1, **more: Any) -> None:
        obj = pod("e1", version, **more)
        owner = {"kind": "Room", "name": "r1", "uid": "u", "controller": True}
        obj["metadata"] |= {"ownerReferences": [owner]}
        self.facts.take_pod(None, obj)


@pytest.mark.parametrize(
    ("action", "said"),
    [(DeleteRoom("no host"), "delete u"), (Forget(), "let go u")],
    ids=["delete", "forget"],
)
async def test_what_was_planned_for_a_room_is_not_done_to_the_next_one_of_its_name(
    action: Action, said: str
) -> None:
    world = World()
    world.room(3)
    await world.driver._do(action, "u")
    assert world.writes.said == [said]
    world.room(5, "another")
    await world.driver._do(action, "u")
    assert world.writes.said == [said]


async def test_a_warm_engine_that_is_being_stopped_is_not_claimed() -> None:
    world = World()
    world.room(3)
    world.facts.take_pod(None, pod("warm"))
    await world.driver._do(Claim("warm", 1), "u")
    world.facts.take_pod(None, pod("warm", 2, deleted=True))
    await world.driver._do(Claim("warm", 1), "u")
    assert world.writes.said == ["claim warm"]


async def fails() -> None:
    raise EngineAway("no answer")


async def test_a_call_that_failed_is_forgotten_once_the_engine_serves_or_is_gone() -> None:
    world = World()
    served = world.room(3)
    world.engine()
    world.driver._calls.start("r1", "e1", fails)
    await until(lambda: world.driver._calls._failed, "a call that failed")

    def words() -> list[str]:
        return [each.last_words for each in world.driver._observe(served).engines]

    world.facts.heard["uid-e1"] = Heard(EngineStatus(ready=True))
    assert words() == ["it does not take the session: no answer"]
    serving = EngineStatus(ready=True, session=served.session, source_lang="en", rev=2)
    world.facts.heard["uid-e1"] = Heard(serving)
    assert words() == [""]
    await world.driver._calls.stop()


async def test_an_operator_whose_lease_has_run_out_ends_no_session() -> None:
    world = World()
    world.room(3)
    world.engine()
    world.lease_left = 0.0
    await world.driver._do(EndSession("e1", "http://e1"), "u")
    await until(lambda: world.driver._calls._failed, "a call that was not made")
    assert str(world.driver._calls._failed["e1"]) == NO_CALLS
    assert world.engines.ended == []
    await world.driver._calls.stop()
    world.lease_left = 60.0
    await world.driver._do(EndSession("e1", "http://e1"), "u")
    await until(lambda: world.engines.ended == ["http://e1"], "the session ends")
    await world.driver._calls.stop()
