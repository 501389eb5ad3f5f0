"""An event loop whose clock jumps to what is due next, so that an hour of speech takes what its passes cost.

The program that runs on it is the real one, in the real order. What it hands to a thread (the passes of the
model) is run when it would be done: after as much time as the cheaper of the last two like it cost, in CPU
seconds shared by `cores`; its result comes later if it cost more. So nobody sees too soon what it found out.
What runs in the loop itself costs nothing on this clock. No sockets, files or other processes: nothing from
outside has a say.
"""

from __future__ import annotations

import asyncio
import functools
import selectors
import time
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


class NothingToWaitFor(RuntimeError):
    """All tasks wait for something that no timer and no pass will bring."""


class VirtualClock(asyncio.SelectorEventLoop):
    """The loop. Its time begins at 0 s."""

    def __init__(self, cores: float) -> None:
        """`cores`: a pass of two CPU seconds takes 1 s on 2 cores, 4 s on 0.5."""
        self.now = 0.0
        self.cores = cores
        self._costs: dict[str, tuple[float, ...]] = {}
        """What the last two passes of a kind have cost."""
        super().__init__(_Jumps(self))

    def time(self) -> float:
        """Return the virtual time in seconds."""
        return self.now

    def run_in_executor(self, executor: Any, func: Callable[..., T], *args: Any) -> asyncio.Future[T]:  # type: ignore[override]
        """Run it when it would be done; its result comes then, or later by what it cost more than thought."""
        future: asyncio.Future[T] = self.create_future()
        kind = _name(func)
        thought = min(self._costs.get(kind, (0.0,)))

        def execute() -> None:
            deliver: Callable[[], object]
            began = time.process_time()
            try:
                result = func(*args)
            except Exception as error:  # noqa: BLE001 (it is raised where the future is awaited)
                raised = error
                deliver = lambda: future.cancelled() or future.set_exception(raised)  # noqa: E731
            else:
                deliver = lambda: future.cancelled() or future.set_result(result)  # noqa: E731
            cost = (time.process_time() - began) / self.cores
            self._costs[kind] = (*self._costs.get(kind, ())[-1:], cost)
            self.call_later(max(0.0, cost - thought), deliver)

        self.call_later(thought, execute)
        return future


def _name(func: Callable[..., Any]) -> str:
    """What is run, also where asyncio.to_thread has wrapped it."""
    while isinstance(func, functools.partial):
        func = func.args[0] if func.args else func.func
    return str(getattr(func, "__qualname__", func))


class _Jumps(selectors.DefaultSelector):
    """In place of waiting, the clock is put forward."""

    def __init__(self, clock: VirtualClock) -> None:
        super().__init__()
        self._clock = clock

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        """Return what is ready in the real world, which is a wake-up by the loop itself at most."""
        ready = super().select(0)
        if not ready and timeout is None:
            raise NothingToWaitFor
        if not ready and timeout:
            self._clock.now += timeout
        return ready


def run(job: Coroutine[Any, Any, T], cores: float) -> T:
    """Run to its end on a virtual clock, as asyncio.run does."""
    with asyncio.Runner(loop_factory=lambda: VirtualClock(cores)) as runner:
        return runner.run(job)
