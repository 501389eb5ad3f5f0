"""WhisperLiveKit's online processor with our rules: quick passes in a phrase, a second look at its end."""

from __future__ import annotations

import logging
import math
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from dolmetsch_engine.pauses import PauseLike
from dolmetsch_engine.settings import EngineSettings
from dolmetsch_engine.whisper.asr import SAMPLE_RATE, Samples, StreamAsr, Voice
from dolmetsch_engine.whisper.heard import Heard
from dolmetsch_engine.whisper.hypothesis import Hypothesis
from dolmetsch_engine.whisper.phrases import Limits, phrase_end
from dolmetsch_engine.whisper.quiet import quiet_import
from dolmetsch_engine.whisper.second_look import lacks, surer, without_afterthoughts
from dolmetsch_engine.words import Word

with quiet_import():
    from whisperlivekit.local_agreement.online_asr import OnlineASRProcessor
    from whisperlivekit.timed_objects import Transcript

logger = logging.getLogger(__name__)

LONG_PAUSE: Final = 5.0
"""Seconds from which a pause is not transcribed: the buffer starts anew after it."""
LEAD_IN: Final = 0.3
"""Seconds of real audio before the detector's start of speech; without them a first word is lost."""
UNPAUSED: Final = 1.8
"""Times `phrase` after which a sentence ends it also without a pause."""
OVERFULL: Final = 1.5
"""Times `trim` after which a phrase is cut between any two agreed words, for want of a better place."""
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
        self._limits = Limits(
            sentence=settings.phrase,
            unpaused=UNPAUSED * settings.phrase,
            full=settings.trim,
            overfull=OVERFULL * settings.trim,
            at_sentences=settings.trimming == "sentence",
        )
        self.silences: Callable[[], Sequence[PauseLike]] = tuple
        """Pauses of the stream, by the voice activity detector."""
        self.voice: Voice = lambda _start, _end: None
        """Share of the time between two seconds of the stream in which a voice was heard."""
        self.behind: Callable[[], bool] = lambda: False
        """Whether there is no time for a second look."""
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
        self.left_out = False
        """The last phrase stays as first read: there was no time for a second look."""
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
        rest = self.hypothesis.shown
        if not rest:
            return Transcript(None, None, "")
        return Transcript(rest[0].start, rest[-1].end, "".join(word.text for word in rest))

    def insert_audio_chunk(self, audio: Samples, audio_stream_end_time: float | None = None) -> None:
        """Append audio that follows what is there."""
        self.settled = False
        super().insert_audio_chunk(audio, audio_stream_end_time)

    def process_iter(self) -> tuple[list[Word], float]:  # type: ignore[override]
        """Run one pass over the buffer; words that became final, and up to where the audio was looked at."""
        final: list[Word] = []
        if self._pass():
            cut = self._phrase_end()
            if cut is not None:
                # Readers need not wait for the second look.
                self._tell([])
            final = self._give_up() if cut is None else self._end_phrase(cut) or []
        self._tell(final)
        return final, self.get_audio_buffer_end_time()

    def start_silence(self) -> tuple[list[Word], float]:
        """A pause begins, or the stream ends: all that was said is final."""
        quiet_from = self.speech_ends.popleft() if self.speech_ends else None
        speech_end = math.inf if quiet_from is None else quiet_from / SAMPLE_RATE
        final = self._end_phrase(self.get_audio_buffer_end_time(), speech_end)
        if final is not None:
            self._seen = self.end_sample
        self._tell(final or [])
        # Only now: whoever sees it settled goes by what was told.
        self.settled = final is not None
        return final or [], self.get_audio_buffer_end_time()

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

    def _tell(self, final: list[Word]) -> None:
        if final:
            self.committed = final  # type: ignore[assignment]
        self.heard.append(
            Heard(
                words=tuple(final),
                hypothesis=tuple(self.hypothesis.shown),
                # Words that are not shown yet are no silence.
                upto=min(self._seen / SAMPLE_RATE, self.hypothesis.hidden_from),
                settled=self._at / SAMPLE_RATE,
                sounds_like=self.asr.spoken_language.sounds_like,
            )
        )

    def _pass(self) -> bool:
        """Read the buffer quickly; False: the pass failed."""
        words = self._read(self.asr.quick, self.audio_buffer)
        if words is None:
            return False
        self._seen = self.end_sample
        self.hypothesis.passed(words, self.get_audio_buffer_end_time())
        return True

    def _read(self, how: Callable[[Samples, Voice], list[Word]], audio: Samples) -> list[Word] | None:
        """Words of the audio at the buffer's start, None where the pass failed."""
        self.pass_started = time.monotonic()
        at = self._at / SAMPLE_RATE
        try:
            words = how(audio, lambda start, end: self.voice(start + at, end + at))
        except (RuntimeError, ValueError, MemoryError) as error:
            # Raised further, WhisperLiveKit's task would die of it. No message: it could hold spoken text.
            self.failed_passes += 1
            logger.error(
                "A transcription pass failed: %s (%d in a row).", type(error).__name__, self.failed_passes
            )
            return None
        finally:
            self.pass_started = None
            self.passes += 1
        self.failed_passes = 0
        return [word.moved(at) for word in words]

    def _phrase_end(self) -> float | None:
        return phrase_end(
            self.hypothesis.known,
            self.silences(),
            self.buffer_time_offset,
            self.get_audio_buffer_end_time(),
            self._limits,
        )

    def _end_phrase(self, cut: float, speech_end: float = math.inf) -> list[Word] | None:
        """Return the words up to this second, by a second look if there is time, and go on from there.

        `speech_end`: since when nobody speaks. None: no pass has succeeded; the audio stays for the next one.
        """
        second = self._second_look(cut)
        if second is None and round(cut * SAMPLE_RATE) > self._seen and not self._pass():
            return None
        quick, agreed = self.hypothesis.before(cut), self.hypothesis.agreed_before(cut)
        believed = second is not None and not lacks(second, quick) and not surer(quick, second)
        # A second look counts as one of the two passes that confirm a late word, believed or not.
        words, twice = (second or [], quick) if believed else (quick, [*agreed, *(second or [])])
        self.chunk_at(cut)
        return without_afterthoughts(words, twice, speech_end)

    def _second_look(self, cut: float) -> list[Word] | None:
        """Read the phrase once more; None: it stays as it is."""
        self.left_out = False
        audio = self.audio_buffer[: round(cut * SAMPLE_RATE) - self._at]
        if not len(audio):
            return []
        if not self._settings.second_look:
            return None
        if self.voice(self.buffer_time_offset, cut) == 0.0 and not self.hypothesis.before(cut):
            # The rest of a pause in which the phrase before has ended.
            return []
        words = None if self.behind() else self._read(self.asr.thorough, audio)
        self.left_out = words is None
        return words

    def _give_up(self) -> list[Word]:
        """Nothing was agreed on for too long: take what was heard, and go on from there.

        WhisperLiveKit drops the whole buffer here. In noise or music there are no words, and the audio counts
        as understood.
        """
        end = self.get_audio_buffer_end_time()
        if end - self.buffer_time_offset <= self._limits.overfull:
            return []
        decided = end - UNDECIDED
        # Between words, as far as they are known.
        ends = [word.end for word in self.hypothesis.before(decided) if word.end <= decided]
        cut = ends[-1] if ends and ends[-1] > self.buffer_time_offset + UNDECIDED else decided
        words = self._end_phrase(cut)
        if words == [] and not self.hypothesis.rest:
            at = self._at / SAMPLE_RATE
            sounds_like = self.asr.spoken_language.sounds_like
            self.heard.append(Heard((), (), at, at, wordless=True, sounds_like=sounds_like))
        return words or []
