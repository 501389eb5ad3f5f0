"""`python -m dolmetsch_engine.preloaded`: starts engines as copies of a process with the libraries loaded.

Importing what an engine needs takes seconds of a core, and hundreds of megabytes that copies share. Each
line of JSON on stdin, `{"env": {...}, "log": PATH}`, asks for an engine; the answer on stdout is a line with
its pid. The engine is a child of the nearest ancestor that is a subreaper (prctl(2)), which waits for it. It
lives on when this process ends, as it does at the end of stdin.
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

# What takes long, and starts no thread: a copy of a process has but one.
import whisperlivekit  # noqa: F401

from dolmetsch_engine import server  # noqa: F401
from dolmetsch_engine.__main__ import main as serve

_PR_SET_PDEATHSIG = 1
_ENGINE_GONE = 1
_LIBC = ctypes.CDLL(None, use_errno=True)


def main() -> None:
    """Answer requests until stdin ends."""
    # Whatever a library prints goes to the log, not between the answers.
    answers = os.dup(1)
    os.dup2(2, 1)
    gc.freeze()
    for line in sys.stdin:
        os.write(answers, b"%d\n" % _start(json.loads(line), answers))


def _start(request: dict[str, Any], answers: int) -> int:
    """Start an engine as the child of a process that ends at once: then it is the subreaper's."""
    reading, writing = os.pipe()
    between = os.fork()
    if between == 0:
        between = os.getpid()
        pid = os.fork()
        if pid == 0:
            for descriptor in (reading, writing, answers):
                os.close(descriptor)
            _be_engine(request, between)
        os.write(writing, b"%d" % pid)
        os._exit(0)
    os.close(writing)
    os.waitpid(between, 0)
    pid = int(os.read(reading, 32))
    os.close(reading)
    return pid


def _be_engine(request: dict[str, Any], between: int) -> NoReturn:
    status = _ENGINE_GONE
    try:
        os.setsid()
        _redirect(request["log"])
        os.environ.clear()
        os.environ.update(request["env"])
        while os.getppid() == between:
            time.sleep(0.001)
        _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
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
        sys.stderr.flush()
        os._exit(status)


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
