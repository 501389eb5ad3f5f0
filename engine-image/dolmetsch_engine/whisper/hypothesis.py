"""Which words are certain: those on which two passes over the growing audio agree. Pure.

LocalAgreement with three differences from WhisperLiveKit's: words are compared without case and punctuation;
what is already committed is found again by its text and time together, not by time alone; and a later pass
may still correct the punctuation of what was committed before.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from dolmetsch_engine.words import Word, normal

REACH: Final = 1.2
"""Seconds by which the end of one word may differ between two passes."""
FIXED: Final = 0.5
"""Seconds by which the start of a word inside a phrase may differ."""
MEMORY: Final = 12
"""Committed words that are looked for again in a new pass."""
CONFIDENT: Final = 0.95


class Hypothesis:
    """Committed words of the present audio buffer, and the uncommitted rest of the last pass.

    Times are seconds of the stream.
    """

    def __init__(self, start: float = 0.0, *, confident: bool = False) -> None:
        self._confident = confident
        self.known: list[Word] = []
        """Committed words whose audio is still in the buffer."""
        self.rest: list[Word] = []
        """The last pass beyond the committed words."""
        self.reread: tuple[Word, ...] = ()
        """The last committed words as the last pass reads them: same words, perhaps other punctuation."""
        self.upto = start
        """End of the last committed word, or where the audio began."""

    def passed(self, words: Sequence[Word]) -> list[Word]:
        """Take one pass over the buffer; the words that are committed by it."""
        begin = self._align(words)
        new = list(words[begin:])
        committed: list[Word] = []
        for position, word in enumerate(new):
            agreed = position < len(self.rest) and normal(self.rest[position].text) == normal(word.text)
            sure = self._confident and word.probability is not None and word.probability > CONFIDENT
            if not (agreed or sure):
                break
            committed.append(word)
        self.rest = new[len(committed) :]
        self._commit(committed)
        return committed

    def settle(self, before: float | None = None) -> list[Word]:
        """Commit the rest as it stands: a pause has begun, or the stream has ended.

        Words that begin after `before` are dropped: nobody spoke any more.
        """
        committed = [word for word in self.rest if before is None or word.start < before]
        self.rest = []
        self._commit(committed)
        return committed

    def give_up(self, before: float) -> list[Word]:
        """Commit those words of the rest that end before this, though no two passes agreed on them."""
        count = next((at for at, word in enumerate(self.rest) if word.end > before), len(self.rest))
        committed, self.rest = self.rest[:count], self.rest[count:]
        self._commit(committed)
        return committed

    def forget(self, before: float) -> None:
        """Drop committed words that end before this: their audio was cut away."""
        self.known = [word for word in self.known if word.end > before]

    def _commit(self, words: list[Word]) -> None:
        if words:
            self.known = [*self.known, *words]
            self.upto = words[-1].end

    def _align(self, words: Sequence[Word]) -> int:
        """Index of the first word of this pass that is not committed yet."""
        self.reread = ()
        known = self.known[-MEMORY:]
        best, best_run, best_distance = None, 0, 0.0
        for end in range(len(words), 0, -1):
            run = _common_tail(known, words[:end])
            distance = abs(words[end - 1].end - self.upto)
            # A last word may be stretched over a pause: then the first of several must be where it was.
            if run > 1 and distance > REACH and abs(words[end - run].start - known[-run].start) <= FIXED:
                distance = REACH
            if distance > REACH:
                continue
            if run > best_run or (run and run == best_run and distance < best_distance):
                best, best_run, best_distance = end, run, distance
        if best is not None:
            self.reread = tuple(words[best - best_run : best])
            return best
        # Nothing found again: by time alone.
        return next((at for at, word in enumerate(words) if word.middle > self.upto), len(words))


def _common_tail(known: Sequence[Word], words: Sequence[Word]) -> int:
    run = 0
    while run < min(len(known), len(words)) and normal(known[-1 - run].text) == normal(words[-1 - run].text):
        run += 1
    return run
