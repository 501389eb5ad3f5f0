"""What one step of transcription understood: the only thing that leaves this package. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from dolmetsch_engine.words import Word


@dataclass(frozen=True)
class Heard:
    """What one step understood. Times are seconds of the stream."""

    words: tuple[Word, ...]
    """Newly committed: final."""
    hypothesis: tuple[Word, ...]
    """What follows, not certain yet."""
    upto: float
    """Up to here the audio is understood."""
    settled: float
    """Every word up to here is committed."""
    wordless: bool = False
    """The audio up to `upto` was given up: noise or music, nothing in it looked like a word."""
    sounds_like: str = ""
    """The language that is spoken in place of the one that was chosen, where there is reason to think so."""
