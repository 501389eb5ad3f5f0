"""The operator of one namespace: facts, one driver per Room, the pool, and what keeps them going."""

import asyncio
import logging
import math

from dolmetsch_core.clock import SteadyClock
from dolmetsch_core.cluster.api import ApiError, Away, Cluster
from dolmetsch_core.engine_client import EngineClient
from dolmetsch_core.tasks import end_tasks
from dolmetsch_core.tokens import EngineKey
from dolmetsch_core.wire.room import EnginePoolStatus, Room
from dolmetsch_operator.apply import Writer
from dolmetsch_operator.drive import RoomDriver
from dolmetsch_operator.engine_polls import EnginePolls
from dolmetsch_operator.events import Events
from dolmetsch_operator.facts import Facts
from dolmetsch_operator.health import Health
from dolmetsch_operator.lease import Lease, LeaseLost
from dolmetsch_operator.leased import Leased, LeasedEngines
from dolmetsch_operator.pool import PoolDriver
from dolmetsch_operator.second_look import SecondLook
from dolmetsch_operator.settings import OperatorSettings
from dolmetsch_operator.unreadable import UnreadableRooms

log = logging.getLogger(__name__)
READ_AGAIN_S = 1.0


class Operator:
    """Everything but the watches, which kopf's handlers bring."""

    def __init__(self, settings: OperatorSettings, cluster: Cluster, stop: asyncio.Event) -> None:
        key = settings.engine_private_key
        self._key = EngineKey.from_pem(key.get_secret_value()) if key else None
        self._settings = settings
        self._cluster = cluster
        self._stop = stop
        self._clock = SteadyClock()
        self._engines = EngineClient(self._key)
        self.facts = Facts(self._changed, self._clock)
        self._lease = Lease(cluster, settings.namespace, settings.identity, settings.lease_seconds)
        time_left = (lambda: math.inf) if settings.standalone else self._lease.left
        self._writer = Writer(Leased(cluster, time_left), self.facts, settings.namespace)
        self._engine_control = LeasedEngines(self._engines, time_left)
        self._polls = EnginePolls(self.facts, self._engines)
        self._events = Events(cluster, settings.namespace)
        public_key = self._key.public_pem if self._key else ""
        self._pool = PoolDriver(
            self.facts,
            self._writer,
            self._clock,
            namespace=settings.namespace,
            public_key=public_key,
            wake_rooms=self._wake_rooms,
        )
        self.health = Health(self._rooms, self._pool_status, self._engines_heard)
        self._look = SecondLook(
            cluster, self.facts, settings.namespace, self.health, settings.second_look_seconds
        )
        self._unreadable = UnreadableRooms(self.facts, self._writer)
        self._waits_for = ""
        self.lost = False
        """The Lease was taken by another one: this process ends with an error."""
        self._drivers: dict[str, RoomDriver] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._driving = False

    async def start(self) -> None:
        """Wait for the Lease, read everything, hear all engines, then begin."""
        if not self._settings.standalone:
            await self._lease.acquire(self._waiting)
            self._run("lease", self._keep_lease())
        self.health.leading = True
        await self._read_everything()
        self._polls.sync()
        await self._polls.heard_all()
        self._driving = True
        self._run("pool", self._pool.run())
        self._run("events", self._events.run())
        self._run("second look", self._look.run())
        self._run("unreadable rooms", self._unreadable.run())
        for name, known in self.facts.rooms.items():
            self._drive(name, inherited=known.room.uid)
        log.info("serving namespace %s: %d rooms", self._settings.namespace, len(self.facts.rooms))

    async def open(self) -> None:
        """Open the port. Raises OSError."""
        await self.health.serve(self._settings.http_host, self._settings.http_port)

    async def _read_everything(self) -> None:
        """Once, however long the API server is away."""
        while True:
            try:
                await self._look.read()
            except (ApiError, Away) as error:
                log.warning("everything is to be read first: %s", error)
                self.health.tried(read=False)
                await asyncio.sleep(READ_AGAIN_S)
            else:
                self.health.tried(read=True)
                return

    async def stop(self) -> None:
        """End at once: whoever comes next looks at the facts and goes on. No Room changes phase by this."""
        self._driving = False
        # kopf waits for whoever waits for this.
        self._stop.set()
        await end_tasks(*self._tasks)
        await self._polls.stop()
        await self._engines.close()
        if self.health.leading and not self._settings.standalone:
            await self._lease.release()
        await self.health.stop()

    def _run(self, name: str, job: "asyncio._CoroutineLike[None]") -> None:
        task = asyncio.create_task(job, name=name)
        self._tasks.add(task)
        self.health.watch(name, task)

    async def _keep_lease(self) -> None:
        try:
            await self._lease.keep()
        except LeaseLost as error:
            log.error("%s: this operator ends", error)
            self.health.leading, self.lost = False, True
            await end_tasks(*(each for each in self._tasks if each is not asyncio.current_task()))
            self._stop.set()

    def _rooms(self) -> list[Room]:
        return [known.room for known in self.facts.rooms.values()]

    def _engines_heard(self) -> int:
        heard = self.facts.heard.values()
        return sum(1 for each in heard if each.status is not None and each.speaks)

    def _pool_status(self) -> EnginePoolStatus:
        return self._pool.status

    def _changed(self, kind: str, room: str) -> None:
        """A fact changed: wake whom it concerns."""
        if not self._driving:
            return
        if kind == "pod":
            self._polls.sync_soon()
        self._pool.wake()
        if kind == "room":
            self._unreadable.wake()
        if room and room in self.facts.rooms:
            self._drive(room)
        elif kind == "node":
            for driver in self._drivers.values():
                driver.wake()

    def _wake_rooms(self, names: set[str]) -> None:
        for name in names:
            if name in self.facts.rooms:
                self._drive(name)

    def _drive(self, name: str, *, inherited: str = "") -> None:
        """Wake a Room's driver, or begin to drive it."""
        driver = self._drivers.get(name)
        if driver is not None:
            driver.wake()
            return
        driver = RoomDriver(
            name,
            self.facts,
            self._pool,
            writer=self._writer,
            engines=self._engine_control,
            polls=self._polls,
            clock=self._clock,
            tell=self._events.tell,
            inherited=inherited,
        )
        self._drivers[name] = driver
        task = asyncio.create_task(self._run_driver(name, driver), name=f"room {name}")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _run_driver(self, name: str, driver: RoomDriver) -> None:
        try:
            await driver.run()
        finally:
            del self._drivers[name]
        # Another Room of that name may have come while this one was let go.
        if name in self.facts.rooms and self._driving:
            self._drive(name)

    def _waiting(self, holder: str) -> None:
        if holder != self._waits_for:
            self._waits_for = holder
            log.info("%s holds the Lease: waiting for it", holder)
