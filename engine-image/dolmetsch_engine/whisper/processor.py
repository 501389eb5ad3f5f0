"""WhisperLiveKit's AudioProcessor for one stream: our online processor, real audio in pauses, `Heard` out."""

from __future__ import annotations

import asyncio
from argparse import Namespace
from collections.abc import AsyncIterator
from dataclasses import asdict
from typing import Any, Final, Self

import numpy as np

from dolmetsch_engine.loudness import Loudness
from dolmetsch_engine.settings import EngineSettings
from dolmetsch_engine.whisper.asr import SAMPLE_RATE, Samples, StreamAsr
from dolmetsch_engine.whisper.heard import Heard
from dolmetsch_engine.whisper.online import LEAD_IN, LONG_PAUSE, Online, PauseAudio
from dolmetsch_engine.whisper.pauses import PauseMeter
from dolmetsch_engine.whisper.quiet import quiet_import

with quiet_import():
    from whisperlivekit.audio_processor import AudioProcessor
    from whisperlivekit.config import WhisperLiveKitConfig
    from whisperlivekit.core import TranscriptionEngine
    from whisperlivekit.silero_vad_iterator import FixedVADIterator, OnnxWrapper, load_onnx_session

SHORTEST_PAUSE: Final = 0.2
"""Seconds of a pause that may become a position."""
CLICK: Final = 0.5
"""Seconds of speech at the very end of a stream that hold no word: the recorder was switched off."""
BEHIND: Final = 2.0
"""Seconds of speech waiting from which a finished phrase is not read again, but left as first read."""
TICK: Final = 0.05
"""Seconds between two looks at what was heard."""


class LoadedEngine(TranscriptionEngine):
    """What WhisperLiveKit takes for its engine: the arguments and the voice activity model, no speech model.

    Its own is one per process and loads the model with fixed options.
    """

    def __new__(cls, *_: Any) -> Self:
        """Make an object of its own, not the process-wide one."""
        return object.__new__(cls)

    def __init__(self, settings: EngineSettings, asr: StreamAsr) -> None:
        config = WhisperLiveKitConfig(
            backend="faster-whisper",
            backend_policy="localagreement",
            pcm_input=True,
            transcription=True,
            vac=settings.vac,
            vac_chunk_size=settings.vac_chunk_size,
            asr_coalesce_min_s=settings.coalesce,
            buffer_trimming=settings.trimming,
            buffer_trimming_sec=settings.trim,
            confidence_validation=settings.confidence_validation,
        )
        self.config = config
        self.args = Namespace(**asdict(config))
        self.asr = asr
        self.tokenizer = None
        self.diarization_model: Any = None
        self.translation_model = None
        self.vac_session = load_onnx_session() if settings.vac else None


class _Listening:
    """The voice activity model; each probability also goes to the pause meter."""

    def __init__(self, model: OnnxWrapper, meter: PauseMeter) -> None:
        self._model = model
        self._meter = meter

    def __call__(self, window: Any, rate: int) -> Any:
        probability = self._model(window, rate)
        self._meter.window(float(probability.item()), int(window.shape[-1]))
        return probability

    def reset_states(self) -> None:
        self._model.reset_states()  # type: ignore[no-untyped-call]


class Processor(AudioProcessor):
    """One stream. PCM in by `process_audio`, `Heard` out of `create_tasks()`."""

    def __init__(self, engine: LoadedEngine, asr: StreamAsr, settings: EngineSettings) -> None:
        # Mode "diff" bounds the history that it keeps.
        super().__init__(transcription_engine=engine, pcm_input=True, mode="diff")
        self.asr = asr
        self.online = Online(asr, settings)
        self.transcription = self.online
        self.meter = PauseMeter(round(SHORTEST_PAUSE * SAMPLE_RATE))
        self._listens = engine.vac_session is not None
        if engine.vac_session is not None:
            self.vac = FixedVADIterator(_Listening(OnnxWrapper(session=engine.vac_session), self.meter))
            self.vac.min_silence_samples = round(settings.min_silence * SAMPLE_RATE)
            self.online.silences = self.meter.so_far
            self.online.voice = self.meter.voice
        self.online.behind = lambda: self.waiting > BEHIND * SAMPLE_RATE
        # It warns after 20 s without a word, and takes that for a broken model: applause may last longer.
        self._any_asr_output = True
        self._loudness = Loudness()
        self._recent: Samples = np.zeros(0, dtype=np.float32)
        self._recent_end = 0

    @property
    def queue(self) -> asyncio.Queue[Any]:
        """What waits to be transcribed, pauses among it."""
        if self.transcription_queue is None:
            raise RuntimeError("made without transcription")
        return self.transcription_queue

    @property
    def task(self) -> asyncio.Task[None]:
        """WhisperLiveKit's task, which all passes run in."""
        if self.transcription_task is None:
            raise RuntimeError("not started yet: call create_tasks()")
        return self.transcription_task

    @property
    def idle(self) -> bool:
        """Whether a pause lasts before which everything is committed."""
        return (
            self.current_silence is not None
            and self.queue.empty()
            and not self.online.heard
            and self.online.settled
        )

    @property
    def backlog(self) -> int:
        """Samples of speech that wait to be transcribed."""
        if self.idle:
            return 0
        return int(self.total_pcm_samples - self.online.end_sample)

    @property
    def waiting(self) -> int:
        """The same without the pause that lasts: nobody waits for that."""
        silence = self.current_silence
        if silence is None or silence.start is None:
            return self.backlog
        return max(0, round(silence.start * SAMPLE_RATE) - self.online.end_sample)

    async def _process_pcm_array(self, pcm_array: Samples) -> None:
        pcm_array = self._loudness.apply(pcm_array)
        # Keep what a pause may need: its real audio, if it ends within LONG_PAUSE.
        keep = round(LONG_PAUSE * SAMPLE_RATE) + len(pcm_array)
        self._recent = np.concatenate((self._recent, pcm_array))[-keep:]
        self._recent_end += len(pcm_array)
        await super()._process_pcm_array(pcm_array)

    async def _begin_silence(self, at_sample: int | None = None) -> None:
        if self.current_silence is None:
            self.online.speech_ends.append(self.meter.quiet_from)
        await super()._begin_silence(at_sample)

    async def _end_silence(self, at_sample: int | None = None, *, speech_resumed: bool = False) -> None:
        if self.current_silence is None:
            return
        end = self.total_pcm_samples if at_sample is None else at_sample
        start = round((self.current_silence.start or 0.0) * SAMPLE_RATE)
        samples = end - start
        wanted = samples if samples < LONG_PAUSE * SAMPLE_RATE else round(LEAD_IN * SAMPLE_RATE)
        last = len(self._recent) - (self._recent_end - end)
        self.online.pauses.append(PauseAudio(samples, self._recent[max(0, last - wanted) : last]))
        await super()._end_silence(at_sample, speech_resumed=speech_resumed)

    async def _finish_transcription(self, pending_tokens: Any = None) -> None:
        # The original makes words of a stale hypothesis when the last pass found none.
        self.online.speech_ends.append(self._last_speech_end())
        await asyncio.to_thread(self.online.finish)

    def _last_speech_end(self) -> int | None:
        """Sample at which the speech before the end of the stream ended; a last click is no speech.

        None: somebody speaks, or nobody listened for that.
        """
        if not self._listens:
            return None
        if self.meter.quiet_from is None and self.meter.pauses:
            last = self.meter.pauses[-1]
            if self.total_pcm_samples - last.end < CLICK * SAMPLE_RATE:
                return last.start
        return self.meter.quiet_from

    async def results_formatter(self) -> AsyncIterator[Heard | None]:  # type: ignore[override]
        """Yield what was heard, in order; None at a tick without news. Ends with the transcription task."""
        while True:
            ended = self.task.done()
            async with self.lock:
                self.state.new_tokens.clear()
            quiet = not self.online.heard
            while self.online.heard:
                yield self.online.heard.popleft()
            if ended:
                return
            if quiet:
                yield None
            await asyncio.sleep(TICK)
