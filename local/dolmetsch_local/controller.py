"""The operator of one machine: observes rooms and engine processes, lets `decide()` plan, applies.

One step looks at everything; steps follow one another, after every change, at every deadline, and at the
latest once a second.
"""

import asyncio
import logging
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime, timedelta

from redis.asyncio import Redis

from dolmetsch_core.engine_calls import EngineCalls
from dolmetsch_core.life.decide import decide
from dolmetsch_core.life.observed import EngineSeen, EngineState, Observation, PoolSeen
from dolmetsch_core.life.plan import (
    Action,
    Claim,
    Create,
    DeleteRoom,
    EndSession,
    Forget,
    OpenSession,
    Plan,
    PoolPlan,
    Stop,
)
from dolmetsch_core.life.pool import decide_pool
from dolmetsch_core.live import rooms
from dolmetsch_core.live import store as live_store
from dolmetsch_core.live.store import STORE_AWAY
from dolmetsch_core.tasks import end_tasks
from dolmetsch_core.wire.room import EnginePoolSpec, EnginePoolStatus, Room
from dolmetsch_local.engines import Engines

log = logging.getLogger(__name__)
SECOND_LOOK_S = 1.0


class Controller:
    """Drives all rooms of the machine."""

    def __init__(self, store: Redis, engines: Engines, pool: EnginePoolSpec, changed: asyncio.Event) -> None:
        self._store = store
        self._engines = engines
        self._pool = pool
        self._changed = changed
        self._rooms: dict[str, Room] = {}
        """What was last written, to be put back into a store that lost it."""
        self._born = ""
        self._pool_status: EnginePoolStatus | None = None
        self._admitted: frozenset[str] = frozenset()
        self._calls = EngineCalls(changed.set)

    async def run(self) -> None:
        """Step until cancelled."""
        listening = asyncio.create_task(self._listen(), name="room changes")
        try:
            while True:
                self._changed.clear()
                wake_at = await self._try_step()
                pause = SECOND_LOOK_S
                if wake_at is not None:
                    pause = min(pause, max(0.02, (wake_at - rooms.now()).total_seconds()))
                # Not wait_for: in Python 3.11 it can swallow a cancellation that comes with the event.
                with suppress(TimeoutError):
                    async with asyncio.timeout(pause):
                        await self._changed.wait()
        finally:
            await end_tasks(listening)
            await self._calls.stop()

    async def _listen(self) -> None:
        while True:
            try:
                async with self._store.pubsub() as channel:
                    await channel.subscribe(rooms.CHANGED)
                    while True:
                        if await channel.get_message(ignore_subscribe_messages=True, timeout=10):
                            self._changed.set()
            except STORE_AWAY:
                await asyncio.sleep(0.2)

    async def _try_step(self) -> datetime | None:
        try:
            return await self._step()
        except STORE_AWAY:
            await asyncio.sleep(0.2)
            return rooms.now() + timedelta(seconds=0.2)

    async def _step(self) -> datetime | None:
        await self._put_back_if_lost()
        reading = await rooms.read(self._store)
        self._rooms = reading.rooms
        now = rooms.now()
        seen = self._look()
        self._calls.keep(each.name for each in self._engine_facts())
        pool = decide_pool(self._pool, seen, now)
        self._admitted = pool.admitted
        await self._tell_pool(pool.status)
        wakes = [await self._drive(room, pool, seen, now) for room in list(self._rooms.values())]
        for stray in self._engines.rooms() - set(self._rooms):
            for engine in self._engines.of(stray):
                self._engines.stop(engine.name)
        await self._size_warm_set(pool)
        return min((wake for wake in wakes if wake is not None), default=None)

    async def _put_back_if_lost(self) -> None:
        born = await live_store.born(self._store)
        if born != self._born:
            if self._born:
                log.warning("the live store is new: putting %d rooms back", len(self._rooms))
            await rooms.put_back(self._store, list(self._rooms.values()))
            self._born, self._pool_status = born, None

    def _look(self) -> PoolSeen:
        return PoolSeen(
            rooms=tuple(self._rooms.values()),
            engines={
                room: tuple(self._calls.seen(each) for each in self._engines.of(room))
                for room in self._engines.rooms()
            },
            warm=self._engines.warm(),
            places=self._pool.max_active_rooms,
            admitted=self._admitted,
        )

    async def _tell_pool(self, status: EnginePoolStatus) -> None:
        says = [each.status for each in self._engine_facts() if each.status and each.status.languages]
        if says:
            status = status.model_copy(
                update={"model": says[0].model, "languages": says[0].languages, "note": says[0].note}
            )
        elif self._pool_status:
            kept = {name: getattr(self._pool_status, name) for name in ("model", "languages", "note")}
            status = status.model_copy(update=kept)
        if status != self._pool_status:
            self._pool_status = status
            await rooms.write_pool(self._store, status)

    def _engine_facts(self) -> Sequence[EngineSeen]:
        return [
            *self._engines.warm(),
            *(each for room in self._engines.rooms() for each in self._engines.of(room)),
        ]

    async def _drive(self, room: Room, pool: PoolPlan, seen: PoolSeen, now: datetime) -> datetime | None:
        """Decide and apply for one room."""
        warm = tuple(each.name for each in self._engines.warm() if each.state is EngineState.RUNNING)
        observed = Observation(
            engines=seen.engines.get(room.name, ()),
            admitted=room.name in pool.admitted,
            refused=(pool.refused or {}).get(room.name, ""),
            warm=warm,
        )
        plan = decide(room, observed, now)
        await self._apply(room, plan)
        return plan.wake_at

    async def _apply(self, room: Room, plan: Plan) -> None:
        if plan.status != room.status:
            if plan.status.phase is not room.status.phase or plan.status.message != room.status.message:
                log.info("room %s: %s %s", room.name, plan.status.phase, plan.status.message)
            room = room.model_copy(update={"status": plan.status})
            self._rooms[room.name] = room
            await rooms.write_status(self._store, room)
        for action in plan.actions:
            await self._do(room, action)

    async def _do(self, room: Room, action: Action) -> None:
        match action:
            case Claim(engine, epoch):
                self._engines.claim(engine, room.name, epoch)
            case Create(epoch):
                await self._engines.create(room.name, epoch)
            case OpenSession() | EndSession():
                self._call(room.name, action)
            case Stop(engine):
                self._engines.stop(engine)
            case DeleteRoom(reason):
                log.info("room %s ends: %s", room.name, reason)
                marked = room.model_copy(update={"deleted": rooms.now(), "generation": room.generation + 1})
                await rooms.put(self._store, marked, replaces=room)
                self._changed.set()
            case Forget():
                await rooms.forget(self._store, room)
                self._rooms.pop(room.name, None)

    def _call(self, room: str, action: OpenSession | EndSession) -> None:
        async def call() -> None:
            if isinstance(action, OpenSession):
                await self._engines.open_session(action.engine, action.request)
            else:
                await self._engines.end_session(action.engine)

        self._calls.start(room, action.engine, call)

    async def _size_warm_set(self, pool: PoolPlan) -> None:
        for name in pool.drop_warm:
            self._engines.stop(name)
        for _ in range(pool.create_warm):
            await self._engines.create()
