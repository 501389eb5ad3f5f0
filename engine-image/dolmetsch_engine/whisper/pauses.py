"""Where nobody spoke: pauses heard by the voice activity detector, window by window. Pure."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import Final

from dolmetsch_engine.pauses import RATE

SPEECH: Final = 0.5
QUIET: Final = 0.35
"""Probabilities of speech as Silero's iterator takes them: above one, below the other; between: as before."""
KEPT: Final = 400
LISTENED: Final = 2000
"""Windows that are remembered: a minute."""
SHORTEST: Final = 0.2
"""Seconds of a word at least, for what is asked of one."""


@dataclass(frozen=True)
class Pause:
    """Samples of the stream without speech; `end` is where speech was heard again."""

    start: int
    end: int


class PauseMeter:
    """Notes pauses of at least `shortest` samples. Samples count from the stream's first."""

    def __init__(self, shortest: int) -> None:
        self._shortest = shortest
        self._at = 0
        self._quiet_from: int | None = 0
        self.pauses: deque[Pause] = deque(maxlen=KEPT)
        self._voiced: deque[tuple[int, int, bool]] = deque(maxlen=LISTENED)
        """Windows: first sample, last sample, whether somebody spoke."""

    def window(self, probability: float, samples: int) -> None:
        """Take the probability of speech in the next samples."""
        if probability >= SPEECH:
            if self._quiet_from is not None and self._at - self._quiet_from >= self._shortest:
                self.pauses.append(Pause(self._quiet_from, self._at))
            self._quiet_from = None
        elif probability < QUIET and self._quiet_from is None:
            self._quiet_from = self._at
        self._voiced.append((self._at, self._at + samples, probability >= SPEECH))
        self._at += samples

    def voice(self, start: float, end: float) -> float | None:
        """Return the share of the time between two seconds in which somebody spoke; None: it was forgotten.

        May be called from another thread.
        """
        first, last = start * RATE, max(end, start + SHORTEST) * RATE
        windows = [voiced for at, to, voiced in list(self._voiced) if to > first and at < last]
        return sum(windows) / len(windows) if windows else None

    def so_far(self) -> list[Pause]:
        """Return all pauses, the last of which may still last. May be called from another thread."""
        pauses, since, now = list(self.pauses), self._quiet_from, self._at
        return pauses if since is None else [*pauses, Pause(since, now)]

    @property
    def quiet_from(self) -> int | None:
        """Sample since which nobody speaks, None while somebody does."""
        return self._quiet_from
