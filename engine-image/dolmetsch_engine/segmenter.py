"""Words become sentences and lines: append-only, numbered without gaps. Pure.

A sentence ends at a sentence boundary once a word, certain or not, or 0.7 s of silence follows; at a pause of
2 s; else at the best clause break after 20 s or 200 characters. A line ends at a pause of 2 s or with the
first sentence that ends 30 s after its start.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import sentencex

from dolmetsch_engine.words import UNSPACED, Word, join

SILENCE: Final = 0.7
PAUSE: Final = 2.0
LONGEST: Final = 20.0
MOST_CHARACTERS: Final = 200
LINE: Final = 30.0
_CLAUSE_MARKS: Final = (",", ";", ":", " –", " —", "،", "、", "，", "；", "：")

# A compiled module without type information.
_split: Callable[[str, str], list[str]] = sentencex.segment  # type: ignore[attr-defined]


@dataclass(frozen=True)
class Sentence:
    """A finished sentence of a line. Times are seconds of the session."""

    line: int
    sent: int
    start: float
    end: float
    text: str


class Segmenter:
    """Takes committed words in order and gives finished sentences, each once."""

    def __init__(
        self,
        language: str,
        *,
        first_line: int = 0,
        first_sentence: int = 0,
        previous_end: float | None = None,
        line_start: float | None = None,
        every_commit: bool = False,
    ) -> None:
        """`every_commit`: what is committed together ends a sentence, whatever its marks."""
        self._language = language
        self._line = first_line
        self._sent = first_sentence
        self._previous_end = previous_end
        self._line_start = line_start if line_start is not None or not first_sentence else previous_end
        self._line_full = False
        self._every_commit = every_commit
        self._pending: list[Word] = []
        self._hypothesis: tuple[Word, ...] = ()
        self.written = 0
        """Words in finished sentences."""

    @property
    def rest(self) -> str:
        """The unfinished text after the last sentence: committed words, then what is not certain yet."""
        return join([*self._pending, *self._hypothesis], self._language)

    @property
    def rest_start(self) -> float | None:
        """Where the unfinished text begins, in seconds of the session."""
        return next((word.start for word in (*self._pending, *self._hypothesis)), None)

    def feed(
        self,
        words: Sequence[Word],
        hypothesis: Sequence[Word],
        now: float,
    ) -> list[Sentence]:
        """Take newly committed words and the uncertain rest; audio is understood up to `now`."""
        self._hypothesis = tuple(hypothesis)
        finished: list[Sentence] = []
        for word in words:
            if self._pending and word.start - self._pending[-1].end >= PAUSE:
                finished.append(self._finish(len(self._pending)))
            self._pending.append(word)
        while self._pending:
            count = self._complete(now)
            if count is None:
                break
            finished.append(self._finish(count))
        if words and self._pending and self._every_commit:
            finished.append(self._finish(len(self._pending)))
        return finished

    def finish(self) -> list[Sentence]:
        """End of the stream: what is committed becomes the last sentence."""
        self._hypothesis = ()
        return self.feed((), (), math.inf)

    def _complete(self, now: float) -> int | None:
        """How many pending words are a complete sentence; None: not yet."""
        pending = self._pending
        for count in self._boundaries():
            if count < len(pending) or self._hypothesis or now - pending[-1].end >= SILENCE:
                return count
        following = self._hypothesis[0].start if self._hypothesis else now
        if following - pending[-1].end >= PAUSE:
            return len(pending)
        if (
            pending[-1].end - pending[0].start > LONGEST
            or len(join(pending, self._language)) > MOST_CHARACTERS
        ):
            return self._clause()
        return None

    def _boundaries(self) -> list[int]:
        """Numbers of pending words after which a sentence ends."""
        spans: dict[int, int] = {}
        for count in range(1, len(self._pending) + 1):
            spans[len(join(self._pending[:count], self._language))] = count
        rest = self.rest
        # What follows decides whether a mark ends a sentence; where nothing does yet, any word would.
        text = rest if self._hypothesis else rest + ("" if self._language in UNSPACED else " ") + "X"
        return [spans[end] for end in sentence_ends(text, self._language) if end in spans]

    def _clause(self) -> int:
        """Return the best place to break a sentence that is too long: a clause mark, else the widest gap."""
        pending = self._pending
        for count in range(len(pending) - 1, len(pending) // 3, -1):
            if pending[count - 1].text.endswith(_CLAUSE_MARKS):
                return count
        gaps = [(after.start - word.end, at) for at, (word, after) in enumerate(pairwise(pending), 1)]
        late = [gap for gap in gaps if gap[1] > len(pending) // 3]
        return max(late)[1] if late else len(pending)

    def _finish(self, count: int) -> Sentence:
        words, self._pending = self._pending[:count], self._pending[count:]
        self.written += count
        floor = self._previous_end
        start = words[0].start if floor is None else max(words[0].start, floor)
        if self._sent and (self._line_full or (floor is not None and start - floor >= PAUSE)):
            self._line, self._sent = self._line + 1, 0
        if not self._sent or self._line_start is None:
            self._line_start = start
        sentence = Sentence(
            self._line, self._sent, start, max(start, words[-1].end), join(words, self._language)
        )
        self._previous_end = sentence.end
        self._line_full = sentence.end - self._line_start >= LINE
        self._sent += 1
        return sentence


def sentence_ends(text: str, language: str) -> list[int]:
    """Offsets at which a sentence of the text ends, without the spaces after it; not the end of the text.

    sentencex knows the rules of many languages and falls back to a general one for others. A mark before a
    lower-case word is Whisper's, not the speaker's: no boundary.
    """
    ends: list[int] = []
    at = 0
    for part in _split(language, text):
        at += len(part)
        end = at - len(part) + len(part.rstrip())
        following = re.search(r"\w", text[at:])
        if following and not following.group().islower():
            ends.append(end)
    return ends
