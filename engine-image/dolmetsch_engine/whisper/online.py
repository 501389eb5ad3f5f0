"""WhisperLiveKit's online processor with our rules: agreement, commits at pauses, trimming, real pauses."""

from __future__ import annotations

import logging
import time
from collections import deque
from dataclasses import dataclass
from typing import Any, Final

from dolmetsch_engine.settings import EngineSettings
from dolmetsch_engine.whisper.asr import SAMPLE_RATE, Samples, StreamAsr
from dolmetsch_engine.whisper.heard import Heard
from dolmetsch_engine.whisper.hypothesis import Hypothesis
from dolmetsch_engine.whisper.quiet import quiet_import
from dolmetsch_engine.words import Word, closes_sentence

with quiet_import():
    from whisperlivekit.local_agreement.online_asr import OnlineASRProcessor
    from whisperlivekit.timed_objects import Transcript

logger = logging.getLogger(__name__)

LONG_PAUSE: Final = 5.0
"""Seconds from which a pause is not transcribed: the buffer starts anew after it."""
LEAD_IN: Final = 0.3
"""Seconds of real audio before the detector's start of speech; without them a first word is lost."""
SHORTEST_CUT: Final = 1.5
"""Seconds that a trim takes away at least."""
PHRASE_GAP: Final = 0.15
"""Seconds between two words that make a boundary to trim at."""
TRAILING: Final = 0.3
"""Seconds after the end of speech in which a word may still begin; later ones are invented."""
OVERFULL: Final = 1.5
"""Times `trim` after which the buffer is cut in mid-phrase, for want of a boundary."""
UNDECIDED: Final = 1.5
"""Seconds at the end of a buffer whose words may still change, when nothing was agreed on for too long."""


@dataclass(frozen=True)
class PauseAudio:
    """A pause that ended: its length in samples, and the audio to go on with."""

    samples: int
    audio: Samples


class Online(OnlineASRProcessor):
    """One stream's audio buffer and words. WhisperLiveKit calls it from one thread at a time."""

    def __init__(self, asr: StreamAsr, settings: EngineSettings) -> None:
        self._settings = settings
        self._at = 0
        self._seen = 0
        self.heard: deque[Heard] = deque()
        """Filled here, emptied by the processor's formatter."""
        self.pauses: deque[PauseAudio] = deque()
        """Filled by the processor before it queues the end of a pause."""
        self.speech_ends: deque[int | None] = deque()
        """Sample at which the speech before a pause ended, filled before its start is queued."""
        self.settled = True
        """Nothing was inserted since everything was committed."""
        self.failed_passes = 0
        """Failed passes in a row."""
        self.passes = 0
        self.pass_started: float | None = None
        """Monotonic time at which the running pass began."""
        super().__init__(asr)  # type: ignore[no-untyped-call]

    def init(self, offset: float | None = None) -> None:
        """Start a new buffer at `offset` seconds of the stream."""
        super().init(offset=offset)
        self._at = self._seen = round(self.buffer_time_offset * SAMPLE_RATE)
        self.time_of_last_asr_output = self.buffer_time_offset
        self.hypothesis = Hypothesis(self.buffer_time_offset, confident=self._settings.confidence_validation)

    @property
    def end_sample(self) -> int:
        """Sample of the stream up to which audio was inserted."""
        return self._at + len(self.audio_buffer)

    @property
    def understood(self) -> float:
        """Seconds of the stream that the last pass has seen."""
        return self._seen / SAMPLE_RATE

    def get_audio_buffer_end_time(self) -> float:
        """Return the end of the buffer in seconds of the stream."""
        return self.end_sample / SAMPLE_RATE

    def get_buffer(self) -> Any:
        """Return the uncommitted rest in WhisperLiveKit's form."""
        rest = self.hypothesis.rest
        if not rest:
            return Transcript(None, None, "")
        return Transcript(rest[0].start, rest[-1].end, "".join(word.text for word in rest))

    def insert_audio_chunk(self, audio: Samples, audio_stream_end_time: float | None = None) -> None:
        """Append audio that follows what is there."""
        self.settled = False
        super().insert_audio_chunk(audio, audio_stream_end_time)

    def process_iter(self) -> tuple[list[Word], float]:  # type: ignore[override]
        """Run one pass over the buffer; newly committed words, and up to where the audio was looked at."""
        committed = self._pass()
        self._tell(committed)
        return committed, self.get_audio_buffer_end_time()

    def start_silence(self) -> tuple[list[Word], float]:
        """Commit everything: one pass if audio came since the last, then the rest as it stands."""
        committed = self._pass() if self.end_sample > self._seen else []
        speech_end = self.speech_ends.popleft() if self.speech_ends else None
        committed += self.hypothesis.settle(
            None if speech_end is None else speech_end / SAMPLE_RATE + TRAILING
        )
        if committed:
            self.committed = committed  # type: ignore[assignment]
        self.time_of_last_asr_output = self.get_audio_buffer_end_time()
        self.settled = True
        self._tell(committed, settled_to=self.end_sample)
        return committed, self.get_audio_buffer_end_time()

    def end_silence(self, silence_duration: float | None, offset: float) -> None:
        """Go on after a pause: with its real audio, or after a long one in a new buffer."""
        pause = self.pauses.popleft()
        if pause.samples < LONG_PAUSE * SAMPLE_RATE:
            self.insert_audio_chunk(pause.audio)
        else:
            self.init(offset=(self.end_sample + pause.samples - len(pause.audio)) / SAMPLE_RATE)
            self.insert_audio_chunk(pause.audio)
        self.global_time_offset += pause.samples / SAMPLE_RATE

    def finish(self) -> tuple[list[Word], float]:  # type: ignore[override]
        """Commit what is left at the end of the stream."""
        return self.start_silence()

    def chunk_at(self, time: float) -> None:
        """Cut the buffer at this second of the stream, exactly to the sample."""
        samples = min(max(round(time * SAMPLE_RATE) - self._at, 0), len(self.audio_buffer))
        self.audio_buffer = self.audio_buffer[samples:]
        self._at += samples
        self.buffer_time_offset = self._at / SAMPLE_RATE
        self.hypothesis.forget(self.buffer_time_offset)

    def _tell(self, committed: list[Word], *, settled_to: int | None = None) -> None:
        self.heard.append(
            Heard(
                words=tuple(committed),
                reread=self.hypothesis.reread,
                hypothesis=tuple(self.hypothesis.rest),
                upto=(self._seen if settled_to is None else settled_to) / SAMPLE_RATE,
                settled=settled_to is not None,
            )
        )

    def _pass(self) -> list[Word]:
        self.pass_started = time.monotonic()
        try:
            segments = self.asr.transcribe(self.audio_buffer)
            words = [word.moved(self._at / SAMPLE_RATE) for word in self.asr.ts_words(segments)]
        except (RuntimeError, ValueError, MemoryError) as error:
            # Raised further, WhisperLiveKit's task would die of it. No message: it could hold spoken text.
            self.failed_passes += 1
            logger.error(
                "A transcription pass failed: %s (%d in a row).", type(error).__name__, self.failed_passes
            )
            return []
        finally:
            self.pass_started = None
            self.passes += 1
        self.failed_passes = 0
        self._seen = self.end_sample
        committed = self.hypothesis.passed(words)
        if committed:
            self.committed = committed  # type: ignore[assignment]
            self.time_of_last_asr_output = committed[-1].end
        return committed + self._trim(segments)

    def _trim(self, segments: list[Any]) -> list[Word]:
        """Cut away audio that is understood; words that had to be committed for it."""
        seconds = len(self.audio_buffer) / SAMPLE_RATE
        end = self.get_audio_buffer_end_time()
        if seconds <= self._settings.trim:
            return []
        if end - self.time_of_last_asr_output > self._settings.trim:
            return self._give_up(end - UNDECIDED)
        if not self._settings.trim_at_boundaries:
            self.chunk_completed_segment(segments)  # type: ignore[no-untyped-call]
            return []
        boundary = self._boundary()
        if boundary is None and seconds > OVERFULL * self._settings.trim:
            boundary = self.hypothesis.upto
        if boundary is not None:
            self.chunk_at(boundary)
        return []

    def _give_up(self, before: float) -> list[Word]:
        """Nothing was agreed on for too long: take what was heard before this second, and go on from there.

        WhisperLiveKit drops the whole buffer here. In noise or music there are no words, and the audio counts
        as understood.
        """
        committed = self.hypothesis.give_up(before)
        if committed:
            before = committed[-1].end
        elif not self.hypothesis.rest:
            self.heard.append(Heard((), (), (), before, settled=False, wordless=True))
        self.chunk_at(before)
        self.time_of_last_asr_output = before
        return committed

    def _boundary(self) -> float | None:
        """Second of the last boundary between committed words: a sentence's end, else a gap."""
        known = self.hypothesis.known
        following = [*known[1:], *self.hypothesis.rest[:1]]
        earliest = self.buffer_time_offset + SHORTEST_CUT
        gap: float | None = None
        for word, after in reversed(list(zip(known, following, strict=False))):
            middle = (word.end + max(after.start, word.end)) / 2
            if middle < earliest:
                break
            if closes_sentence(word.text):
                return middle
            if gap is None and after.start - word.end >= PHRASE_GAP and self._settings.trimming == "segment":
                gap = middle
        return gap
