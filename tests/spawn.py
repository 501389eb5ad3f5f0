"""Starting a program that ends with the process of the tests, also when that is killed."""

import signal
import subprocess
from collections.abc import Sequence
from functools import partial
from typing import Any

from dolmetsch_local.processes import die_with_parent


def popen(argv: Sequence[str], **more: Any) -> subprocess.Popen[bytes]:
    """Start it; `more` is what subprocess.Popen takes."""
    return subprocess.Popen(argv, preexec_fn=partial(die_with_parent, signal.SIGKILL), **more)
