"""Child processes: started apart from the terminal, kept alive, ended within seconds."""

import asyncio
import contextlib
import ctypes
import logging
import os
import signal
import socket
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Protocol

log = logging.getLogger(__name__)
BACKOFF_S = (0.2, 0.5, 1.0, 2.0, 5.0)
STEADY_S = 30.0
"""Whoever lived this long starts again without delay."""
_PR_SET_PDEATHSIG = 1
SECRETS = ("HOST_PASSWORD", "ADMIN_PASSWORD", "SIGNING_KEY", "ARCHIVE_URL")
_LIBC = ctypes.CDLL(None, use_errno=True)
HELD_PORTS = 64
_held_ports: deque[int] = deque()
"""File descriptors of the sockets that hold the ports given out last."""


def free_port() -> int:
    """Return a port of loopback for a server that is about to be started.

    Until that server listens, nobody else is given the port, not even for a connection that goes out: a
    socket of this process holds it. Servers may listen beside it that reuse addresses (SO_REUSEADDR), as all
    of ours do.
    """
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        port: int = probe.getsockname()[1]
        _held_ports.append(probe.detach())
    if len(_held_ports) > HELD_PORTS:
        os.close(_held_ports.popleft())
    return port


@dataclass(frozen=True)
class Command:
    """What to start. `env` is the whole environment."""

    name: str
    argv: Sequence[str]
    env: Mapping[str, str]
    log: Path
    cwd: Path | None = None


def environment() -> dict[str, str]:
    """Return this process's environment without secrets: a child is given what it needs by name."""
    hidden = {f"DOLMETSCH_{name}" for name in SECRETS}
    return {name: value for name, value in os.environ.items() if name not in hidden}


def die_with_parent(number: signal.Signals) -> None:
    """In a child, before it runs: `number` comes when its parent ends, so a kill leaves nothing behind."""
    _LIBC.prctl(_PR_SET_PDEATHSIG, number)


class Process(Protocol):
    """What a child is known by: asyncio's own, or another one that this process waits for."""

    @property
    def pid(self) -> int:
        """Its process id."""

    @property
    def returncode(self) -> int | None:
        """Its exit status; None while it runs."""

    async def wait(self) -> int:
        """Wait for its end; return its exit status."""


class Child:
    """One running process, in a session of its own: Ctrl-C in the terminal reaches the platform alone."""

    def __init__(self, process: Process, command: Command) -> None:
        self._process = process
        self.command = command

    @classmethod
    async def start(cls, command: Command) -> "Child":
        """Start it, its output appended to its log."""
        with command.log.open("ab") as output:
            process = await asyncio.create_subprocess_exec(
                *command.argv,
                env=dict(command.env),
                cwd=command.cwd,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
                preexec_fn=partial(die_with_parent, signal.SIGTERM),
            )
        return cls(process, command)

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    @property
    def alive(self) -> bool:
        """Whether it has not ended yet."""
        return self._process.returncode is None

    async def ended(self) -> int:
        """Wait for its end; return its exit status."""
        return await self._process.wait()

    async def stop(self, patience: float = 3.0) -> None:
        """SIGTERM, then SIGKILL after `patience` seconds, for it and what it started."""
        if self.alive:
            self._signal(signal.SIGTERM)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(patience):
                    await self._process.wait()
        self._signal(signal.SIGKILL)
        await self._process.wait()

    def _signal(self, number: int) -> None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, number)

    def last_words(self, lines: int = 3) -> str:
        """Return the end of its log."""
        try:
            text = self.command.log.read_text(errors="replace")[-4000:]
        except OSError:
            return ""
        return " | ".join(text.strip().splitlines()[-lines:])


async def keep_alive(command: Command, started: asyncio.Event) -> None:
    """Run the command again whenever it ends, until cancelled."""
    tries = 0
    loop = asyncio.get_running_loop()
    while True:
        child = await Child.start(command)
        began = loop.time()
        started.set()
        try:
            status = await child.ended()
        finally:
            await child.stop()
        tries = 0 if loop.time() - began > STEADY_S else tries + 1
        pause = BACKOFF_S[min(tries, len(BACKOFF_S)) - 1] if tries else 0.0
        log.warning(
            "%s ended (status %s): starting it again. Its log is %s", command.name, status, command.log
        )
        await asyncio.sleep(pause)
