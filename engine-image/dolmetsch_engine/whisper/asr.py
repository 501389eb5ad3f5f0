"""The loaded model and its options: short encoder windows, no fallbacks, vocabulary per stream."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from dolmetsch_engine.settings import EngineSettings
from dolmetsch_engine.whisper.cleaning import clean, hurried
from dolmetsch_engine.whisper.quiet import quiet_import
from dolmetsch_engine.words import UNSPACED, Word

with quiet_import():
    from ctranslate2 import get_cuda_device_count  # type: ignore[attr-defined]
    from faster_whisper import WhisperModel
    from faster_whisper.tokenizer import Tokenizer
    from whisperlivekit.local_agreement.backends import FasterWhisperASR

Samples = NDArray[np.float32]

SAMPLE_RATE: Final = 16_000
FRAMES_PER_SECOND: Final = 100
VOCABULARY_TOKENS: Final = 60
"""Longer prompts are repeated by Whisper in silence."""
_SHORTEST_WINDOW: Final = 10
_DENSE: Final = frozenset(
    {"hi", "bn", "ta", "te", "ml", "kn", "gu", "mr", "pa", "ne", "si", "ur", "am", "ka", "hy"}
)
"""Scripts of which Whisper needs several tokens a letter."""


class ShortWhisperModel(WhisperModel):
    """Whisper that encodes the audio and some padding, not always 30 s: 0.06 instead of 0.47 s a call."""

    padding: float | None = None
    """Seconds of padding to leave; None: all of it."""

    def encode(self, features: NDArray[np.float32]) -> Any:
        """Encode mel features (mels, frames): frames beyond the audio are exact zeros (pad_or_trim)."""
        if self.padding is not None:
            spoken = np.flatnonzero(features.any(axis=0))
            seconds = (int(spoken[-1]) + 1 if spoken.size else 0) / FRAMES_PER_SECOND
            frames = int(FRAMES_PER_SECOND * max(_SHORTEST_WINDOW, seconds + self.padding))
            features = np.ascontiguousarray(features[:, : frames - frames % 2])
        return super().encode(features)


def load_model(settings: EngineSettings) -> ShortWhisperModel:
    """Load the model. Blocking, some 0.3 s; raises what CTranslate2 raises (RuntimeError, ValueError)."""
    device = settings.device
    if device == "auto":
        device = "cuda" if get_cuda_device_count() > 0 else "cpu"
    compute_type = settings.compute_type
    if compute_type == "auto":
        compute_type = "float16" if device == "cuda" else "int8"
    model = ShortWhisperModel(
        str(settings.model),
        device=device,
        compute_type=compute_type,
        cpu_threads=settings.threads,
        local_files_only=True,
    )
    model.padding = settings.encode_padding if settings.short_encode else None
    return model


class StreamAsr(FasterWhisperASR):
    """What WhisperLiveKit calls an ASR, for one stream: a loaded model with a language and a vocabulary."""

    def __init__(
        self,
        model: ShortWhisperModel,
        settings: EngineSettings,
        language: str,
        vocabulary: Iterable[str] = (),
    ) -> None:
        # Not the base's constructor: that one would load a model of its own.
        self.model = model
        self.original_language = language
        self.transcribe_kargs: dict[str, Any] = {}
        self.tokenizer = None
        self.confidence_validation = settings.confidence_validation
        self.buffer_trimming = settings.trimming
        self.buffer_trimming_sec = settings.trim
        self.backend_choice = "faster-whisper"
        self._beam_size = settings.beam_size
        self._hotwords = hotwords(model, vocabulary)
        self._tokens_per_second = 12 if language in UNSPACED else 25 if language in _DENSE else 6

    def transcribe(self, audio: Samples, init_prompt: str = "") -> list[Any]:
        """One pass over the buffer; faster-whisper's segments. The prompt is not used: it feeds loops."""
        seconds = len(audio) / SAMPLE_RATE
        segments, _ = self.model.transcribe(
            audio,
            language=self.original_language,
            beam_size=self._beam_size,
            temperature=0.0,
            condition_on_previous_text=False,
            word_timestamps=True,
            # A loop stays cheap.
            max_new_tokens=min(220, int(self._tokens_per_second * seconds) + 20),
            hotwords=self._hotwords,
        )
        return list(segments)

    def ts_words(self, segments: Iterable[Any]) -> list[Word]:  # type: ignore[override]
        """Return the words of the segments, cleaned; segments that are no speech are left out.

        A Word has what WhisperLiveKit reads of its tokens: text, start, end, probability.
        """
        words: list[Word] = []
        for segment in segments:
            said = [
                Word(word.word, float(word.start), float(word.end), float(word.probability))
                for word in segment.words or ()
            ]
            if not doubtful(segment) and not hurried(said):
                words += said
        return clean(words)


def doubtful(segment: Any) -> bool:
    """Whether a segment is probably no speech.

    What follows the first segments of a pass is decoded on its own, a second of audio or less: there Whisper
    says "and" or "thank you" to silence, without much confidence.
    """
    if segment.seek > 0 and segment.no_speech_prob > 0.3 and segment.avg_logprob < -1.0:
        return True
    return bool(segment.no_speech_prob > 0.9)


def hotwords(model: WhisperModel, vocabulary: Iterable[str]) -> str | None:
    """Return names and terms as one prompt of at most 60 tokens: whole terms, in the given order, or None."""
    tokenizer = Tokenizer(model.hf_tokenizer, model.model.is_multilingual, task="transcribe", language="en")
    chosen: list[str] = []
    for term in vocabulary:
        longer = ", ".join([*chosen, " ".join(term.split())])
        if term.strip() and len(tokenizer.encode(" " + longer)) <= VOCABULARY_TOKENS:
            chosen.append(" ".join(term.split()))
    return ", ".join(chosen) or None
