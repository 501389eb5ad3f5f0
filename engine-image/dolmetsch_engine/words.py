"""Words as the engine knows them, and how they are compared and joined. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Final

UNSPACED: Final = frozenset({"zh", "yue", "ja", "th", "lo", "my", "km", "bo"})
"""Languages written without spaces between words; Whisper's words are single characters there."""
_SPACES: Final = re.compile(" {2,}")
_OPTIONAL: Final = re.compile("[\u0307\u0591-\u05c7\u0610-\u061a\u0640\u064b-\u065f\u0670\u06d6-\u06ed]")
"""Vowel points of Hebrew and Arabic, the Arabic stretching sign, the dot of a Turkish İ in lower case."""
_PRESENTATION: Final = re.compile("[\u20d0-\u20ff\ufe00-\ufe0f\U000e0100-\U000e01ef]")
"""How the sign before it is drawn, as in colour or in a circle: nothing that is said."""
_UNSPACED_SIGN: Final = re.compile(
    "[\u0e00-\u0eff\u0f00-\u0fff\u1000-\u109f\u1780-\u17ff\u3000-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uff00-\uffef"
    "\U00020000-\U0003ffff]"
)
"""Signs and marks of those languages, also where they are quoted in another one."""
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


@lru_cache(maxsize=4096)
def normal(text: str) -> str:
    """Return what two readings of one sound have in common: letters and digits, of a sign the sign itself.

    Without case and punctuation; digits of all scripts are the same, and so are letters with and without the
    vowel points that Arabic and Hebrew leave out at will.
    """
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    letters = "".join(_plain(char) for char in folded if _spoken(char))
    return letters or "".join(folded.split())


def spoken(text: str) -> bool:
    """Whether there is anything to say in it: a letter, a vowel sign or a digit of any script."""
    return any(_spoken(char) for char in text)


def closes_sentence(text: str) -> bool:
    """Whether the word ends with a sentence's closing mark, in any script."""
    while text and (text[-1] in "\"' " or unicodedata.category(text[-1]) in {"Pe", "Pf", "Pi"}):
        text = text[:-1]
    return text.endswith(SENTENCE_MARKS)


def join(words: Iterable[Word], language: str) -> str:
    """Write words one after the other, with spaces where the language has them."""
    parts: list[str] = []
    for word in words:
        text = word.text
        if parts and language not in UNSPACED and text[:1].isalnum() and not _goes_on(parts[-1], text):
            text = " " + text
        parts.append(text)
    return _SPACES.sub(" ", "".join(parts)).strip()


def _goes_on(before: str, text: str) -> bool:
    """Whether both are of a language without spaces; digits belong to the signs beside them there."""
    signs = [bool(_UNSPACED_SIGN.match(char)) for char in (before[-1:], text[:1])]
    digits = [char.isdigit() for char in (before[-1:], text[:1])]
    return any(signs) and all(sign or digit for sign, digit in zip(signs, digits, strict=True))


def _spoken(char: str) -> bool:
    return unicodedata.category(char)[0] in "LMN" and not _PRESENTATION.match(char)


def _plain(char: str) -> str:
    if _OPTIONAL.match(char):
        return ""
    digit = unicodedata.digit(char, None)
    return char if digit is None else str(digit)
