"""Two channels become one, also where one of them is the other upside down. Pure.

A balanced line that was taken for two channels gives two that add up to nothing. Then the louder one alone is
taken.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

Channel = NDArray[np.int16]

REMEMBERED: Final = 16_000.0
"""Samples over which loudness is weighed."""
CHANGED: Final = 2.0
"""Times the power of the channel that is taken, from which on the other one is."""
CANCELLED: Final = 0.1
"""Share of the louder channel's power that is left in the sum, below which they cancel each other out."""


class Mixer:
    """Of one stream."""

    def __init__(self) -> None:
        self._left = self._right = self._sum = 0.0
        self._takes_left: bool | None = None

    def mix(self, left: Channel, right: Channel) -> Channel:
        """Return one channel of as many samples."""
        if not len(left):
            return left
        both = (left.astype(np.int32) + right) // 2
        kept = np.exp(-len(left) / REMEMBERED)
        self._left = kept * self._left + _power(left)
        self._right = kept * self._right + _power(right)
        self._sum = kept * self._sum + _power(both)
        if self._sum >= CANCELLED * max(self._left, self._right):
            return both.astype(np.int16)
        # To change between them turns the wave upside down, which clicks.
        if self._takes_left is None:
            self._takes_left = self._left >= self._right
        chosen, other = (self._left, self._right) if self._takes_left else (self._right, self._left)
        if other > CHANGED * chosen:
            self._takes_left = not self._takes_left
        return left if self._takes_left else right


def _power(samples: NDArray[np.int16] | NDArray[np.int32]) -> float:
    return float(np.sum(np.square(samples, dtype=np.float64)))
