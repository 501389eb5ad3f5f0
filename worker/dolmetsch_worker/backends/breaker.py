"""A circuit breaker: after some failures in a row nobody waits for a dead backend; one call at a time looks.

Pure but for its clock, which is an argument.
"""

import enum
from collections.abc import Callable
from dataclasses import dataclass


class Circuit(enum.Enum):
    """The three states, by their usual names."""

    CLOSED = "closed"
    """Calls go through."""
    OPEN = "open"
    """Calls are refused until the pause is over."""
    HALF_OPEN = "half-open"
    """One call is out to see whether the backend is back; others are refused."""


@dataclass(frozen=True, kw_only=True)
class BreakerLimits:
    """When a breaker opens and how long it stays open."""

    failures: int = 3
    """Failures in a row that open it."""
    first_pause: float = 0.5
    """Seconds of the first pause; each failed look doubles it."""
    longest_pause: float = 10.0
    """Seconds beyond which no pause grows, whatever a backend asks for."""


class Breaker:
    """Counts failures in a row. `clock` gives seconds and never goes back (`time.monotonic`)."""

    def __init__(self, limits: BreakerLimits, clock: Callable[[], float]) -> None:
        self._limits = limits
        self._clock = clock
        self._failures = 0
        self._pause = limits.first_pause
        self._open_until: float | None = None
        self._looking = False

    @property
    def state(self) -> Circuit:
        """The state as of now; OPEN with its pause over still reads OPEN until a call is let through."""
        if self._open_until is None:
            return Circuit.CLOSED
        return Circuit.HALF_OPEN if self._looking else Circuit.OPEN

    def wait(self) -> float:
        """Seconds until the next call has a chance; 0 when it may go now."""
        if self._open_until is None:
            return 0.0
        left = max(0.0, self._open_until - self._clock())
        return max(left, self._limits.first_pause) if self._looking else left

    def admit(self) -> bool:
        """Asks leave for one call, which must then be told to `succeeded`, `failed` or `abandoned`."""
        if self._open_until is None:
            return True
        if self._looking or self._clock() < self._open_until:
            return False
        self._looking = True
        return True

    def succeeded(self) -> None:
        """The backend answered sensibly (a refusal of one sentence is a sensible answer)."""
        self._failures = 0
        self._pause = self._limits.first_pause
        self._open_until = None
        self._looking = False

    def failed(self, retry_after: float | None = None) -> None:
        """The backend did not; `retry_after` (s), its own wish, opens the breaker at once."""
        self._failures += 1
        if self._looking:
            self._looking = False
            self._pause = min(self._pause * 2, self._limits.longest_pause)
        elif self._open_until is not None:
            return  # a straggler that was let through before the breaker opened tells nothing new
        elif self._failures < self._limits.failures and retry_after is None:
            return
        pause = self._pause if retry_after is None else max(self._pause, retry_after)
        self._open_until = self._clock() + min(pause, self._limits.longest_pause)

    def abandoned(self) -> None:
        """The caller gave up (was cancelled): nothing was learned, and the next may look."""
        self._looking = False
