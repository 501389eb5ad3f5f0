"""The loaded model and its options: short encoder windows, no fallbacks, vocabulary per stream."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping
from contextvars import ContextVar
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from dolmetsch_engine.languages import SpokenLanguage, quoted
from dolmetsch_engine.settings import EngineSettings
from dolmetsch_engine.whisper.cleaning import clean, too_fast
from dolmetsch_engine.whisper.evidence import Evidence, was_said
from dolmetsch_engine.whisper.quiet import quiet_import
from dolmetsch_engine.words import UNSPACED, Word

with quiet_import():
    from ctranslate2 import get_cuda_device_count  # type: ignore[attr-defined]
    from faster_whisper import WhisperModel
    from faster_whisper.tokenizer import Tokenizer
    from whisperlivekit.local_agreement.backends import FasterWhisperASR

logger = logging.getLogger(__name__)

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


Probabilities = Mapping[str, float]
Voice = Callable[[float, float], float | None]
"""Share of the time between two seconds of a pass's audio in which a voice was heard; None: not known."""

_WINDOW: ContextVar[float | None] = ContextVar("seconds of padding for the passes of this context")
"""Streams of one model may have passes at the same time, in threads of their own."""
_LANGUAGES: ContextVar[list[Probabilities] | None] = ContextVar("what is heard in this context", default=None)
"""Filled with the languages of each window that is encoded."""


class ShortWhisperModel(WhisperModel):
    """Whisper that encodes the audio and some padding, not always 30 s: 0.06 instead of 0.47 s a call."""

    padding: float | None = None
    """Seconds of padding to leave; None: all of it."""

    def encode(self, features: NDArray[np.float32]) -> Any:
        """Encode mel features (mels, frames): frames beyond the audio are exact zeros (pad_or_trim)."""
        padding = _WINDOW.get(self.padding)
        if padding is not None:
            spoken = np.flatnonzero(features.any(axis=0))
            seconds = (int(spoken[-1]) + 1 if spoken.size else 0) / FRAMES_PER_SECOND
            frames = int(FRAMES_PER_SECOND * max(_SHORTEST_WINDOW, seconds + padding))
            features = np.ascontiguousarray(features[:, : frames - frames % 2])
        encoded = super().encode(features)
        heard = _LANGUAGES.get()
        if heard is not None:
            [found] = self.model.detect_language(encoded)
            heard.append({token[2:-2]: probability for token, probability in found})
        return encoded


def load_model(settings: EngineSettings) -> ShortWhisperModel:
    """Load the model. Blocking, some 0.3 s; raises what CTranslate2 raises (RuntimeError, ValueError)."""
    device, gpus = settings.device, get_cuda_device_count()
    if device == "auto":
        device = "cuda" if gpus > 0 else "cpu"
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
    logger.info(
        "The speech model %s runs on %s with %s; GPUs that CTranslate2 sees: %d.",
        settings.model.name,
        device,
        compute_type,
        gpus,
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
        languages: Iterable[str] = (),
    ) -> None:
        """`languages`: those that may be spoken; without any, all that the model knows."""
        # Not the base's constructor: that one would load a model of its own.
        self.model = model
        self.original_language = self._language = language
        self.transcribe_kargs: dict[str, Any] = {}
        self.tokenizer = None
        self.confidence_validation = settings.confidence_validation
        self.buffer_trimming = settings.trimming
        self.buffer_trimming_sec = settings.trim
        self.backend_choice = "faster-whisper"
        self._beam_size, self._second_beam = settings.beam_size, settings.second_look_beam
        self._hotwords = hotwords(model, vocabulary)
        self._languages = tuple(languages) or tuple(model.supported_languages)
        self._tells_languages = bool(model.model.is_multilingual)
        self.spoken_language = SpokenLanguage(language)

    def quick(self, audio: Samples, voice: Voice) -> list[Word]:
        """Read what is spoken at this moment: one hypothesis, a short window."""
        return words_of(self.transcribe(audio), voice)

    def thorough(self, audio: Samples, voice: Voice) -> list[Word]:
        """Read a finished phrase: several hypotheses, Whisper's own window of 30 s.

        A phrase that is certainly in another language is read in that one.
        """
        heard: list[Probabilities] = []
        window, languages = _WINDOW.set(None), _LANGUAGES.set(heard if self._tells_languages else None)
        seconds = len(audio) / SAMPLE_RATE
        language = self.spoken_language.sounds_like or self._language
        try:
            words = words_of(self._transcribe(audio, self._second_beam, language), voice)
            _LANGUAGES.set(None)
            # Of music or applause, the model thinks that it is some language too.
            probabilities = self._known(heard[0]) if heard and words else {}
            self.spoken_language.take(probabilities, seconds)
            if other := quoted(probabilities, seconds, language):
                words = words_of(self._transcribe(audio, self._second_beam, other), voice)
            return words
        finally:
            _WINDOW.reset(window)
            _LANGUAGES.reset(languages)

    def _known(self, heard: Probabilities) -> Probabilities:
        """Of the languages that may be spoken here."""
        return {language: heard.get(language, 0.0) for language in self._languages}

    def transcribe(self, audio: Samples, init_prompt: str = "") -> list[Any]:
        """One pass over the buffer; faster-whisper's segments. The prompt is not used: it feeds loops."""
        return self._transcribe(audio, self._beam_size, self._language)

    def _transcribe(self, audio: Samples, beam_size: int, language: str) -> list[Any]:
        seconds = len(audio) / SAMPLE_RATE
        tokens_per_second = 12 if language in UNSPACED else 25 if language in _DENSE else 6
        segments, _ = self.model.transcribe(
            audio,
            language=language,
            beam_size=beam_size,
            temperature=0.0,
            condition_on_previous_text=False,
            word_timestamps=True,
            # A loop stays cheap.
            max_new_tokens=min(220, int(tokens_per_second * seconds) + 20),
            hotwords=self._hotwords,
        )
        return list(segments)


def words_of(segments: Iterable[Any], voice: Voice) -> list[Word]:
    """Return the words of faster-whisper's segments, cleaned; segments that nobody spoke are left out.

    A Word has what WhisperLiveKit reads of its tokens: text, start, end, probability.
    """
    words: list[Word] = []
    for segment in segments:
        said = [
            Word(word.word, float(word.start), float(word.end), float(word.probability))
            for word in segment.words or ()
        ]
        evidence = Evidence(
            text=segment.text,
            no_speech=segment.no_speech_prob,
            confidence=segment.avg_logprob,
            voice=voice(said[0].start, said[-1].end) if said else None,
            repetition=segment.compression_ratio,
            appended=segment.seek > 0,
        )
        if was_said(evidence) and not too_fast(said):
            words += said
    return clean(words)


def hotwords(model: WhisperModel, vocabulary: Iterable[str]) -> str | None:
    """Return names and terms as one prompt of at most 60 tokens: whole terms, in the given order, or None."""
    tokenizer = Tokenizer(model.hf_tokenizer, model.model.is_multilingual, task="transcribe", language="en")
    chosen: list[str] = []
    for term in vocabulary:
        longer = ", ".join([*chosen, " ".join(term.split())])
        if term.strip() and len(tokenizer.encode(" " + longer)) <= VOCABULARY_TOKENS:
            chosen.append(" ".join(term.split()))
    return ", ".join(chosen) or None
