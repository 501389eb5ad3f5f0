"""Words as the engine knows them, and how they are compared and joined. Pure."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final

UNSPACED: Final = frozenset({"zh", "yue", "ja", "th", "lo", "my", "km", "bo"})
"""Languages written without spaces between words; Whisper's words are single characters there."""
SENTENCE_MARKS: Final = (".", "!", "?", "…", "。", "！", "？", "।", "॥", "؟", "۔", "።", "။", "។")


@dataclass(frozen=True)
class Word:
    """A word with its punctuation. Times are seconds of the audio stream."""

    text: str
    """As Whisper gives it: with its leading space where the language has one."""
    start: float
    end: float
    probability: float | None = None

    @property
    def middle(self) -> float:
        """Halfway between start and end: the least jittery of a word's times."""
        return (self.start + self.end) / 2

    def moved(self, seconds: float) -> Word:
        """Return the same word that much later."""
        return replace(self, start=self.start + seconds, end=self.end + seconds)


def normal(text: str) -> str:
    """Return the word without case and punctuation: two readings of one sound compare equal."""
    return "".join(char for char in text.casefold() if _spoken(char))


def spoken(text: str) -> bool:
    """Whether there is anything to say in it: a letter, a vowel sign or a digit of any script."""
    return any(_spoken(char) for char in text)


def closes_sentence(text: str) -> bool:
    """Whether the word ends with a sentence's closing mark, in any script."""
    return text.rstrip("\"'»”’)]」』 ").endswith(SENTENCE_MARKS)


def join(words: Iterable[Word], language: str) -> str:
    """Write words one after the other, with spaces where the language has them."""
    parts: list[str] = []
    for word in words:
        text = word.text
        if parts and language not in UNSPACED and text[:1].isalnum():
            text = " " + text
        parts.append(text)
    return "".join(parts).strip()


def _spoken(char: str) -> bool:
    return unicodedata.category(char)[0] in "LMN"
