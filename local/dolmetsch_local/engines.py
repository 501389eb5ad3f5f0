"""Engine processes: started, watched, and seen as facts for `decide()`."""

import asyncio
import itertools
import logging
import os
import secrets
from dataclasses import dataclass, field

from dolmetsch_core.engine_client import EngineAway, EngineClient
from dolmetsch_core.life.observed import EngineSeen, EngineState
from dolmetsch_core.tasks import end_tasks
from dolmetsch_core.tokens import EngineKey
from dolmetsch_core.wire.engine import EngineStatus, SessionRequest
from dolmetsch_local.preloaded_engines import PreloadedEngines
from dolmetsch_local.processes import Child, Command, environment, free_port
from dolmetsch_local.state import StateFolder

log = logging.getLogger(__name__)
HEALTH_EVERY_S = 2.0
FIRST_ANSWER_S = 120.0
"""What importing and opening a port may take on a slow machine."""
LOST_AFTER_S = 6.0
"""An engine that misses its health check for so long is lost."""
STOP_PATIENCE_S = 3.5
MOST_THREADS = 4
"""As CTranslate2 has it where nobody says; more were not measured."""


def threads_of(cpus: int) -> int:
    """CPU threads of one engine of a machine: half of its CPUs, since two engines share them with the rest.

    On two CPUs one thread is about as quick as two, and costs less (docs/adr/0020-a-second-look.md).
    """
    return min(MOST_THREADS, max(1, cpus // 2))


def usable_cpus() -> int:
    """CPUs that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@dataclass
class EngineProcess:
    """One engine: a process with an address of its own."""

    child: Child
    address: str
    uid: str
    """Whom tokens for it are for."""
    room: str | None = None
    """The room it serves, None while it is warm."""
    epoch: int = 0
    status: EngineStatus | None = None
    stopping: bool = False
    lost: str = ""
    tasks: list[asyncio.Task[None]] = field(default_factory=list)

    @property
    def name(self) -> str:
        """Its name in logs and status."""
        return self.child.command.name

    def seen(self) -> EngineSeen:
        """Return it as a fact."""
        state = EngineState.RUNNING if self.status else EngineState.STARTING
        if self.stopping:
            state = EngineState.STOPPING
        elif self.lost or not self.child.alive:
            state = EngineState.LOST
        elif self.status and self.room is None and not self.status.ready:
            state = EngineState.STARTING
        return EngineSeen(
            name=self.name,
            uid=self.uid,
            state=state,
            epoch=self.epoch,
            address=self.address,
            status=self.status,
            last_words=self.lost or ("" if self.child.alive else self.child.last_words()),
        )


class Engines:
    """All engine processes of the platform. `changed` is set whenever a fact about one changes.

    They let nobody call them who has not the platform's key: other users of the machine reach their ports.
    """

    def __init__(
        self, argv: list[str], env: dict[str, str], state: StateFolder, changed: asyncio.Event
    ) -> None:
        self._argv = argv
        self._env = env
        self._state = state
        self._changed = changed
        self._numbers = itertools.count(1)
        self.key = EngineKey.generate()
        """What calls to the engines are signed with."""
        self._client = EngineClient(self.key)
        self._preloaded = PreloadedEngines(argv[0], state.path / "logs" / "preloaded-engines.log")
        self._all: dict[str, EngineProcess] = {}
        self._stops: set[asyncio.Task[None]] = set()
        self.stillborn: list[str] = []
        """Last words of engines that ended before their first status."""

    def of(self, room: str) -> tuple[EngineSeen, ...]:
        """Facts about a room's engines."""
        return tuple(each.seen() for each in self._all.values() if each.room == room)

    def warm(self) -> tuple[EngineSeen, ...]:
        """Facts about the engines that no room has."""
        return tuple(each.seen() for each in self._all.values() if each.room is None)

    def rooms(self) -> set[str]:
        """Rooms that have an engine, known or not."""
        return {each.room for each in self._all.values() if each.room is not None}

    async def open_session(self, engine: str, request: SessionRequest) -> None:
        """Raises OlderEpoch, EngineAway."""
        process = self._named(engine)
        await self._client.open_session(process.address, request, audience=process.uid)

    async def end_session(self, engine: str) -> None:
        """Raises EngineAway."""
        process = self._named(engine)
        await self._client.end_session(process.address, audience=process.uid)

    def _named(self, name: str) -> EngineProcess:
        if name not in self._all:
            raise EngineAway(f"{name} has ended")
        return self._all[name]

    async def create(self, room: str | None = None, epoch: int = 0) -> None:
        """Start an engine, warm or for a room."""
        name = f"engine-{next(self._numbers)}"
        port = free_port()
        uid = f"{name}-{secrets.token_hex(4)}"
        env = {
            **environment(),
            **self._env,
            "DOLMETSCH_ENGINE_PORT": str(port),
            "DOLMETSCH_ENGINE_PUBLIC_KEY": self.key.public_pem,
            "DOLMETSCH_ENGINE_AUDIENCE": uid,
        }
        command = Command(name, self._argv, env, self._state.path / "logs" / f"{name}.log")
        command.log.unlink(missing_ok=True)
        child = await self._preloaded.start(command)
        engine = EngineProcess(child, f"http://127.0.0.1:{port}", uid, room, epoch)
        engine.tasks = [
            asyncio.create_task(self._poll(engine), name=f"status of {name}"),
            asyncio.create_task(self._check(engine), name=f"health of {name}"),
            asyncio.create_task(self._await_end(engine), name=f"end of {name}"),
        ]
        self._all[name] = engine
        self._changed.set()

    def claim(self, name: str, room: str, epoch: int) -> None:
        """Give a warm engine to a room; nothing happens if it is gone or taken."""
        engine = self._all.get(name)
        if engine and engine.room is None and not engine.stopping:
            engine.room, engine.epoch = room, epoch
            self._changed.set()

    def stop(self, name: str) -> None:
        """End an engine; it is seen as stopping until its process is gone."""
        engine = self._all.get(name)
        if engine is None or engine.stopping:
            return
        engine.stopping = True
        task = asyncio.create_task(self._stop(engine), name=f"stop of {name}")
        self._stops.add(task)
        task.add_done_callback(self._stops.discard)

    async def stop_all(self) -> None:
        """End all engines; each writes its last words."""
        for name in list(self._all):
            self.stop(name)
        while self._stops:
            await asyncio.gather(*self._stops)
        await self._preloaded.stop()
        await self._client.close()

    async def _stop(self, engine: EngineProcess) -> None:
        # Open polls would hold the engine's server up.
        await end_tasks(*engine.tasks)
        # One that was lost has nothing to flush, and may not answer a SIGTERM at all.
        await engine.child.stop(0.0 if engine.lost else STOP_PATIENCE_S)
        del self._all[engine.name]
        self._changed.set()

    async def _poll(self, engine: EngineProcess) -> None:
        after = -1
        while engine.child.alive:
            try:
                status = await self._client.status(engine.address, after, audience=engine.uid)
            except EngineAway:
                await asyncio.sleep(0.2)
                continue
            after = status.rev
            if status != engine.status:
                engine.status = status
                self._changed.set()

    async def _check(self, engine: EngineProcess) -> None:
        """Health counts once the engine has answered, for importing takes long, but not for ever."""
        loop = asyncio.get_running_loop()
        good = loop.time() + FIRST_ANSWER_S
        while not engine.lost:
            await asyncio.sleep(HEALTH_EVERY_S)
            if await self._client.healthy(engine.address):
                good = loop.time()
            elif loop.time() - good >= LOST_AFTER_S:
                failing = engine.status.failing if engine.status else None
                engine.lost = failing or f"it did not answer its health check for {LOST_AFTER_S:.0f} s"
                log.warning("%s is lost: %s", engine.name, engine.lost)
                self._changed.set()

    async def _await_end(self, engine: EngineProcess) -> None:
        status = await engine.child.ended()
        if not engine.stopping:
            engine.lost = f"its process ended (status {status}): {engine.child.last_words()}"
            if engine.status is None:
                self.stillborn.append(engine.lost)
            log.warning("%s is lost: %s", engine.name, engine.lost)
            self._changed.set()
