"""Where a phrase ends: the audio up to there is decoded once more, alone, and is then done with. Pure.

Audio is cut in silence that the voice activity detector has heard, or between two words that two passes agree
on, never beside a word that one pass alone has seen: what a pass has skipped looks like a gap.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from dolmetsch_engine.pauses import RATE, PauseLike
from dolmetsch_engine.positions import inside
from dolmetsch_engine.words import Word, closes_sentence

BREATH: Final = 0.25
"""Seconds of a pause that a phrase may end in."""
NEAR: Final = 0.5
"""Seconds by which Whisper may misplace the word before a pause."""


@dataclass(frozen=True)
class Limits:
    """Seconds of audio after which a phrase may end."""

    sentence: float
    """In a pause after a sentence."""
    unpaused: float
    """After a sentence that no pause follows."""
    full: float
    """In any pause."""
    overfull: float
    """Between any two agreed words."""
    at_sentences: bool
    """Below `overfull`, at sentence ends alone."""


def phrase_end(
    known: Sequence[Word], pauses: Sequence[PauseLike], start: float, end: float, limits: Limits
) -> float | None:
    """Return the second at which the phrase that begins at `start` ends, None: it goes on.

    `known`: words of the phrase that two passes agree on. `pauses`: of the stream, a last one that lasts
    included. `end`: up to where the audio was seen.
    """
    seconds = end - start
    if seconds < limits.sentence:
        return None
    least = start + limits.sentence / 2
    cuts = [cut for pause in pauses if (cut := _cut(pause, end)) is not None and cut >= least]
    ends = [each.end for each in known if closes_sentence(each.text)]
    for cut in reversed(cuts):
        if cut - start >= limits.sentence and any(abs(cut - each) < NEAR for each in ends):
            return cut
    gaps = [(after.start - word.end, (word.end + after.start) / 2, word) for word, after in pairwise(known)]
    gaps = [gap for gap in gaps if gap[1] >= least]
    for _, middle, word in reversed(gaps):
        if closes_sentence(word.text) and middle - start >= limits.unpaused:
            return middle
    if seconds < limits.full:
        return None
    if cuts and not limits.at_sentences:
        longest = [cut for cut in cuts if cut - start >= limits.full / 2]
        if longest:
            return longest[-1]
    for _, middle, word in reversed(gaps):
        if closes_sentence(word.text):
            return middle
    if seconds < limits.overfull:
        return None
    if cuts:
        return cuts[-1]
    late = [gap for gap in gaps if gap[1] - start >= limits.overfull / 2] or gaps
    return max(late, key=lambda gap: gap[:2])[1] if late else None


def _cut(pause: PauseLike, end: float) -> float | None:
    """Where to cut within a pause, None where it is too short, or not seen yet."""
    if pause.end - pause.start < BREATH * RATE:
        return None
    cut = inside(pause.start, pause.end) / RATE
    return cut if cut <= end else None
