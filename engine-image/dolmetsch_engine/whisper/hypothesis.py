"""What readers see of a phrase while it is spoken: above all, what two passes over it agree on. Pure.

LocalAgreement with four differences from WhisperLiveKit's: words are compared without case and punctuation;
what is already agreed on is found again by its text and time together, not by time alone; a later pass may
still correct its punctuation; and what is still being spoken, such as a number, is not shown.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from dolmetsch_engine.words import Word, normal

REACH: Final = 1.2
"""Seconds by which the end of one word may differ between two passes."""
FIXED: Final = 0.5
"""Seconds by which the start of a word inside a phrase may differ."""
FEW: Final = 2
"""Words alike that may be others of the same name: an "el" is not the one three words before."""
MEMORY: Final = 12
"""Agreed words that are looked for again in a new pass."""
UNFINISHED: Final = 0.22
"""Seconds before the end of the audio in which a word may be cut off."""
LOOSE: Final = 2
"""Words beyond the agreed ones that are shown: each takes the others along when it changes."""
OTHERWISE: Final = 2
"""Words that each pass may read otherwise between words on which they agree."""
GOES_ON: Final = 2
"""Words after them that have to be the same."""
SHRUNK: Final = 1.0
"""Seconds by which a pass ends before the last one from which on it counts as failed."""
CONFIDENT: Final = 0.95


class Hypothesis:
    """Agreed words of the present audio buffer, and what the last pass has after them.

    Times are seconds of the stream.
    """

    def __init__(self, start: float = 0.0, *, confident: bool = False) -> None:
        self._confident = confident
        self.known: list[Word] = []
        """Words that two passes agree on."""
        self.rest: list[Word] = []
        """The last pass beyond those."""
        self._spoken_out = 0
        """How many words of the rest are complete."""
        self._start = self._heard_to = start
        self.upto = start
        """End of the last agreed word, or where the audio began."""

    @property
    def shown(self) -> list[Word]:
        """What readers see of the phrase so far: not what is still being spoken."""
        return [*self.known, *self.rest[: self._shown_of_rest]]

    @property
    def _shown_of_rest(self) -> int:
        count = min(self._spoken_out, LOOSE)
        while 0 < count < len(self.rest) and _number(self.rest[count - 1]) and _number(self.rest[count]):
            count -= 1
        return count

    @property
    def hidden_from(self) -> float:
        """Second at which words begin that are not shown yet; infinity: all are."""
        hidden = self.rest[self._shown_of_rest :]
        return hidden[0].start if hidden else math.inf

    def passed(self, words: Sequence[Word], end: float = math.inf) -> list[Word]:
        """Take one pass over the buffer, whose audio ends at `end`; the words that it agrees on."""
        heard_to = words[-1].end if words else self._start
        shrunk = bool(self.rest) and heard_to < self._heard_to - SHRUNK
        self._heard_to = heard_to
        if shrunk:
            # The model ended early while somebody spoke on: what it heard before stays, this once.
            return []
        new = list(words[self._align(words) :])
        complete = _complete(new, end)
        agreed, count = self._agreed(new[:complete])
        self.rest = new[count:]
        self._spoken_out = complete - count
        if agreed:
            self.known = [*self.known, *agreed]
            self.upto = agreed[-1].end
        return agreed

    def _agreed(self, new: Sequence[Word]) -> tuple[list[Word], int]:
        """Return the words that are agreed on from now on, and how many words of this pass they stand for.

        A word or two that every pass reads otherwise, such as a name, does not keep what follows from being
        agreed on: it stays as it was shown first, until the second look.
        """
        agreed: list[Word] = []
        before = self.rest[: self._spoken_out]
        old = at = 0
        while at < len(new):
            same = old < len(self.rest) and normal(self.rest[old].text) == normal(new[at].text)
            if same or self._sure(new[at]):
                agreed.append(new[at])
                old, at = old + 1, at + 1
            elif skipped := _read_otherwise(before[old:], new[at:]):
                agreed += before[old : old + skipped[0]]
                old, at = old + skipped[0], at + skipped[1]
            else:
                break
        return agreed, at

    def _sure(self, word: Word) -> bool:
        return self._confident and word.probability is not None and word.probability > CONFIDENT

    def before(self, second: float) -> list[Word]:
        """Return what was heard before this second, agreed on or not."""
        return [word for word in (*self.known, *self.rest) if word.middle < second]

    def agreed_before(self, second: float) -> list[Word]:
        """Return what two passes agree on before this second."""
        return [word for word in self.known if word.middle < second]

    def forget(self, before: float) -> None:
        """Drop what lies before this second: its audio is done with."""
        self.known = [word for word in self.known if word.middle >= before]
        kept = [word.middle >= before for word in self.rest]
        self._spoken_out = sum(kept[: self._spoken_out])
        self.rest = [word for word, stays in zip(self.rest, kept, strict=True) if stays]
        self.upto = max(self.upto, before) if not self.known else self.known[-1].end

    def _align(self, words: Sequence[Word]) -> int:
        """Index of the first word of this pass that is not agreed on yet."""
        known = self.known[-MEMORY:]
        best, best_run, best_distance = None, 0, 0.0
        for end in range(len(words), 0, -1):
            run = _common_tail(known, words[:end])
            distance = abs(words[end - 1].end - self.upto)
            # A last word may be stretched over a pause: then the first of several must be where it was.
            if run > 1 and distance > REACH and abs(words[end - run].start - known[-run].start) <= FIXED:
                distance = REACH
            if distance > REACH or (run <= FEW and self._against_time(words, end, run)):
                continue
            if run > best_run or (run and run == best_run and distance < best_distance):
                best, best_run, best_distance = end, run, distance
        if best is not None:
            # The newest pass knows best what marks they have.
            for back in range(1, best_run + 1):
                self.known[-back] = replace(self.known[-back], text=words[best - back].text)
            return best
        # Nothing found again: by time alone.
        return next((at for at, word in enumerate(words) if word.middle > self.upto), len(words))

    def _against_time(self, words: Sequence[Word], end: int, run: int) -> bool:
        """Whether several words would come twice, or be left out, if the agreed words ended at `end`."""
        again = sum(word.middle < self.upto for word in words[end:])
        left_out = sum(word.middle > self.upto for word in words[: end - run])
        return again + left_out > 1


def _complete(words: Sequence[Word], end: float) -> int:
    """How many words are not still being spoken, as the last word may be, and a number that may go on.

    "19" becomes "1974" when the speaker has come to its end.
    """
    count = len(words)
    while count and words[count - 1].end > end - UNFINISHED:
        count -= 1
    if count == len(words) or _number(words[count]):
        while count and _number(words[count - 1]):
            count -= 1
    return count


def _number(word: Word) -> bool:
    return any(char.isdigit() for char in word.text)


def _read_otherwise(before: Sequence[Word], new: Sequence[Word]) -> tuple[int, int] | None:
    """How many words of either pass differ before both go on in the same way; None: they don't."""
    for length in range(2, 2 * OTHERWISE + 1):
        for old in range(max(1, length - OTHERWISE), min(OTHERWISE, length - 1) + 1):
            at = length - old
            same = [normal(word.text) for word in before[old : old + GOES_ON]]
            if len(same) == GOES_ON and same == [normal(word.text) for word in new[at : at + GOES_ON]]:
                return old, at
    return None


def _common_tail(known: Sequence[Word], words: Sequence[Word]) -> int:
    run = 0
    while run < min(len(known), len(words)) and normal(known[-1 - run].text) == normal(words[-1 - run].text):
        run += 1
    return run
