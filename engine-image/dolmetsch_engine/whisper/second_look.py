"""Whether the second look at a phrase is to be believed: not where it has skipped what was heard. Pure."""

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


def lacks(second: Sequence[Word], agreed: Sequence[Word]) -> bool:
    """Whether the second look has nothing at all in place of several words that quick passes agree on.

    Nothing in their time either: quick passes may have words twice.
    """
    one, other = ([normal(word.text) for word in words] for words in (agreed, second))
    for kind, at, to, here, there in SequenceMatcher(None, one, other, autojunk=False).get_opcodes():
        if kind != "equal" and (to - at) - (there - here) >= STRETCH and _silent(second, agreed[at:to]):
            return True
    return False


def _silent(second: Sequence[Word], stretch: Sequence[Word]) -> bool:
    """Whether the second look hears next to nothing in the time of a stretch."""
    start, end = stretch[0].start, stretch[-1].end
    # Where Whisper has skipped speech, the word before it is stretched over it.
    ends = [min(word.end, word.start + LONGEST) for word in second]
    heard = sum(
        max(0.0, min(to, end) - max(word.start, start)) for word, to in zip(second, ends, strict=True)
    )
    return heard <= EMPTY * (end - start)
