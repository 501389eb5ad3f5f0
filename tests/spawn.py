"""Programs that tests start, which end with them also when they are killed; and finding one of them."""

import contextlib
import signal
import subprocess
from collections.abc import Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from dolmetsch_local.processes import die_with_parent


def popen(
    argv: Sequence[str], *, told: signal.Signals = signal.SIGKILL, **more: Any
) -> subprocess.Popen[bytes]:
    """Start it; `told` is sent to it then, `more` is what subprocess.Popen takes.

    From a thread that lasts: Linux sends it when the thread that started it ends.
    """
    return subprocess.Popen(argv, preexec_fn=partial(die_with_parent, told), **more)


def listener(port: int, pids: Iterable[int]) -> int:
    """The process among these that listens on a port of loopback."""
    rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    (socket,) = (row[9] for row in rows if row[1].endswith(f":{port:04X}") and row[3] == "0A")
    for pid in pids:
        with contextlib.suppress(OSError):
            if any(str(fd.readlink()) == f"socket:[{socket}]" for fd in Path(f"/proc/{pid}/fd").iterdir()):
                return pid
    raise AssertionError(f"none of these processes listens on port {port}")
