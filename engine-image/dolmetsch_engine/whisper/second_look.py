"""What stays of a phrase: no second look that has skipped what was heard, no words after its end. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import SequenceMatcher
from typing import Final

from dolmetsch_engine.words import Word, normal

STRETCH: Final = 3
"""Words in a row that the second look must not lack."""
LONGEST: Final = 0.6
"""Seconds of a word, as far as it says that something was heard."""
EMPTY: Final = 0.3
"""Share of their time in which it may have other words, to lack them all the same."""
SURER: Final = 0.1
"""By how much the mean probability of words has to be higher."""
TRAILING: Final = 0.3
"""Seconds after the end of speech in which a word may still begin; later ones are invented."""
LATE: Final = 0.8
"""The same for a word that another pass has read too."""
SAME: Final = 1.2
"""Seconds by which two passes may place a word differently."""


def lacks(second: Sequence[Word], quick: Sequence[Word]) -> bool:
    """Whether the second look has nothing at all in place of several words that quick passes have heard.

    Nothing in their time either: quick passes may have words twice.
    """
    one, other = ([normal(word.text) for word in words] for words in (quick, second))
    for kind, at, to, here, there in SequenceMatcher(None, one, other, autojunk=False).get_opcodes():
        if kind != "equal" and (to - at) - (there - here) >= STRETCH and _silent(second, quick[at:to]):
            return True
    return False


def _silent(second: Sequence[Word], stretch: Sequence[Word]) -> bool:
    """Whether the second look hears next to nothing in the time of a stretch."""
    # Words that quick passes have twice are not in the order of time.
    start, end = min(word.start for word in stretch), max(word.end for word in stretch)
    # Where Whisper has skipped speech, the word before it is stretched over it.
    ends = [min(word.end, word.start + LONGEST) for word in second]
    heard = sum(
        max(0.0, min(to, end) - max(word.start, start)) for word, to in zip(second, ends, strict=True)
    )
    return heard <= EMPTY * (end - start)


def surer(quick: Sequence[Word], second: Sequence[Word]) -> bool:
    """Whether quick passes are so much surer of their words that these are to be believed.

    In a phrase of a second or two, Whisper's window of 30 s is nearly all padding. Where one of them has no
    words, or none whose probability is known, this decides nothing.
    """
    one, other = _sureness(quick), _sureness(second)
    return one is not None and other is not None and one > other + SURER


def _sureness(words: Sequence[Word]) -> float | None:
    known = [word.probability for word in words if word.probability is not None]
    return sum(known) / len(known) if known else None


def without_afterthoughts(words: Sequence[Word], twice: Sequence[Word], speech_end: float) -> list[Word]:
    """Drop last words that begin when nobody spoke any more.

    `twice`: words of other passes. A last word that one of them has too was spoken, and is placed late; but
    no pass is believed that hears a word long after the end.
    """
    kept = list(words)
    while kept and _too_late(kept[-1], twice, speech_end):
        kept.pop()
    return kept


def _too_late(word: Word, twice: Sequence[Word], speech_end: float) -> bool:
    same = (other for other in twice if normal(other.text) == normal(word.text))
    confirmed = any(abs(other.middle - word.middle) <= SAME for other in same)
    return word.start >= speech_end + (LATE if confirmed else TRAILING)
