"""The pool over a stand-in for the API server: what rooms are offered, and what is written."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest

from dolmetsch_core.clock import SteadyClock
from dolmetsch_core.cluster import names
from dolmetsch_core.cluster.api import Away, Invalid
from dolmetsch_core.life.observed import Observation
from dolmetsch_core.wire.engine import EngineStatus
from dolmetsch_core.wire.room import EnginePoolSpec, EnginePoolStatus, Room
from dolmetsch_operator import template
from dolmetsch_operator.apply import Writer
from dolmetsch_operator.facts import Facts, Heard
from dolmetsch_operator.pods import PodMaker
from dolmetsch_operator.pool import PoolDriver
from dolmetsch_operator.reduced import Pod
from dolmetsch_operator.template import UNCHECKED
from tests.unit.operator.test_observe import node, pod

LONG_AGO = datetime.now(UTC) - timedelta(days=3)
TALK = {"roomId": "R1", "sourceLang": "en"}


class Writes:
    """What was asked of the API server, and what it answers to a look at a template."""

    ending = False

    def __init__(self) -> None:
        self.stopped: list[str] = []
        self.made = 0
        self.status = EnginePoolStatus()
        self.refusal: Exception | None = None

    async def check(self, _: PodMaker) -> None:
        if self.refusal:
            raise self.refusal

    async def create_warm(self, _: PodMaker) -> None:
        self.made += 1

    async def stop_engine(self, of: Pod) -> None:
        self.stopped.append(of.name)

    async def pool_status(self, status: EnginePoolStatus) -> None:
        self.status = status


class World:
    """Facts with one pool and one node, and the driver that decides on them."""

    def __init__(self, **spec: Any) -> None:
        self.version = 10
        self.spec = {"warm": 0, "maxActiveRooms": 5, **spec}
        self.image = "engine:1"
        self.facts = Facts(lambda kind, room: None)
        self.writes = Writes()
        self.driver = PoolDriver(
            self.facts,
            cast("Writer", self.writes),
            SteadyClock(),
            namespace="ns",
            public_key="",
            wake_rooms=lambda names: None,
        )
        self.facts.take_node(None, node(gpus="5"))

    def template(self, image: str = "") -> str:
        """The hash of a template."""
        given = {"spec": {"containers": [{"name": "engine", "image": image or self.image}]}}
        return PodMaker(EnginePoolSpec(template=given), "pool-uid", "ns").template_hash

    def pool(self, image: str = "", **status: Any) -> None:
        """As `kubectl edit enginepool` and the operator's own words about it left it."""
        self.image, self.version = image or self.image, self.version + 1
        meta = {"name": names.POOL, "uid": "pool-uid", "resourceVersion": str(self.version)}
        template = {"spec": {"containers": [{"name": "engine", "image": self.image}]}}
        spec = self.spec | {"template": template}
        obj = {"metadata": meta | {"generation": self.version}, "spec": spec, "status": status}
        self.facts.take_pool(None, obj)

    def engine(self, name: str, *, of: str = "", image: str = "", **says: Any) -> None:
        """A running engine, of a Room or warm."""
        obj = pod(name)
        owner = {"kind": "Room" if of else "EnginePool", "name": of or names.POOL, "uid": f"uid-{of}"}
        labels = {names.TEMPLATE: self.template(image), names.EPOCH: "1"}
        obj["metadata"] |= {"ownerReferences": [owner | {"controller": True}], "labels": labels}
        self.facts.take_pod(None, obj)
        self.facts.heard[f"uid-{name}"] = Heard(EngineStatus(ready=True, **says))

    def room(self, name: str = "r1", **spec: Any) -> Room:
        self.version += 1
        meta = {"name": name, "uid": f"uid-{name}", "resourceVersion": str(self.version)}
        meta["creationTimestamp"] = "2026-11-23T12:00:00Z"
        self.facts.take_room(None, {"metadata": meta, "spec": TALK | spec})
        return self.facts.rooms[name].room

    def offered(self, name: str = "r1") -> Observation:
        return self.driver.observed(self.facts.rooms[name].room)

    async def step(self) -> None:
        self.driver._told_at = float("-inf")
        await self.driver._step()


@pytest.fixture
def rolled_out() -> World:
    """A template of long ago, a live room on it, and two warm engines."""
    world = World(warm=2, rolloutGraceSeconds=3600)
    world.pool(templateHash=world.template(), templateSince=LONG_AGO.isoformat(), languages=["en"])
    world.room()
    world.engine("live", of="r1", session="uid-r1.1", epoch=1, source_lang="en")
    world.engine("warm-a")
    world.engine("warm-b")
    return world


async def test_the_grace_of_an_edited_template_begins_with_the_edit(rolled_out: World) -> None:
    await rolled_out.step()
    assert rolled_out.offered().replace_outdated, "nothing is outdated yet: no harm"
    before = rolled_out.facts.pool
    assert before is not None
    rolled_out.pool("engine:2", **before.status.model_dump(mode="json", by_alias=True))
    await rolled_out.step()
    assert not rolled_out.offered().replace_outdated
    told = rolled_out.writes.status
    assert told.template_hash == rolled_out.template("engine:2")
    assert told.template_since is not None
    assert told.template_since > LONG_AGO + timedelta(days=2)


async def test_a_room_on_an_older_template_is_offered_engines_of_the_present_one_only(
    rolled_out: World,
) -> None:
    rolled_out.pool("engine:2", templateHash=rolled_out.template("engine:2"), templateSince=LONG_AGO)
    rolled_out.room("r2", roomId="R2")
    await rolled_out.step()
    assert rolled_out.offered().replace_outdated, "the grace is over"
    assert rolled_out.offered().warm == (), "a bad image: no engine of it was ever ready"
    assert rolled_out.offered("r2").warm, "a room without an engine takes what there is"
    rolled_out.engine("warm-c", image="engine:2")
    await rolled_out.step()
    assert rolled_out.offered().warm == ("warm-c",)


async def test_a_warm_engine_that_was_stopped_or_claimed_since_the_last_look_is_not_offered(
    rolled_out: World,
) -> None:
    rolled_out.room("r2", roomId="R2")
    await rolled_out.step()
    assert set(rolled_out.offered("r2").warm) == {"warm-a", "warm-b"}
    rolled_out.facts.take_pod(None, pod("warm-a", 2, deleted=True))
    assert rolled_out.offered("r2").warm == ("warm-b",)


async def test_another_template_begins_without_the_languages_of_the_last_one() -> None:
    world = World()
    english = {"languages": ["en"], "model": "small.en", "note": "slow"}
    world.pool("small.en", templateHash=world.template("small.en"), **english)
    world.engine("old", of="r9", image="small.en", languages=("en",), model="small.en")
    world.room(sourceLang="de")
    await world.step()
    assert "does not know the language 'de'" in world.offered().refused
    world.pool("large", templateHash=world.template("small.en"), **english)
    await world.step()
    assert (world.offered().refused, world.offered().admitted) == ("", True)
    told = world.writes.status
    assert (told.model, told.languages, told.note) == ("", (), "")
    world.engine("new", of="r8", image="large", languages=("de", "en"), model="large")
    await world.step()
    assert (world.writes.status.model, world.writes.status.languages) == ("large", ("de", "en"))


async def test_a_room_of_a_wrong_name_takes_no_place() -> None:
    world = World(maxActiveRooms=1)
    world.pool()
    world.room("a-wrong-name", roomId="R9")
    world.room()
    await world.step()
    assert world.offered().admitted
    assert world.driver.status.active == 1


async def test_an_api_server_that_does_not_look_at_a_template_delays_it_and_no_decision(
    rolled_out: World,
) -> None:
    await rolled_out.step()
    before = rolled_out.driver.maker
    rolled_out.pool("engine:2", templateHash=rolled_out.template("engine:1"))
    rolled_out.writes.refusal = Away("overloaded")
    rolled_out.room("r2", roomId="R2")
    await rolled_out.step()
    assert rolled_out.driver.maker is before
    assert rolled_out.writes.status.message == f"{UNCHECKED}: overloaded"
    assert rolled_out.offered("r2").admitted
    rolled_out.writes.refusal = None
    rolled_out.driver._template._check_at = float("-inf")
    await rolled_out.step()
    assert rolled_out.driver.maker is not before
    assert rolled_out.writes.status.message == ""


async def test_a_look_at_a_template_that_hangs_is_not_waited_for(
    rolled_out: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(template, "CHECK_S", 0.01)

    async def hang(_: PodMaker) -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr(rolled_out.writes, "check", hang)
    await rolled_out.step()
    assert rolled_out.offered().admitted
    assert "no answer in time" in rolled_out.driver.trouble


async def test_an_operator_that_begins_while_templates_are_not_looked_at_serves_all_the_same() -> None:
    world = World()
    world.writes.refusal = Away("overloaded")
    world.pool()
    world.room()
    await world.step()
    assert world.driver.maker is not None
    assert (world.offered().admitted, world.offered().refused) == (True, "")
    world.writes.refusal = Invalid(422, "no such field")
    world.driver._template._check_at = float("-inf")
    await world.step()
    assert "no such field" in world.driver.trouble, "it is looked at as soon as that is possible"


async def test_a_template_that_can_not_be_used_keeps_what_was_told_of_the_last_one() -> None:
    world = World()
    world.pool(templateHash="before", templateSince=LONG_AGO.isoformat())
    world.writes.refusal = Invalid(422, "no such field")
    await world.step()
    assert (world.writes.status.template_hash, world.writes.status.template_since) == ("before", LONG_AGO)


async def test_a_device_plugin_that_starts_again_costs_no_warm_engine_and_refuses_nobody() -> None:
    world = World(warm=1)
    world.pool()
    world.engine("warm-a")
    await world.step()
    for version, gpus in ((2, "0"), (3, "5")):
        world.facts.take_node("MODIFIED", node(gpus=gpus, version=version))
        world.room(f"r{version}", roomId=f"R{version}")
        await world.step()
        offered = world.offered(f"r{version}")
        assert (offered.admitted, offered.refused) == (True, "")
        assert world.writes.stopped == []
        assert world.driver.status.capacity == 5


async def test_a_warm_engine_that_no_node_keeps_is_told_in_the_kubelets_words_and_made_after_a_pause() -> (
    None
):
    world = World(warm=1)
    world.pool()
    for name in ("warm-a", "warm-b"):
        refused = pod(
            name, phase="Failed", podIP="", reason="OutOfnvidia.com/gpu", message="Pod was rejected"
        )
        world.facts.take_pod(None, refused)
        await world.step()
    assert world.writes.status.message == "No node keeps warm engines: OutOfnvidia.com/gpu: Pod was rejected"
    assert world.writes.stopped == ["warm-a", "warm-a", "warm-b"]
    assert world.writes.made == 1
