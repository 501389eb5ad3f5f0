"""Starts engines as copies of a process with the libraries loaded: within a moment, sharing its memory."""

import asyncio
import ctypes
import json
import logging
import os
import signal
from functools import partial
from pathlib import Path

from dolmetsch_local.processes import Child, Command, die_with_parent

log = logging.getLogger(__name__)
_PR_SET_CHILD_SUBREAPER = 36
_LIBC = ctypes.CDLL(None, use_errno=True)


class AdoptedProcess:
    """A child of this process that another one has started."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self.returncode: int | None = None
        self._ended = asyncio.Event()
        self._descriptor = os.pidfd_open(pid)
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


class PreloadedEngines:
    """One process of `dolmetsch_engine.preloaded`, started again when it is gone; see there.

    Where it can't be had, an engine is started as any other program.
    """

    def __init__(self, python: str, log_path: Path) -> None:
        self._python = python
        self._log = log_path
        self._process: asyncio.subprocess.Process | None = None
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
            except (OSError, ValueError) as error:
                log.warning(
                    "an engine is started without what is loaded already (%s): see %s", error, self._log
                )
                await self.stop()
        return await Child.start(command)

    async def stop(self) -> None:
        """End the process; engines live on."""
        process, self._process = self._process, None
        if process is not None and process.returncode is None:
            process.kill()
        if process is not None:
            await process.wait()

    async def _ask(self, command: Command) -> int:
        """The pid of an engine. Raises OSError, ValueError."""
        if self._process is None or self.pid is None:
            self._process = await self._load(command)
        assert self._process.stdin is not None  # noqa: S101
        assert self._process.stdout is not None  # noqa: S101
        request = {"env": dict(command.env), "log": str(command.log)}
        self._process.stdin.write(f"{json.dumps(request)}\n".encode())
        await self._process.stdin.drain()
        return int(await self._process.stdout.readline())

    async def _load(self, command: Command) -> asyncio.subprocess.Process:
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
