"""What is no word is taken out of a pass, all else stays: marks go to their words, loops are cut. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from dolmetsch_engine import marks
from dolmetsch_engine.words import Word, normal, spoken

FASTEST: Final = 45.0
"""Letters a second; fast speakers reach 25."""
FASTEST_WORDS: Final = 7.0
"""Words a second; fast speakers reach 5. A character of a script without spaces counts as half a word."""
MOST_ROUNDS: Final = 12
"""Nobody says a word or two so often in a row."""
MOST_LONG_ROUNDS: Final = 6
"""Nobody says three to six words so often in a row."""
LONGEST_ROUND: Final = 6


def clean(words: Sequence[Word]) -> list[Word]:
    """Take out of a pass what nobody said.

    Music signs, pictures, lone dots, dashes and straight quotes go. A closing mark goes to the word before
    it, an opening one to the word after it, as written: French has a space before " ?". Signs that people
    read out (" %", " €", " &", " +") are words.
    """
    kept: list[Word] = []
    opening = ""
    for word in words:
        if spoken(word.text):
            kept.append(replace(word, text=opening + word.text) if opening else word)
            opening = ""
        elif marks.opens(word.text, first=not kept):
            opening += word.text
        elif kept and marks.goes_to_the_word_before(word.text):
            kept[-1] = replace(kept[-1], text=kept[-1].text + word.text)
        elif marks.is_read_out(word.text):
            kept.append(word)
    return unloop(kept)


def too_fast(words: Sequence[Word]) -> bool:
    """Whether a segment is spoken faster than anybody can: Whisper put invented words into a pause."""
    if len(words) < 3:
        return False
    characters = sum(len(normal(word.text)) for word in words)
    return characters > FASTEST * (words[-1].end - words[0].start)


def unloop(words: Sequence[Word]) -> list[Word]:
    """Keep the first round of a stuck decoder's loop of one to six words; people repeat themselves too.

    A loop is told by its time (faster than anybody speaks, or most of its words without any audio), else by
    its number of rounds.
    """
    kept: list[Word] = []
    at = 0
    while at < len(words):
        length, rounds = _repetition(words, at)
        stop = at + length * rounds
        if rounds > 1 and _is_loop(words[at:stop], length, rounds):
            kept += words[at : at + length]
        elif rounds > 1:
            kept += words[at:stop]
        else:
            kept.append(words[at])
            stop = at + 1
        at = stop
    return kept


def _repetition(words: Sequence[Word], at: int) -> tuple[int, int]:
    """Return the length and the number of rounds of what is repeated from here on; (1, 1): nothing."""
    for length in range(1, LONGEST_ROUND + 1):
        first = [normal(word.text) for word in words[at : at + length]]
        rounds = 1
        while [
            normal(each.text) for each in words[at + rounds * length : at + (rounds + 1) * length]
        ] == first:
            rounds += 1
        if rounds >= (4 if length <= 2 else 3):
            return length, rounds
    return 1, 1


def _is_loop(words: Sequence[Word], length: int, rounds: int) -> bool:
    if rounds >= (MOST_ROUNDS if length <= 2 else MOST_LONG_ROUNDS):
        return True
    # The first round may be real speech: the time is that of the others.
    again = words[length:]
    without_audio = sum(1 for word in again if word.end - word.start < 0.03)
    if 2 * without_audio > len(again):
        return True
    count = sum(1.0 if _begins_apart(word.text) else 0.5 for word in again)
    return count > FASTEST_WORDS * (again[-1].end - again[0].start)


def _begins_apart(text: str) -> bool:
    return text[:1].isspace() or len(normal(text)) > 1
