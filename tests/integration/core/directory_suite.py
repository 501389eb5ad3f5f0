"""What every Directory does: inherited by the tests of each implementation.

A harness gives two directories on one set of rooms and plays the operator.
"""

import asyncio
from abc import ABC, abstractmethod

import pytest

from dolmetsch_core.directory import Directory, until_admitted, until_ready
from dolmetsch_core.errors import CapacityReached, EngineUnavailable, RoomClosed
from dolmetsch_core.life.decide import decide
from dolmetsch_core.life.observed import EngineSeen, EngineState, Observation
from dolmetsch_core.life.plan import DeleteRoom, Forget
from dolmetsch_core.wire.engine import EngineStatus
from dolmetsch_core.wire.room import Phase, Room, RoomSpec
from tests.waiting import until

PATIENCE_S = 60.0


def wish(**fields: object) -> RoomSpec:
    return RoomSpec.model_validate({"room_id": "R1", "source_lang": "en", "owner": "ann"} | fields)


def serving(room: Room) -> EngineSeen:
    says = EngineStatus(
        ready=True,
        session=room.session,
        source_lang=room.spec.source_lang,
        restart=room.spec.restart,
        host_connected=True,
    )
    return EngineSeen("e1", "u1", EngineState.RUNNING, 1, "http://e1", says)


class Operator(ABC):
    """Plays the operator: reads rooms, decides, writes."""

    @abstractmethod
    async def rooms(self) -> dict[str, Room]: ...

    @abstractmethod
    async def write_status(self, room: Room) -> None: ...

    @abstractmethod
    async def delete(self, room: Room) -> None: ...

    @abstractmethod
    async def forget(self, room: Room) -> None: ...

    async def step(self, room_id: str, seen: Observation) -> Room | None:
        """One decision on one room, applied as far as the directory goes."""
        room = (await self.rooms()).get(room_id)
        if room is None:
            return None
        plan = decide(room, seen, room.created)
        room = room.model_copy(update={"status": plan.status})
        await self.write_status(room)
        for action in plan.actions:
            if isinstance(action, DeleteRoom):
                await self.delete(room)
            if isinstance(action, Forget):
                await self.forget(room)
        return room

    async def serve(self, room_id: str) -> Room:
        """Bring the room to Active."""
        await self.step(room_id, Observation())
        room = (await self.rooms())[room_id]
        found = await self.step(room_id, Observation((serving(room),)))
        assert found is not None
        return found


class DirectorySuite:
    """Subclass it with fixtures `directory`, `other` (a second process's) and `operator`."""

    async def test_an_activated_room_is_seen_by_every_process(
        self, directory: Directory, other: Directory, operator: Operator
    ) -> None:
        room = await directory.activate(wish())
        assert (room.spec, room.status.phase) == (wish(), Phase.PENDING)
        await until_seen(other, "R1")

    async def test_activating_waits_for_the_engine_as_written(
        self, directory: Directory, operator: Operator
    ) -> None:
        room = await directory.activate(wish())
        waiting = asyncio.create_task(until_ready(directory, room, timeout=PATIENCE_S))
        await operator.step("R1", Observation())
        assert (await until_admitted(directory, room, timeout=PATIENCE_S)).status.phase is Phase.STARTING
        assert not waiting.done()
        await operator.serve("R1")
        ready = await waiting
        assert ready.routable is not None
        assert ready.routable.address == "http://e1"

    async def test_two_activations_of_one_room_meet_in_one_object(
        self, directory: Directory, other: Directory, operator: Operator
    ) -> None:
        first, second = await asyncio.gather(directory.activate(wish()), other.activate(wish()))
        assert first.uid == second.uid

    async def test_the_same_wish_again_changes_nothing(
        self, directory: Directory, operator: Operator
    ) -> None:
        first = await directory.activate(wish())
        assert (await directory.activate(wish())).generation == first.generation

    async def test_another_language_is_ready_only_when_the_engine_has_it(
        self, directory: Directory, operator: Operator
    ) -> None:
        await directory.activate(wish())
        await operator.serve("R1")
        german = await directory.activate(wish(source_lang="de"))
        waiting = asyncio.create_task(until_ready(directory, german, timeout=PATIENCE_S))
        await asyncio.sleep(0)
        assert not waiting.done()
        await operator.serve("R1")
        assert (await waiting).status.engine.source_lang == "de"  # type: ignore[union-attr]

    async def test_a_consent_that_was_withheld_stays_withheld(
        self, directory: Directory, operator: Operator
    ) -> None:
        await directory.activate(wish(store_transcript=False))
        again = await directory.activate(wish(store_transcript=True, owner="ben"))
        assert (again.spec.store_transcript, again.spec.owner) == (False, "ben")

    async def test_storing_can_be_withdrawn_later_and_publication_is_fixed(
        self, directory: Directory, operator: Operator
    ) -> None:
        await directory.activate(wish(store_transcript=True, public_transcript=True))
        reset = await directory.activate(wish(store_transcript=True, public_transcript=False))
        assert (reset.spec.store_transcript, reset.spec.public_transcript) == (True, True)
        withdrawn = await directory.activate(wish(store_transcript=False, public_transcript=True))
        assert (withdrawn.spec.store_transcript, withdrawn.spec.public_transcript) == (False, True)
        again = await directory.activate(wish(store_transcript=True, public_transcript=True))
        assert again.spec.store_transcript is False

    async def test_a_refused_room_says_why_and_the_next_try_gets_in(
        self, directory: Directory, operator: Operator
    ) -> None:
        room = await directory.activate(wish())
        await operator.step("R1", Observation(admitted=False, refused="no place"))
        with pytest.raises(CapacityReached, match="no place"):
            await until_admitted(directory, room, timeout=PATIENCE_S)
        again = await directory.activate(wish())
        await operator.serve("R1")
        assert (await until_ready(directory, again, timeout=PATIENCE_S)).routable is not None

    async def test_a_closed_room_drains_and_goes_and_can_be_activated_anew(
        self, directory: Directory, other: Directory, operator: Operator
    ) -> None:
        room = await directory.activate(wish())
        await operator.serve("R1")
        assert await other.close("R1")
        assert await other.close("R1"), "closing twice is harmless"
        waiting = asyncio.create_task(directory.activate(wish(), deadline=PATIENCE_S))
        draining = await operator.step("R1", Observation((serving(room),)))
        assert draining is not None
        assert draining.status.phase is Phase.DRAINING
        assert not waiting.done()
        await operator.step("R1", Observation())
        fresh = await waiting
        assert fresh.uid != room.uid

    async def test_closing_a_room_that_is_not_there_says_so(
        self, directory: Directory, operator: Operator
    ) -> None:
        assert not await directory.close("nowhere")
        assert await directory.restart("nowhere") is None

    async def test_waiting_for_a_room_that_goes_ends(self, directory: Directory, operator: Operator) -> None:
        room = await directory.activate(wish())
        await until_seen(directory, "R1")
        waiting = asyncio.create_task(until_ready(directory, room, timeout=PATIENCE_S))
        await directory.close("R1")
        await operator.step("R1", Observation())
        with pytest.raises(RoomClosed):
            await waiting

    async def test_waiting_has_a_deadline_that_names_the_room(
        self, directory: Directory, operator: Operator
    ) -> None:
        room = await directory.activate(wish())
        with pytest.raises(EngineUnavailable, match="<R1>"):
            await until_ready(directory, room, timeout=0.2)

    async def test_waiting_in_vain_names_what_keeps_the_engine(
        self, directory: Directory, operator: Operator
    ) -> None:
        room = await directory.activate(wish())
        await operator.step("R1", Observation())
        stuck = EngineSeen("e1", "u1", EngineState.STARTING, 1, last_words="ImagePullBackOff: no such image")
        await operator.step("R1", Observation((stuck,)))
        await until(lambda: stuck.last_words in _message(directory, "R1"), "word of what keeps the engine")
        with pytest.raises(EngineUnavailable, match="ImagePullBackOff: no such image"):
            await until_ready(directory, room, timeout=0.2)

    async def test_a_restart_renews_the_session_and_keeps_the_room(
        self, directory: Directory, operator: Operator
    ) -> None:
        room = await directory.activate(wish())
        renewed = await directory.restart("R1")
        assert renewed is not None
        assert (renewed.session, renewed.spec.restart) == (room.session, 1)


def _message(directory: Directory, room_id: str) -> str:
    room = directory.view.rooms.get(room_id)
    return room.status.message if room else ""


async def until_seen(directory: Directory, room_id: str) -> Room:
    async with asyncio.timeout(PATIENCE_S):
        async for room in directory.view.changes(room_id):
            if room is not None:
                return room
    raise AssertionError
