"""`python -m dolmetsch_engine.preloaded`: starts engines as copies of a process with the libraries loaded.

Importing what an engine needs takes seconds of a core, and hundreds of megabytes that copies share. A line
on stdout says that it is done. From then on each line of JSON on stdin, `{"env": {...}, "log": PATH}`, asks
for an engine; the answer on stdout is a line with its pid, or 0 if it can't be had. The engine is a child of
this process' parent, which has to be a subreaper (prctl(2)) and waits for it. It lives on when this process
ends, as it does at the end of stdin.
"""

import ctypes
import gc
import json
import logging
import os
import signal
import sys
import time
from typing import Any, NoReturn

from dolmetsch_engine import server  # noqa: F401
from dolmetsch_engine.__main__ import main as serve
from dolmetsch_engine.whisper.quiet import quiet_import

# What takes long.
with quiet_import():
    import whisperlivekit  # noqa: F401

_PR_SET_PDEATHSIG = 1
_ENGINE_GONE = 1
_ADOPTION_S = 60.0
"""The process between has nothing to do but to end."""
_LIBC = ctypes.CDLL(None, use_errno=True)


def main() -> None:
    """Answer requests until stdin ends."""
    # Whatever a library prints goes to the log, not between the answers.
    answers = os.dup(1)
    os.dup2(2, 1)
    parent = os.getppid()
    gc.freeze()
    os.write(answers, b"loaded\n")
    for line in sys.stdin:
        os.write(answers, b"%d\n" % _start(json.loads(line), answers, parent))


def _start(request: dict[str, Any], answers: int, parent: int) -> int:
    """Start an engine as the child of a process that ends at once: then it is the subreaper's."""
    sys.stdout.flush()
    reading, writing = os.pipe()
    between = os.fork()
    if between == 0:
        if os.fork() == 0:
            os.close(reading)
            os.close(answers)
            _be_engine(request, writing, parent)
        os._exit(0)
    os.close(writing)
    os.waitpid(between, 0)
    # The engine says it, once it can be signalled and ends with its parent. Nothing: it ended before.
    pid = int(os.read(reading, 32) or 0)
    os.close(reading)
    return pid


def _be_engine(request: dict[str, Any], writing: int, parent: int) -> NoReturn:
    status = _ENGINE_GONE
    try:
        os.setsid()
        _redirect(request["log"])
        os.environ.clear()
        os.environ.update(request["env"])
        _wait_for(parent)
        os.write(writing, b"%d" % os.getpid())
        os.close(writing)
        serve()
        status = 0
    except SystemExit as end:
        if isinstance(end.code, str):
            sys.stderr.write(f"{end.code}\n")
        else:
            status = end.code or 0
    except BaseException:
        logging.exception("the engine ended")
    finally:
        logging.shutdown()
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


def _wait_for(parent: int) -> None:
    """Wait until this process is that one's child, and end with it. Raises OSError: that one is gone."""
    deadline = time.monotonic() + _ADOPTION_S
    while os.getppid() != parent:
        if time.monotonic() > deadline:
            raise OSError(f"process {parent} did not take the engine over: it has ended")
        time.sleep(0.001)
    _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != parent:
        raise OSError(f"process {parent} has ended")


def _redirect(log: str) -> None:
    output = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.dup2(output, 1)
    os.dup2(output, 2)
    os.close(output)
    os.close(nothing)


if __name__ == "__main__":
    main()
