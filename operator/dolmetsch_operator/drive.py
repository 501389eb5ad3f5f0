"""One room: looks at the facts, lets core.life decide, applies, and waits for the next change or deadline."""

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from typing import Protocol

from dolmetsch_core.clock import SteadyClock
from dolmetsch_core.cluster import names
from dolmetsch_core.cluster.api import ApiError, Away, Conflict, Forbidden, Invalid
from dolmetsch_core.engine_calls import EngineCalls
from dolmetsch_core.life.decide import decide
from dolmetsch_core.life.observed import Observation
from dolmetsch_core.life.plan import (
    Action,
    Claim,
    Create,
    DeleteRoom,
    EndSession,
    Forget,
    OpenSession,
    Stop,
)
from dolmetsch_core.life.report import changed, report
from dolmetsch_core.life.serve import in_session
from dolmetsch_core.supervise import describe
from dolmetsch_core.wire.room import ConditionType, Phase, Reason, Room, RoomStatus
from dolmetsch_operator.apply import Writer
from dolmetsch_operator.asked import AskedFor
from dolmetsch_operator.engine_polls import EnginePolls
from dolmetsch_operator.facts import Facts, KnownRoom
from dolmetsch_operator.leased import LeasedEngines
from dolmetsch_operator.news import News
from dolmetsch_operator.observe import engines_of
from dolmetsch_operator.pods import PodMaker, TemplateUnusable

log = logging.getLogger(__name__)
FIRST_AGAIN_S, AGAIN_S, MAX_AGAIN_S = 0.1, 0.5, 10.0
"""After a step that failed: soon when somebody else only wrote in between, then after growing pauses."""
SECOND_LOOK_S = 30.0
"""A lost event is expected: every room is looked at again after so long."""


class PoolView(Protocol):
    """What a room asks of the pool."""

    def knows(self, room: Room) -> bool:
        """Whether the last decision on capacity took this room into account."""

    def observed(self, room: Room) -> Observation:
        """Return admission, refusal and warm engines for a room, without its own engines."""

    def reserve(self, pod_name: str) -> bool:
        """Keep a warm engine from being offered to two rooms. False: somebody has it already."""

    def release(self, pod_name: str) -> None:
        """End the reservation: the claim is made, or failed."""

    @property
    def maker(self) -> PodMaker | None:
        """Builds pods; None while there is no EnginePool, or none that was ever usable."""

    @property
    def trouble(self) -> str:
        """Why there is no maker."""


class RoomDriver:
    """Drives one Room until it is gone. One step at a time: that is the lock."""

    def __init__(
        self,
        name: str,
        facts: Facts,
        pool: PoolView,
        *,
        writer: Writer,
        engines: LeasedEngines,
        polls: EnginePolls,
        clock: SteadyClock,
        tell: Callable[[Room, RoomStatus], None],
        inherited: str = "",
    ) -> None:
        """`inherited`: uid of the Room that another operator may have begun to start."""
        self._name = name
        self._facts = facts
        self._pool = pool
        self._writer = writer
        self._engines = engines
        self._polls = polls
        self._clock = clock
        self._tell = tell
        self._wake = asyncio.Event()
        self._calls = EngineCalls(self.wake)
        self._asked = AskedFor()
        self._inherited = inherited
        self._news = News()

    def wake(self) -> None:
        """Have a look now."""
        self._wake.set()

    async def run(self) -> None:
        """Step until the Room is gone."""
        pause = FIRST_AGAIN_S
        try:
            while known := self._facts.rooms.get(self._name):
                self._wake.clear()
                try:
                    wait = self._until(await self._step(known))
                except Conflict as error:
                    # Somebody wrote in between, which is no trouble; again and again it is.
                    log.log(_level(pause), "room %s: %s; again in %.1f s", self._name, error, pause)
                except (ApiError, Away) as error:
                    pause = max(pause, AGAIN_S)
                    log.warning("room %s: %s; again in %.1f s", self._name, error, pause)
                except Exception as error:  # noqa: BLE001 (told, and the room is not given up)
                    pause = max(pause, AGAIN_S)
                    log.error("room %s: unexpected %s", self._name, describe(error))
                else:
                    pause = FIRST_AGAIN_S
                    with suppress(TimeoutError):
                        async with asyncio.timeout(wait):
                            await self._wake.wait()
                    continue
                await asyncio.sleep(pause)
                pause = min(pause * 2, MAX_AGAIN_S)
        finally:
            await self._calls.stop()

    def _until(self, wake_at: datetime | None) -> float:
        if wake_at is None:
            return SECOND_LOOK_S
        return min(SECOND_LOOK_S, max(0.05, (wake_at - self._clock.now()).total_seconds()))

    async def _step(self, known: KnownRoom) -> datetime | None:
        room, now = known.room, self._clock.now()
        if room.deleted is not None and names.FINALIZER not in known.finalizers:
            # Somebody else's finalizer keeps it, or it is gone in a moment.
            return None
        if self._writer.ending:
            # The rights to do it later go with the namespace; a finalizer left over would keep it for ever.
            if names.FINALIZER in known.finalizers:
                await self._writer.let_go(known)
            return None
        right_name = names.room_name(room.spec.room_id)
        if room.name != right_name:
            await self._refuse_name(known, right_name, now)
            return None
        if room.deleted is None and names.FINALIZER not in known.finalizers:
            await self._writer.hold(known)
        if not self._pool.knows(room):
            return None
        believed = self._news.believed(room)
        seen = self._observe(believed)
        plan = decide(believed, seen, now)
        self._asked.decided()
        tell_at = self._news.keep(room, plan.status, now)
        if tell_at is not None and tell_at <= now:
            await self._write(room, plan.status)
            self._news.written(room.status, plan.status, now)
            tell_at = None
        await self._do_all(plan.actions, room.uid)
        return min((at for at in (plan.wake_at, tell_at) if at is not None), default=None)

    async def _write(self, room: Room, status: RoomStatus) -> None:
        await self._writer.room_status(room, status)
        if (status.phase, status.message) != (room.status.phase, room.status.message):
            self._tell(room, status)

    def _observe(self, room: Room) -> Observation:
        maker = self._pool.maker
        template = maker.template_hash if maker else ""
        found = engines_of(room, self._facts, template, asyncio.get_running_loop().time())
        # A call that failed is over with its engine, or once the engine is seen to have the session.
        self._calls.keep(each.name for each in found if not (each.status and in_session(room, each.status)))
        seen = replace(
            self._pool.observed(room),
            engines=tuple(self._calls.seen(each) for each in found),
            untold_epochs=1 if room.uid == self._inherited and not room.status.conditions else 0,
        )
        return self._asked.add_to(seen, room)

    async def _refuse_name(self, known: KnownRoom, right_name: str, now: datetime) -> None:
        """Two Rooms of one room id would fight for one session: only the right name is served."""
        room = known.room
        if room.deleted is not None:
            await self._writer.let_go(known)
            return
        message = f"The Room of room id {room.spec.room_id!r} has to be named {right_name!r}"
        condition = (ConditionType.ENGINE_SCHEDULED, False, Reason.WRONG_NAME, message)
        status = changed(report(room, now, Phase.FAILED, condition), message=message)
        if status != room.status:
            await self._write(room, status)

    async def _do_all(self, actions: tuple[Action, ...], uid: str) -> None:
        """Do what can be done: an engine that can't be stopped must not keep its room from the next one."""
        failed: list[ApiError | Away] = []
        for action in actions:
            try:
                await self._do(action, uid)
            except (ApiError, Away) as error:
                failed.append(error)
        if failed:
            raise failed[0]

    async def _do(self, action: Action, uid: str) -> None:
        """Do one thing to the room as it is known by now, unless another Room has its name since."""
        known = self._facts.rooms.get(self._name)
        if known is None or known.room.uid != uid:
            self._wake.set()
            return
        room = known.room
        match action:
            case Claim(engine, epoch):
                await self._claim(room, engine, epoch)
            case Create(epoch):
                await self._create(room, epoch)
            case OpenSession() | EndSession():
                self._call(action)
            case Stop(engine):
                if (pod := self._facts.pods.get(engine)) and not pod.deleted:
                    self._asked.stopped(pod.uid)
                    await self._writer.stop_engine(pod)
            case DeleteRoom(reason):
                log.info("room %s ends: %s", room.name, reason)
                await self._writer.delete_room(room)
            case Forget():
                await self._writer.let_go(known)

    async def _claim(self, room: Room, engine: str, epoch: int) -> None:
        pod = self._facts.pods.get(engine)
        if pod is None or pod.room or pod.deleted or not self._pool.reserve(engine):
            self._wake.set()
            return
        try:
            if await self._writer.claim(pod, room, epoch):
                self._asked.got(pod.uid)
        finally:
            self._pool.release(engine)
        # Whatever came of it: go on with what it is now.
        self._wake.set()

    async def _create(self, room: Room, epoch: int) -> None:
        maker = self._pool.maker
        if maker is None:
            self._asked.refused(self._pool.trouble)
            self._wake.set()
            return
        try:
            self._asked.got(await self._writer.create_engine(maker, room, epoch))
        except (TemplateUnusable, Invalid, Forbidden) as error:
            self._asked.refused(str(error))
            log.warning("room %s: the engine can't be created: %s", room.name, error)
        except Away as error:
            self._asked.delayed(str(error))
            raise
        self._wake.set()

    def _call(self, action: OpenSession | EndSession) -> None:
        pod = self._facts.pods.get(action.engine)
        if pod is None:
            return

        async def call() -> None:
            if isinstance(action, OpenSession):
                says = await self._engines.open_session(action.address, action.request, audience=pod.uid)
            else:
                says = await self._engines.end_session(action.address, audience=pod.uid)
            self._polls.take(pod, says)

        self._calls.start(self._name, pod.name, call)


def _level(pause: float) -> int:
    return logging.DEBUG if pause < AGAIN_S else logging.WARNING
