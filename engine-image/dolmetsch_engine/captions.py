"""From what was heard to what is shown: joined, cut into sentences, with the committed position. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dolmetsch_engine.pauses import RATE, PauseLike, heed_pauses
from dolmetsch_engine.positions import Positions
from dolmetsch_engine.seam import Joiner, Resume
from dolmetsch_engine.segmenter import Segmenter, Sentence
from dolmetsch_engine.whisper.heard import Heard
from dolmetsch_engine.words import Word


@dataclass(frozen=True)
class Update:
    """What changed since the last one. Times are seconds of the session."""

    sentences: tuple[Sentence, ...]
    """Newly finished; append-only."""
    rest: str
    """The unfinished text after the last sentence."""
    rest_start: float | None
    """Where that begins."""
    committed: int
    """Sample of the session from which another engine could go on; monotonic."""
    delay: float
    """Seconds of audio that are not understood yet."""
    at: float = 0.0
    """Unix time at which WhisperLiveKit gave the result."""
    sounds_like: str = ""
    """The language that is spoken in place of the one that was chosen; "": no reason to think so."""


@dataclass(frozen=True)
class Silence:
    """A pause that lasts: nothing is pending, nobody speaks. Samples of the stream."""

    since: int
    now: int


class Captions:
    """One stream's captions. Stream samples and seconds come in, session samples and seconds go out."""

    def __init__(
        self, language: str, offset: int = 0, resume: Resume | None = None, *, every_commit: bool = False
    ) -> None:
        """`offset`: sample of the session at which the stream's first sample lies; see Segmenter."""
        self._offset = offset
        self._shift = offset / RATE
        before = resume or Resume(line=0, sent=0, end=self._shift)
        self._joiner = Joiner(before, self._shift, language)
        self._segmenter = Segmenter(
            language,
            first_line=before.line,
            first_sentence=before.sent,
            previous_end=resume.end if resume else None,
            line_start=before.line_start,
            every_commit=every_commit,
        )
        self._positions = Positions()
        self._last: Word | None = None
        self._sounds_like = ""
        self._shown: tuple[str, int, str] = ("", offset, "")

    @property
    def committed(self) -> int:
        """The committed position, in samples of the session."""
        return self._offset + self._positions.cut

    def hear(self, heard: Heard, pauses: Sequence[PauseLike], delay: float) -> Update | None:
        """Take one step's result; what changed by it, if anything."""
        now = heard.upto + self._shift
        self._sounds_like = heard.sounds_like
        fresh = heed_pauses(heard.words, heard.hypothesis, pauses, self._last, heard.settled)
        self._last = fresh[-1] if fresh else self._last
        self._positions.words(word.middle for word in fresh)
        words = self._joiner.feed([word.moved(self._shift) for word in fresh], now)
        hypothesis = [word.moved(self._shift) for word in heard.hypothesis] if self._joiner.joined else []
        sentences = self._segmenter.feed(words, hypothesis, now)
        if heard.wordless:
            self._positions.wordless(round(heard.upto * RATE), self._written)
        self._positions.pauses(pauses, self._written, heard.settled)
        return self._update(sentences, delay)

    def wait(self, silence: Silence, delay: float) -> Update | None:
        """Time passes in a pause; what changed by it, if anything."""
        now = silence.now / RATE + self._shift
        sentences = self._segmenter.feed(self._joiner.feed((), now), (), now)
        self._positions.quiet(silence.since, silence.now, self._written)
        return self._update(sentences, delay)

    def finish(self, end: int) -> Update | None:
        """End of the stream at this sample of it: everything is written."""
        now = end / RATE + self._shift
        sentences = self._segmenter.feed(self._joiner.finish(), (), now)
        sentences += self._segmenter.finish()
        self._positions.wordless(end, self._written)
        return self._update(sentences, 0.0)

    @property
    def _written(self) -> int:
        return self._joiner.dropped + self._segmenter.written

    def _update(self, sentences: list[Sentence], delay: float) -> Update | None:
        rest = self._segmenter.rest
        shown = (rest, self.committed, self._sounds_like)
        if not sentences and shown == self._shown:
            return None
        self._shown = shown
        return Update(
            tuple(sentences),
            rest,
            self._segmenter.rest_start,
            self.committed,
            delay,
            sounds_like=self._sounds_like,
        )
