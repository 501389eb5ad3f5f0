"""PCM to captions: one loaded model per process, one Stream per running transcription.

A new language, a restart or a replacement is a new Stream on the loaded model: ready at once.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from dolmetsch_engine.captions import Captions, Silence, Update
from dolmetsch_engine.seam import Resume
from dolmetsch_engine.segmenter import Sentence
from dolmetsch_engine.settings import EngineSettings

if TYPE_CHECKING:  # torch takes 6 to 12 s to import: only `load` does it
    from dolmetsch_engine.whisper.asr import ShortWhisperModel
    from dolmetsch_engine.whisper.processor import LoadedEngine, Processor

__all__ = [
    "ModelUnavailable",
    "Resume",
    "Sentence",
    "Stream",
    "StreamFailed",
    "Transcriber",
    "UnknownLanguage",
    "Update",
]

SAMPLE_RATE: Final = 16_000
MESSAGE: Final = SAMPLE_RATE // 2 * 2 // 2
"""Bytes that are fed at a time: 0.25 s, so that a long message does not become one array."""
BACKLOG: Final = round(2.4 * SAMPLE_RATE)
"""Samples that may wait before `feed` does: fed faster, the audio becomes one array and words are lost."""
FAILED_PASSES: Final = 3
STUCK_SECONDS: Final = 30.0


class ModelUnavailable(RuntimeError):
    """The speech model cannot be loaded. Source: settings, the model's folder, the device."""

    def __init__(self, why: str, remedy: str) -> None:
        super().__init__(f"The speech model cannot be loaded: {why}. Remedy: {remedy}")


class UnknownLanguage(ValueError):
    """The loaded model does not know the language. Source: the room's source language."""

    def __init__(self, language: str, known: tuple[str, ...]) -> None:
        some = ", ".join(known[:20]) + (", …" if len(known) > 20 else "")
        super().__init__(
            f"The speech model does not know the language <{language}>. Remedy: choose one of {some}."
        )


class StreamFailed(RuntimeError):
    """The transcription of a stream has died. Source: WhisperLiveKit's task. Remedy: start a new Stream."""


class Transcriber:
    """The loaded speech model of this process."""

    def __init__(self, settings: EngineSettings) -> None:
        self._settings = settings
        self._model: ShortWhisperModel | None = None
        self._engine: LoadedEngine | None = None
        self.languages: tuple[str, ...] = ()
        """Whisper's codes of the languages that can be transcribed; empty before `load`."""
        self.pass_seconds = 0.0
        """What one pass over 10 s took at the warm-up."""

    def load(self) -> None:
        """Import, load and warm up. Blocking, 3 to 15 s; raises ModelUnavailable."""
        try:
            from dolmetsch_engine.whisper.asr import StreamAsr, load_model  # noqa: PLC0415
            from dolmetsch_engine.whisper.processor import LoadedEngine  # noqa: PLC0415
        except ImportError as error:
            raise ModelUnavailable(
                f"{error.name or error} is not installed", "install dolmetsch[engine]."
            ) from error
        try:
            model = load_model(self._settings)
            asr = StreamAsr(model, self._settings, "en")
            asr.transcribe(np.zeros(SAMPLE_RATE, dtype=np.float32))
            began = time.perf_counter()
            asr.transcribe(np.zeros(10 * SAMPLE_RATE, dtype=np.float32))
            self.pass_seconds = time.perf_counter() - began
            self._engine = LoadedEngine(self._settings, asr)
        except (RuntimeError, ValueError, OSError) as error:
            raise ModelUnavailable(
                f"{type(error).__name__}: {error}",
                "check DOLMETSCH_ENGINE_MODEL, _DEVICE and _COMPUTE_TYPE (the last two can stay unset).",
            ) from error
        self._model = model
        known = tuple(model.supported_languages)
        self.languages = tuple(code for code in known if code in self._settings.languages) or known

    def stream(
        self,
        language: str,
        vocabulary: tuple[str, ...] = (),
        offset: int = 0,
        resume: Resume | None = None,
    ) -> Stream:
        """Make a stream on the loaded model.

        `offset`: sample of the session at which its first sample lies; `resume`: what was written before.
        Raises UnknownLanguage, ModelUnavailable (not loaded).
        """
        if self._model is None or self._engine is None:
            raise ModelUnavailable("it is not loaded yet", "call load() first.")
        if language not in self.languages:
            raise UnknownLanguage(language, self.languages)
        from dolmetsch_engine.whisper.asr import StreamAsr  # noqa: PLC0415
        from dolmetsch_engine.whisper.processor import Processor  # noqa: PLC0415

        asr = StreamAsr(self._model, self._settings, language, vocabulary, self.languages)
        processor = Processor(self._engine, asr, self._settings)
        captions = Captions(language, offset, resume, every_commit=self._settings.punctuation_split)
        return Stream(processor, captions, offset)


class Stream:
    """One running transcription: `start`, `feed` …, then `finish` or `cancel`; `updates` beside it."""

    def __init__(self, processor: Processor, captions: Captions, offset: int) -> None:
        self._processor = processor
        self._captions = captions
        self._offset = offset
        self.patience = BACKLOG
        """Samples that may wait before `feed` does; 0: each message is taken up before the next one."""
        self._fed = 0
        self._odd = b""
        self._reader: asyncio.Task[None] | None = None
        self._finished: list[Sentence] = []
        self._latest: Update | None = None
        self._changed = asyncio.Event()
        self._ticked = asyncio.Event()
        self._ended = False
        self._death: str | None = None

    async def start(self) -> None:
        """Start transcribing."""
        self._reader = asyncio.create_task(self._read(), name="stream-reader")

    async def feed(self, pcm: bytes) -> None:
        """Transcribe this PCM (s16le, mono, 16 kHz). Waits while more than 2.4 s wait to be transcribed.

        Raises StreamFailed.
        """
        pcm = self._odd + pcm
        self._odd = pcm[len(pcm) & ~1 :]
        for at in range(0, len(pcm) & ~1, MESSAGE):
            piece = pcm[at : min(at + MESSAGE, len(pcm) & ~1)]
            await self._processor.process_audio(piece)
            self._fed += len(piece) // 2
            self._look_at_silence()
            await asyncio.sleep(0)  # in silence nothing else lets the reader of the updates run
            while self._processor.backlog > self.patience and self._death is None and not self._ended:
                self._ticked.clear()
                await self._ticked.wait()
            if self._death is not None:
                raise StreamFailed(self._death)

    async def finish(self) -> None:
        """Transcribe what is left. Returns when the last update is there; `updates` ends after it."""
        if self._reader is None:
            return
        if self._fed:
            await self._processor.process_audio(b"")
            await asyncio.wait([self._reader])
            if self._death is None:
                self._publish(self._captions.finish(self._fed))
        await self.cancel()

    async def cancel(self) -> None:
        """End at once; nothing more comes out than what is out already."""
        reader, self._reader = self._reader, None
        if reader is not None:
            reader.cancel()
            await asyncio.wait([reader])
            await self._processor.cleanup()
        self._ended = True
        self._ticked.set()
        self._changed.set()

    async def updates(self) -> AsyncIterator[Update]:
        """Yield what changed, merged if the consumer is slow; ends after `finish` or `cancel`.

        For one consumer. Raises StreamFailed when the transcription has died.
        """
        while True:
            await self._changed.wait()
            self._changed.clear()
            latest, self._latest = self._latest, None
            if latest is not None:
                sentences, self._finished = tuple(self._finished), []
                yield replace(latest, sentences=sentences)
            if self._death is not None:
                raise StreamFailed(self._death)
            if self._ended and self._latest is None:
                return

    @property
    def samples(self) -> int:
        """Sample of the session reached."""
        return self._offset + self._fed

    @property
    def delay(self) -> float:
        """Seconds of audio that are not understood yet."""
        if self._processor.idle:
            return 0.0
        return max(0.0, self._fed / SAMPLE_RATE - self._processor.online.understood)

    @property
    def passes(self) -> int:
        """Passes of the model so far."""
        return self._processor.online.passes

    @property
    def hurried(self) -> bool:
        """Whether the last phrase stays as first read, for want of time."""
        return self._processor.online.left_out and not self._processor.idle

    @property
    def failing(self) -> str | None:
        """Why the transcription is unhealthy, else None."""
        if self._death is not None:
            return self._death
        online = self._processor.online
        if online.failed_passes >= FAILED_PASSES:
            return f"the last {online.failed_passes} transcription passes failed"
        started = online.pass_started
        if started is not None and time.monotonic() - started > STUCK_SECONDS:
            return f"a transcription pass has been running for over {STUCK_SECONDS:.0f} s"
        return None

    async def _read(self) -> None:
        try:
            await self._read_all()
        except Exception as error:  # noqa: BLE001 (whatever it is: this stream is dead, and has to say so)
            self._death = f"the reader of the transcription has died ({type(error).__name__})"
            self._changed.set()

    async def _read_all(self) -> None:
        processor = self._processor
        results: AsyncIterator[Any] = await processor.create_tasks()
        async for heard in results:
            self._ticked.set()
            if heard is not None:
                self._publish(self._captions.hear(heard, processor.meter.pauses, self.delay))
            self._look_at_silence()
        task = processor.task
        error = None if task.cancelled() else task.exception()
        if error is not None or not processor.is_stopping:
            self._death = f"the transcription task has died ({type(error).__name__})"
            self._ticked.set()
            self._changed.set()

    def _look_at_silence(self) -> None:
        """Let time pass in a pause, if everything before it is transcribed."""
        since = self._processor.meter.quiet_from
        if since is not None and self._processor.idle:
            self._publish(self._captions.wait(Silence(since, self._fed), self.delay))

    def _publish(self, update: Update | None) -> None:
        if update is None:
            return
        self._finished += update.sentences
        self._latest = replace(update, at=time.time())
        self._changed.set()
