"""Stand-in engines as forks of one process that has imported all they need: a hundredth of a start's work.

`python -m tests.cluster.fork_server SOCKET`: a caller connects and sends one line, the environment, log and
folder of an engine (JSON). It is told the engine's pid, and its exit status once it has ended. An engine is
killed when its caller closes the connection.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import selectors
import signal
import socket
import sys
import traceback
from collections.abc import Mapping
from pathlib import Path

from tests.cluster import stand_in_engine
from tests.cluster.control_plane import Part, die_with_parent


class Fork:
    """One engine's process, as `asyncio.subprocess.Process` shows others."""

    def __init__(self, pid: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.pid = pid
        self.returncode: int | None = None
        self._writer = writer
        self._end = asyncio.create_task(self._hear_end(reader), name=f"end of process {pid}")

    async def wait(self) -> int:
        """Wait for its end; return its exit status, -9 where signal 9 ended it."""
        await asyncio.shield(self._end)
        assert self.returncode is not None
        return self.returncode

    async def _hear_end(self, reader: asyncio.StreamReader) -> None:
        try:
            # Nothing: the server is gone, and all forks with it.
            self.returncode = int(await reader.readline() or -signal.SIGKILL)
        finally:
            self._writer.close()


class ForkServer:
    """The process that is forked."""

    def __init__(self, folder: Path) -> None:
        self._socket = folder / "socket"
        arguments = ("-m", "tests.cluster.fork_server", str(self._socket))
        self._part = Part("fork-server", arguments, folder / "fork-server.log", program=Path(sys.executable))

    def start(self) -> None:
        """Start it and wait until it takes orders. Raises NotStarted."""
        self._part.start()
        self._part.wait(self._socket.exists)

    def stop(self) -> None:
        """End it, and all forks that are left."""
        self._part.kill()

    async def fork(self, env: Mapping[str, str], log: Path, folder: Path) -> Fork:
        """Start an engine."""
        reader, writer = await asyncio.open_unix_connection(self._socket)
        order = {"env": dict(env), "log": str(log), "folder": str(folder)}
        try:
            writer.write(json.dumps(order).encode() + b"\n")
            return Fork(int(await reader.readline()), reader, writer)
        except BaseException:
            writer.close()
            raise


class Engines:
    """In the server: the forks that run, and the connections of those who wanted them."""

    def __init__(self, listener: socket.socket) -> None:
        self._listener = listener
        self._selector = selectors.DefaultSelector()
        self._selector.register(listener, selectors.EVENT_READ)
        self._callers: dict[int, socket.socket] = {}

    def serve(self) -> None:
        """Take orders for ever."""
        while True:
            for key, _ in self._selector.select():
                if key.fileobj is self._listener:
                    self._begin()
                elif key.data in self._callers:
                    self._ends(key)

    def _begin(self) -> None:
        caller, _ = self._listener.accept()
        with caller.makefile("rb") as orders:
            order = orders.readline()
        if not order:
            caller.close()
            return
        pid = os.fork()
        if pid == 0:
            self._listener.close()
            become_engine(caller, json.loads(order))
        self._callers[pid] = caller
        # Whichever ends first.
        for end in (os.pidfd_open(pid), caller):
            self._selector.register(end, selectors.EVENT_READ, pid)

    def _ends(self, key: selectors.SelectorKey) -> None:
        pid, caller = key.data, self._callers[key.data]
        self._selector.unregister(key.fileobj)
        if key.fileobj is caller:
            os.kill(pid, signal.SIGKILL)
            return
        os.close(key.fd)
        _, status = os.waitpid(pid, 0)
        with self._callers.pop(pid), contextlib.suppress(KeyError, OSError):
            self._selector.unregister(caller)
            caller.sendall(f"{os.waitstatus_to_exitcode(status)}\n".encode())


def become_engine(caller: socket.socket, order: Mapping[str, Mapping[str, str] | str]) -> None:
    """In the fork; never returns. Its pid is told once it can be signalled as a group."""
    status = 1
    try:
        os.setsid()
        die_with_parent()
        caller.sendall(f"{os.getpid()}\n".encode())
        caller.close()
        output = os.open(str(order["log"]), os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        os.dup2(output, 1)
        os.dup2(output, 2)
        os.chdir(str(order["folder"]))
        os.environ.clear()
        os.environ.update(dict(order["env"]))  # type: ignore[arg-type]
        stand_in_engine.main()
        status = 0
    except BaseException:  # noqa: BLE001 (this is the process's end, as an interpreter's would be)
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


def main(path: Path) -> None:
    """Serve at a Unix socket, for ever."""
    # Under its name only once it listens: whoever sees it may connect.
    unfinished = path.with_suffix(".new")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(unfinished))
        listener.listen(64)
        unfinished.rename(path)
        Engines(listener).serve()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
