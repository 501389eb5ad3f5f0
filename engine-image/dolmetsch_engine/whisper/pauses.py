"""Where nobody spoke: pauses heard by the voice activity detector, window by window. Pure."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import Final

SPEECH: Final = 0.5
QUIET: Final = 0.35
"""Probabilities of speech as Silero's iterator takes them: above one, below the other; between: as before."""
KEPT: Final = 400


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

    def window(self, probability: float, samples: int) -> None:
        """Take the probability of speech in the next samples."""
        if probability >= SPEECH:
            if self._quiet_from is not None and self._at - self._quiet_from >= self._shortest:
                self.pauses.append(Pause(self._quiet_from, self._at))
            self._quiet_from = None
        elif probability < QUIET and self._quiet_from is None:
            self._quiet_from = self._at
        self._at += samples

    @property
    def quiet_from(self) -> int | None:
        """Sample since which nobody speaks, None while somebody does."""
        return self._quiet_from
