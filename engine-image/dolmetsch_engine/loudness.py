"""A quiet speaker made louder, before anybody listens: far below the usual level no voice is told from noise.

Only ever louder, by 40 dB at most, and by what the loudest moment of the last minute needs: a pause does not
become noise. What is as loud as speech usually is stays as it is.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from dolmetsch_engine.pauses import RATE

Samples = NDArray[np.float32]

WINDOW: Final = RATE // 20
"""Samples over which loudness is taken: longer than a click."""
HELD: Final = 60 * RATE
"""Samples for which the loudest moment counts."""
WANTED: Final = 0.03
"""Root mean square of the loudest moments, of samples between -1 and 1, from which on nothing is done."""
MOST: Final = 100.0
"""Factor by which sound is made louder at most: 40 dB."""
RECENT: Final = 40
"""Windows in which a voice shows: two seconds."""
SYLLABLES: Final = 4.0
"""How much louder a syllable is than the gaps, at least."""
LEAST: Final = 1e-6
"""Root mean square of digital silence, which says nothing of the hall."""
NOTHING: Final = 0.0002
"""The same of a microphone that is switched off: there is nothing to make louder."""


class Loudness:
    """Of one stream."""

    def __init__(self) -> None:
        self._loudest: deque[tuple[int, float]] = deque()
        """Samples and the loudness at them, falling: the first is the loudest of the last minute."""
        self._recent: deque[float] = deque(maxlen=RECENT)
        self._voiced = False
        self._at = 0
        self._factor = 1.0

    def apply(self, sound: Samples) -> Samples:
        """Return the sound as loud as it should be. At the factor of its own loudest moment at once."""
        if not len(sound):
            return sound
        windows = _windows(sound)
        self._note(_loudest(windows))
        self._recent.extend(window for window in windows if window > LEAST)
        if _comes_and_goes(self._recent):
            self._voiced = True
            # In a break, in which nothing but the hall itself is heard, no time passes.
            self._at += len(sound)
        loudest = self._loudest[0][1]
        factor = min(MOST, max(1.0, WANTED / loudest)) if self._voiced and loudest > NOTHING else 1.0
        before, self._factor = self._factor, factor
        if before == factor == 1.0:
            return sound
        # Louder little by little; quieter at once, or the louder moment itself would be clipped.
        factors = np.linspace(min(before, factor), factor, len(sound), dtype=np.float32)
        louder: Samples = np.clip(sound * factors, -1.0, 1.0).astype(np.float32)
        return louder

    def _note(self, loudness: float) -> None:
        while self._loudest and self._loudest[-1][1] <= loudness:
            self._loudest.pop()
        self._loudest.append((self._at, loudness))
        while self._loudest[0][0] < self._at - HELD:
            self._loudest.popleft()


def _windows(sound: Samples) -> list[float]:
    """Loudness of each window."""
    whole = len(sound) // WINDOW * WINDOW
    windows = sound[:whole].reshape(-1, WINDOW) if whole else sound.reshape(1, -1)
    means: list[float] = np.sqrt(np.mean(np.square(windows, dtype=np.float64), axis=1)).tolist()
    return means


def _loudest(windows: Sequence[float]) -> float:
    """The second loudest window: a click is in one alone."""
    return sorted(windows)[-2:][0]


def _comes_and_goes(windows: Collection[float]) -> bool:
    """Whether it may be a voice, with its syllables and gaps: a hall's own noise is always the same."""
    ordered = sorted(windows)
    return len(ordered) >= 4 and ordered[-2] >= SYLLABLES * ordered[1]
