"""The pool: capacity, admission and warm engines, decided over all rooms by core.life."""

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import chain

from dolmetsch_core.clock import SteadyClock
from dolmetsch_core.cluster import names
from dolmetsch_core.cluster.api import ApiError, Away, Forbidden, Invalid
from dolmetsch_core.life.observed import EngineSeen, EngineState, Observation, PoolSeen
from dolmetsch_core.life.plan import PoolPlan
from dolmetsch_core.life.pool import decide_pool
from dolmetsch_core.supervise import describe
from dolmetsch_core.wire.engine import EngineStatus
from dolmetsch_core.wire.room import EnginePoolSpec, EnginePoolStatus, Room
from dolmetsch_operator.apply import Writer
from dolmetsch_operator.facts import Facts
from dolmetsch_operator.observe import engines_of, lost_places, overdue_lost, places, warm_engines
from dolmetsch_operator.pods import PodMaker, TemplateUnusable
from dolmetsch_operator.template import Template
from dolmetsch_operator.warm_trouble import WarmTrouble

log = logging.getLogger(__name__)
TELL_EVERY_S = 1.0
"""In a rush of activations the figures change with every one: one write a second tells enough."""
SECOND_LOOK_S = 10.0
AGAIN_S = 1.0


@dataclass(frozen=True)
class _Decided:
    plan: PoolPlan
    considered: frozenset[tuple[str, int]]
    """(uid, activation) of the rooms that it took into account."""


class PoolDriver:
    """Drives the one EnginePool. `wake_rooms(names)` is called for rooms whose admission changed."""

    def __init__(
        self,
        facts: Facts,
        writer: Writer,
        clock: SteadyClock,
        *,
        namespace: str,
        public_key: str,
        wake_rooms: Callable[[set[str]], None],
    ) -> None:
        self._facts = facts
        self._writer = writer
        self._clock = clock
        self._template = Template(writer, namespace, public_key)
        self._wake_rooms = wake_rooms
        self._wake = asyncio.Event()
        self._decided = _Decided(PoolPlan(EnginePoolStatus()), frozenset())
        self._reserved: set[str] = set()
        self._freed_at: datetime | None = None
        self._outstayed: set[str] = set()
        """Rooms on engines of an older template after the grace period."""
        self._told_at = float("-inf")
        self._trouble = WarmTrouble()
        self.ready: list[EngineSeen] = []
        """Warm engines that can be claimed, up-to-date ones first."""

    def wake(self) -> None:
        """Decide again."""
        self._wake.set()

    @property
    def maker(self) -> PodMaker | None:
        """See PoolView."""
        return self._template.maker

    @property
    def trouble(self) -> str:
        """See PoolView."""
        return self._template.message

    @property
    def status(self) -> EnginePoolStatus:
        """What was decided last."""
        return self._decided.plan.status

    def knows(self, room: Room) -> bool:
        """See PoolView."""
        return (room.uid, room.spec.activation) in self._decided.considered

    def observed(self, room: Room) -> Observation:
        """See PoolView."""
        plan = self._decided.plan
        warm = tuple(each.name for each in self.ready if self._offers(each, up_to_date=self._moves(room)))
        spec = self._facts.pool.spec if self._facts.pool else EnginePoolSpec()
        grace_ends = self._grace_ends()
        return Observation(
            admitted=room.name in plan.admitted,
            refused=(plan.refused or {}).get(room.name, ""),
            warm=warm,
            start_timeout=timedelta(seconds=spec.start_timeout_seconds),
            replace_outdated=grace_ends is not None and self._clock.now() >= grace_ends,
        )

    def _offers(self, engine: EngineSeen, *, up_to_date: bool) -> bool:
        """Whether a warm engine can be claimed: it may have been taken or stopped since it was seen."""
        pod = self._facts.pods.get(engine.name)
        free = pod is not None and pod.uid == engine.uid and not pod.deleted and not pod.room
        return free and engine.name not in self._reserved and not (up_to_date and engine.outdated)

    def _moves(self, room: Room) -> bool:
        """Whether the room has an engine of an older template: only one of the present is worth a move."""
        engines = self._engines_of(room)
        return any(each.outdated and each.state is EngineState.RUNNING for each in engines)

    def _engines_of(self, room: Room) -> tuple[EngineSeen, ...]:
        return engines_of(room, self._facts, self._template.hash, asyncio.get_running_loop().time())

    def reserve(self, pod_name: str) -> bool:
        """See PoolView."""
        if pod_name in self._reserved:
            return False
        self._reserved.add(pod_name)
        return True

    def release(self, pod_name: str) -> None:
        """See PoolView."""
        self._reserved.discard(pod_name)

    def _grace_ends(self) -> datetime | None:
        """When live rooms have to leave engines of an older template; None: never."""
        pool = self._facts.pool
        if pool is None or not pool.spec.rollout_grace_seconds or pool.status.template_since is None:
            return None
        if pool.status.template_hash != self._template.hash:
            # What is written is the time of the template before: the present one's begins when it is told.
            return None
        return pool.status.template_since + timedelta(seconds=pool.spec.rollout_grace_seconds)

    async def run(self) -> None:
        """Decide after every change, and now and then without one."""
        loop = asyncio.get_running_loop()
        while True:
            self._wake.clear()
            began = loop.time()
            try:
                await self._step()
                # It looks at all rooms: in a rush, no more than a third of the time goes into that.
                await asyncio.sleep(min(0.2, 2 * (loop.time() - began)) if len(self._facts.rooms) > 20 else 0)
            except (ApiError, Away) as error:
                log.warning("pool: %s; again in %.0f s", error, AGAIN_S)
                await asyncio.sleep(AGAIN_S)
                continue
            except Exception as error:  # noqa: BLE001 (told, and the pool is not given up)
                log.error("pool: unexpected %s", describe(error))
                await asyncio.sleep(AGAIN_S)
                continue
            with suppress(TimeoutError):
                async with asyncio.timeout(self._pause()):
                    await self._wake.wait()

    def _pause(self) -> float:
        """Until the next look: sooner while a write was put off, or a pause for dead engines runs."""
        pause = SECOND_LOOK_S
        if self._facts.pool and self._to_tell() != self._facts.pool.status:
            pause = max(0.05, self._told_at + TELL_EVERY_S - asyncio.get_running_loop().time())
        for deadline in (self._trouble.not_before, self._grace_ends()):
            left = (deadline - self._clock.now()).total_seconds() if deadline else 0
            pause = min(pause, max(0.05, left)) if left > 0 else pause
        return pause

    async def _step(self) -> None:
        if await self._template.look(self._facts.pool):
            self._trouble.forget()
        pool = self._facts.pool
        loop_time = asyncio.get_running_loop().time()
        spec = pool.spec if pool else EnginePoolSpec()
        now, grace_ends = self._clock.now(), self._grace_ends()
        patience = timedelta(seconds=spec.start_timeout_seconds)
        found = warm_engines(self._facts, self._template.hash, loop_time)
        warm = tuple(overdue_lost(each, now, patience) for each in found)
        self._trouble.look(warm, now)
        claimable = (each for each in warm if each.state is EngineState.RUNNING)
        self.ready = sorted(claimable, key=lambda each: each.outdated)
        rooms = self._rooms()
        engines = {room.name: self._engines_of(room) for room in rooms}
        ending = (each for each in chain(warm, *engines.values()) if each.state is EngineState.STOPPING)
        # What its node did not keep has no place to give back.
        if any(not each.displaced for each in ending):
            self._freed_at = now
        seen = PoolSeen(
            rooms=rooms,
            engines=engines,
            warm=warm,
            admitted=self._decided.plan.admitted,
            freed_at=self._freed_at,
            places=places(self._facts.nodes.values(), self._facts.pods.values(), pool.spec) if pool else 0,
            lost_places=lost_places(self._facts.nodes.values(), self._facts.losses, spec) if pool else (),
            languages=self._told_before().languages,
            no_engines=self._template.message if self._template.maker is None else "",
            warm_not_before=self._trouble.not_before,
        )
        plan = decide_pool(spec, seen, now)
        overdue = grace_ends is not None and now >= grace_ends
        self._outstayed = {
            name
            for name, engines in seen.engines.items()
            if overdue and any(each.outdated for each in engines)
        }
        before = self._decided
        considered = frozenset((room.uid, room.spec.activation) for room in rooms)
        self._decided = _Decided(plan, considered)
        self._wake_rooms(self._moved(before, rooms))
        # First: whatever becomes of warm engines, the api is told what capacity there is.
        await self._say()
        await self._size_warm_set(plan)

    def _rooms(self) -> tuple[Room, ...]:
        """Rooms that are served; one of a wrong name never is, and takes no place from the others."""
        rooms = (known.room for known in self._facts.rooms.values())
        return tuple(room for room in rooms if room.name == names.room_name(room.spec.room_id))

    def _moved(self, before: _Decided, rooms: tuple[Room, ...]) -> set[str]:
        """Rooms for which the decision is news; a room that waits for a warm engine is among them."""
        old, new = before.plan, self._decided.plan
        moved = set(old.admitted ^ new.admitted)
        was, now_is = old.refused or {}, new.refused or {}
        moved |= {name for name in was.keys() | now_is.keys() if was.get(name) != now_is.get(name)}
        fresh = self._decided.considered - before.considered
        moved |= {room.name for room in rooms if (room.uid, room.spec.activation) in fresh}
        return moved | self._outstayed

    def _told_before(self) -> EnginePoolStatus:
        """What was written of engines, if they are of the present template: another one has another model."""
        pool = self._facts.pool
        if pool is None or (self._template.hash and pool.status.template_hash != self._template.hash):
            return EnginePoolStatus()
        return pool.status

    def _engine_says(self) -> EngineStatus | None:
        """What an engine of the present template says of itself and its model."""
        for pod in self._facts.pods.values():
            heard = self._facts.heard.get(pod.uid)
            if pod.template == self._template.hash and heard and heard.status and heard.status.languages:
                return heard.status
        return None

    async def _size_warm_set(self, plan: PoolPlan) -> None:
        for name in plan.drop_warm:
            pod = self._facts.pods.get(name)
            if pod and not pod.room and not pod.deleted and self.reserve(name):
                try:
                    await self._writer.stop_engine(pod)
                finally:
                    self.release(name)
        if self._template.maker is None or self._facts.pool is None or self._writer.ending:
            return
        paused = self._trouble.not_before is not None and self._clock.now() < self._trouble.not_before
        if not plan.create_warm and not paused:
            self._trouble.not_refused()
        for _ in range(plan.create_warm):
            try:
                await self._writer.create_warm(self._template.maker)
            except (TemplateUnusable, Invalid, Forbidden) as error:
                self._trouble.refused(error, self._clock.now())
                return
            except Away as error:
                self._trouble.delayed(error)
                raise
            self._trouble.not_refused()

    def _to_tell(self) -> EnginePoolStatus:
        """What there is to say: figures, what engines say of themselves, what is wrong."""
        pool = self._facts.pool
        if pool is None:
            return EnginePoolStatus()
        before = pool.status
        told = self._engine_says() or self._told_before()
        # Without any template yet, whatever was told of the last one stays.
        template = self._template.hash or before.template_hash
        same_template = before.template_hash == template and before.template_since is not None
        return self._decided.plan.status.model_copy(
            update={
                "model": told.model,
                "languages": told.languages,
                "note": told.note,
                "message": self._template.message or self._trouble.message(),
                "template_hash": template,
                "template_since": before.template_since if same_template else self._clock.now(),
                "observed_generation": pool.generation,
            }
        )

    async def _say(self) -> None:
        pool = self._facts.pool
        loop_time = asyncio.get_running_loop().time()
        if pool is None or loop_time - self._told_at < TELL_EVERY_S:
            return
        status = self._to_tell()
        if status != pool.status:
            self._told_at = loop_time
            await self._writer.pool_status(status)
