"""The committed position: from which sample another engine can go on without losing or doubling a word. Pure.

Neither word times nor message edges will do: a start inside a word's tail makes Whisper invent a sentence.
The position is a pause heard by the voice activity detector before which every word is in a written sentence.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from typing import Final

from dolmetsch_engine.pauses import RATE, PauseLike

LEAD: Final = 0.15
"""Seconds from the start of the pause to the cut, or half the pause if that is less."""
BREAK: Final = 1.0
"""In a long break the position stays this many seconds behind the audio."""
MEMORY: Final = 4000


def inside(start: int, end: int) -> int:
    """Return where to cut within a pause: samples."""
    return start + min(round(LEAD * RATE), (end - start) // 2)


class Positions:
    """Committed position of one stream, in samples from the stream's first one."""

    def __init__(self) -> None:
        self._middles: list[float] = []
        self._forgotten = 0
        self.cut = 0
        """Monotonic: the sample at which another engine may start."""

    @property
    def committed(self) -> int:
        """Words committed so far."""
        return self._forgotten + len(self._middles)

    def words(self, middles: Iterable[float]) -> None:
        """Note newly committed words by the middle of each, in seconds of the stream."""
        self._middles += middles
        spare = len(self._middles) - MEMORY
        if spare > 0:
            self._forgotten += spare
            del self._middles[:spare]

    def pauses(self, pauses: Sequence[PauseLike], written: int, understood: float) -> int:
        """Move to the last pause before which every committed word is among the `written` first words.

        A pause counts when a word after it is committed too, or everything up to the second `understood`
        which lies within it or later: only then no word before it is pending. Returns the cut.
        """
        for pause in reversed(pauses):
            cut = inside(pause.start, pause.end)
            if cut <= self.cut:
                break
            before = self._before((pause.start + pause.end) / 2 / RATE)
            followed = before < self.committed or round(understood * RATE) >= cut
            if followed and before <= written:
                self.cut = cut
                break
        return self.cut

    def quiet(self, since: int, now: int, written: int) -> int:
        """Move on in a pause that lasts: everything before it is settled, and written. Returns the cut."""
        if written >= self.committed and now > since:
            self.cut = max(self.cut, inside(since, now), now - round(BREAK * RATE))
        return self.cut

    def wordless(self, upto: int, written: int) -> int:
        """Move on over noise: audio up to this sample was understood and held no further word."""
        if written >= self.committed:
            self.cut = max(self.cut, upto)
        return self.cut

    def _before(self, second: float) -> int:
        return self._forgotten + bisect_left(self._middles, second)
