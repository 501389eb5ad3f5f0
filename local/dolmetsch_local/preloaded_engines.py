"""Starts engines as copies of a process with the libraries loaded: within a moment, sharing its memory."""

import asyncio
import ctypes
import json
import logging
import os
import signal
from functools import partial
from pathlib import Path

from dolmetsch_core.tasks import end_tasks
from dolmetsch_local.processes import Child, Command, die_with_parent

log = logging.getLogger(__name__)
_PR_SET_CHILD_SUBREAPER = 36
_LIBC = ctypes.CDLL(None, use_errno=True)
FIRST_LOAD_S = 120.0
"""The first engines wait so long for the libraries: loaded once, all of them have them."""
ANSWER_S = 30.0
"""A copy is made within milliseconds; on a machine that swaps, in seconds."""


class AdoptedProcess:
    """A child of this process that another one has started."""

    def __init__(self, pid: int) -> None:
        """Raises OSError, such as for want of descriptors: then the process has been ended."""
        self.pid = pid
        self.returncode: int | None = None
        self._ended = asyncio.Event()
        try:
            self._descriptor = os.pidfd_open(pid)
        except OSError:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
            raise
        asyncio.get_running_loop().add_reader(self._descriptor, self._take_status)

    def _take_status(self) -> None:
        asyncio.get_running_loop().remove_reader(self._descriptor)
        os.close(self._descriptor)
        _, status = os.waitpid(self.pid, 0)
        self.returncode = os.waitstatus_to_exitcode(status)
        self._ended.set()

    async def wait(self) -> int:
        """Wait for its end; return its exit status."""
        await self._ended.wait()
        assert self.returncode is not None  # noqa: S101
        return self.returncode


class StillLoading(Exception):
    """There is no process yet that has loaded the libraries, and its first one was waited for."""


class PreloadedEngines:
    """One process of `dolmetsch_engine.preloaded`, started again when it is gone; see there.

    The first engine waits until it has loaded the libraries. Where there is none, or the next one has not
    loaded them yet, engines start as any other program.
    """

    def __init__(self, python: str, log_path: Path) -> None:
        self._python = python
        self._log = log_path
        self._process: asyncio.subprocess.Process | None = None
        self._loading: asyncio.Task[bool] | None = None
        self._waited = False
        self._asking = asyncio.Lock()

    @property
    def pid(self) -> int | None:
        """Of the process that has loaded the libraries; None while there is none."""
        return self._process.pid if self._process and self._process.returncode is None else None

    async def start(self, command: Command) -> Child:
        """Start an engine. Of the command, the environment and the log count; its program is known."""
        async with self._asking:
            try:
                return Child(AdoptedProcess(await self._ask(command)), command)
            except StillLoading:
                log.info("%s loads the libraries itself: no process has them yet", command.name)
            except (OSError, ValueError) as error:
                log.warning(
                    "an engine is started without what is loaded already (%s %s): see %s",
                    type(error).__name__,
                    error,
                    self._log,
                )
                await self.stop()
        return await Child.start(command)

    async def stop(self) -> None:
        """End the process; engines live on."""
        process, self._process = self._process, None
        await end_tasks(self._loading)
        if process is not None and process.returncode is None:
            process.kill()
        if process is not None:
            await process.wait()

    async def _ask(self, command: Command) -> int:
        """The pid of an engine. Raises OSError, ValueError, StillLoading."""
        process = self._process
        if process is None or self.pid is None or self._loading is None:
            process = self._process = await self._load(command)
            self._loading = asyncio.create_task(_has_loaded(process), name="preloaded engines")
        assert process.stdin is not None  # noqa: S101
        assert process.stdout is not None  # noqa: S101
        await self._loaded()
        request = {"env": dict(command.env), "log": str(command.log)}
        try:
            async with asyncio.timeout(ANSWER_S):
                process.stdin.write(f"{json.dumps(request)}\n".encode())
                await process.stdin.drain()
                pid = int(await process.stdout.readline())
        except asyncio.CancelledError:
            # Its answer, when it comes, would be taken for the next one's.
            process.kill()
            raise
        if not pid:
            raise OSError("the engine ended before it was one")
        return pid

    async def _loaded(self) -> None:
        """Wait until the libraries are loaded; nobody does so twice. Raises OSError, StillLoading.

        All rooms wait for whoever waits here.
        """
        assert self._loading is not None  # noqa: S101
        if self._waited and not self._loading.done():
            raise StillLoading
        self._waited = True
        async with asyncio.timeout(FIRST_LOAD_S):
            if not await asyncio.shield(self._loading):
                raise OSError("it could not load the libraries")

    async def _load(self, command: Command) -> asyncio.subprocess.Process:
        # Without it, the end of a process that another one has started would not be known.
        os.close(os.pidfd_open(os.getpid()))
        # Engines are children of this process then, though another one starts them.
        _LIBC.prctl(_PR_SET_CHILD_SUBREAPER, 1)
        with self._log.open("ab") as output:
            return await asyncio.create_subprocess_exec(
                self._python, "-m", "dolmetsch_engine.preloaded",
                env=dict(command.env),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=output,
                start_new_session=True,
                preexec_fn=partial(die_with_parent, signal.SIGTERM),
            )  # fmt: skip


async def _has_loaded(process: asyncio.subprocess.Process) -> bool:
    assert process.stdout is not None  # noqa: S101
    return bool(await process.stdout.readline())
