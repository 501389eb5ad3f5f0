"""What one step of transcription understood: the only thing that leaves this package. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from dolmetsch_engine.words import Word


@dataclass(frozen=True)
class Heard:
    """What one step understood. Times are seconds of the stream."""

    words: tuple[Word, ...]
    """Newly committed: final but for their punctuation."""
    reread: tuple[Word, ...]
    """The last committed words before those, as the newest pass reads them."""
    hypothesis: tuple[Word, ...]
    """What follows, not certain yet."""
    upto: float
    """Up to here the audio is understood."""
    settled: bool
    """Nothing pending: every word up to `upto` is committed."""
    wordless: bool = False
    """The audio up to `upto` was given up: noise or music, nothing in it looked like a word."""
