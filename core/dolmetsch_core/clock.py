"""The time of day for deadlines, by a clock that never jumps."""

import logging
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

log = logging.getLogger(__name__)
JUMP_S = 5.0


class SteadyClock:
    """The wall clock at the start, carried on by the monotonic one.

    A wall clock that is set while rooms are live must not close them. The jump is said once; a new process
    begins with the new time.
    """

    def __init__(
        self, wall: Callable[[], float] = time.time, steady: Callable[[], float] = time.monotonic
    ) -> None:
        self._wall = wall
        self._steady = steady
        self._ahead = wall() - steady()
        """Wall clock minus steady clock, as at the start."""
        self._said = 0.0

    def now(self) -> datetime:
        """Return the time, timezone-aware (UTC)."""
        steady = self._steady()
        jump = self._wall() - steady - self._ahead
        if abs(jump - self._said) > JUMP_S:
            self._said = jump
            log.warning("the clock jumped by %.0f s: deadlines go by the time before it", jump)
        return datetime.fromtimestamp(0, UTC) + timedelta(seconds=steady + self._ahead)
