"""Marks and signs that stand alone: what goes to a word beside them, what is read out, what is not. Pure."""

from __future__ import annotations

import unicodedata
from typing import Final

from dolmetsch_engine.words import SENTENCE_MARKS

_SILENT: Final = frozenset(".,…·•*`'\"")
"""Nobody reads these out when they stand alone."""
_CLOSING: Final = frozenset("".join(SENTENCE_MARKS) + ":;،؛、，：；") - _SILENT
"""Marks that belong to the word before them, also with a space between."""
_OPENING: Final = frozenset("¿¡")
_PICTURES: Final = (
    ("\u2500", "\u27bf"),
    ("\u2b00", "\u2bff"),
    ("\U0001d100", "\U0001d1ff"),
    ("\U0001f000", "\U0001faff"),
)
"""First and last of the blocks with boxes, stars, music signs, faces."""
_NO_SIGNS: Final = frozenset({"Pd", "Pe", "Pf", "Pi", "Ps", "Cc", "Cf", "Co", "Cn", "Mn", "Me", "Zs"})


def opens(text: str, *, first: bool) -> bool:
    """Whether it goes to the word after it. What opens a quotation in English closes one in German."""
    kinds = {"Ps" if char in _OPENING else unicodedata.category(char) for char in text.strip()}
    if kinds <= {"Ps"}:
        return bool(kinds)
    return kinds <= {"Ps", "Pi"} and (first or text[:1].isspace())


def goes_to_the_word_before(text: str) -> bool:
    """Whether it is a space, a mark that closes, or was written without a space, as in C++ or 100%."""
    mark = text.strip()
    if text[:1].isspace() and mark:
        return all(char in _CLOSING or unicodedata.category(char) in {"Pe", "Pf"} for char in mark)
    return not any(_is_picture(char) for char in mark)


def is_read_out(text: str) -> bool:
    """Whether it holds a sign that people read out, as %, €, & or +."""
    return any(
        char not in _SILENT
        and char not in _CLOSING
        and char not in _OPENING
        and unicodedata.category(char) not in _NO_SIGNS
        and not _is_picture(char)
        for char in text.strip()
    )


def _is_picture(char: str) -> bool:
    """Whether it is a music sign, an emoji, or what is left of a broken character."""
    return char == "\ufffd" or any(first <= char <= last for first, last in _PICTURES)
