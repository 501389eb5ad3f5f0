"""Joining a new stream to what an earlier engine wrote: words that were already written are dropped. Pure.

Where the new stream starts in a pause after the last written sentence there is nothing to drop. Where no
pause lay there it starts earlier, and its first words are the written text's last.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Final

from dolmetsch_engine.marks import is_read_out
from dolmetsch_engine.words import UNSPACED, Word, normal, spoken

NEAR: Final = 0.6
"""Seconds by which a word's time may differ between two engines."""
PATIENCE: Final = 2.0
"""Seconds after the written end at which the first words are judged at the latest."""
TAIL: Final = 24
COMPARED: Final = 8
"""Words, or characters, that have to be the same."""


@dataclass(frozen=True)
class Resume:
    """What was written before. Times are seconds of the session."""

    line: int
    """Line of the next sentence."""
    sent: int
    """Index in that line of the next sentence; 0: a new line."""
    tail: str = ""
    """The last written text, a sentence or more."""
    end: float = 0.0
    """Where the last written sentence ended."""
    line_start: float | None = None
    """Where the line of the next sentence began, if it goes on."""


class Joiner:
    """Holds a stream's first words until it is clear which of them were already written."""

    def __init__(self, resume: Resume, start: float, language: str) -> None:
        """`start`: second of the session at which the new stream begins."""
        self._end = resume.end
        self._language = language
        self._tail = _units(_split(resume.tail, language), language)[-TAIL:]
        self._held: list[Word] = []
        self.joined = start >= resume.end or not self._tail
        """Nothing is held any more."""
        self.dropped = 0
        """Words that were already written."""

    def feed(self, words: Sequence[Word], now: float) -> list[Word]:
        """Take committed words; those that are new. `now`: the audio is understood up to here."""
        if self.joined:
            return list(words)
        self._held += words
        over = bool(self._held) and self._held[-1].start > self._end + NEAR
        if not over and now < self._end + PATIENCE:
            return []
        return self.finish()

    def finish(self) -> list[Word]:
        """Judge what is held now, if that is still to be done."""
        if self.joined:
            return []
        self.joined = True
        self.dropped = self._written()
        words, self._held = self._held[self.dropped :], []
        return words

    def _written(self) -> int:
        """How many of the held words are the end of the written text."""
        candidates = [
            count
            for count in range(1, len(self._held) + 1)
            if self._held[count - 1].middle <= self._end + NEAR
        ]
        texts = [normal(word.text) for word in self._held]
        for count in reversed(candidates):
            heard = _units(texts[:count], self._language)[-COMPARED:]
            if heard and heard == self._tail[-len(heard) :]:
                return count
        by_time = sum(1 for word in self._held if word.end <= self._end + NEAR / 4)
        # Another reading of the same words: mostly alike.
        heard = _units(texts[:by_time], self._language)
        if heard and _alike(heard, self._tail[-len(heard) :]) >= 0.5:
            return by_time
        return sum(1 for word in self._held if word.end <= self._end - NEAR)


def _split(text: str, language: str) -> list[str]:
    parts = list(text) if language in UNSPACED else text.split()
    return [normal(part) for part in parts if spoken(part) or is_read_out(part)]


def _units(words: list[str], language: str) -> list[str]:
    """What is compared: words, but characters where the model cuts them between any two."""
    return list("".join(words)) if language in UNSPACED else words


def _alike(one: list[str], other: list[str]) -> float:
    return SequenceMatcher(None, one, other, autojunk=False).ratio()
