"""Starting a program that ends with the process of the tests, also when that is killed."""

import signal
import subprocess
from collections.abc import Sequence
from functools import partial
from typing import Any

from dolmetsch_local.processes import die_with_parent


def popen(
    argv: Sequence[str], *, told: signal.Signals = signal.SIGKILL, **more: Any
) -> subprocess.Popen[bytes]:
    """Start it; `told` is sent to it then, `more` is what subprocess.Popen takes.

    From a thread that lasts: Linux sends it when the thread that started it ends.
    """
    return subprocess.Popen(argv, preexec_fn=partial(die_with_parent, told), **more)
