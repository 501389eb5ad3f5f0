"""The engine's speech settings: one frozen object, read from DOLMETSCH_ENGINE_*.

What is unknown, contradictory or without effect in WhisperLiveKit 0.2.26 is refused, never ignored.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal, Self

from pydantic import Field, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

_MODEL_FILES = ("model.bin", "config.json", "tokenizer.json")


class EngineSettings(BaseSettings):
    """How speech becomes words. The defaults are tuned for Whisper tiny or base on two cores."""

    model_config = SettingsConfigDict(
        env_prefix="DOLMETSCH_ENGINE_", frozen=True, extra="forbid", use_attribute_docstrings=True
    )

    model: Path
    """Folder of a Whisper model for CTranslate2 (model.bin, config.json, tokenizer.json, vocabulary)."""

    languages: tuple[str, ...] = ()
    """Restrict the languages to these Whisper codes, for a model trained on few; empty: all that it knows."""

    device: Literal["auto", "cpu", "cuda"] = "auto"
    """Where the model runs; auto takes the GPU if CTranslate2 sees one."""

    compute_type: str = "auto"
    """CTranslate2's number format, as int8, float16, int8_float16; auto: int8 on a CPU, float16 on a GPU."""

    threads: int = Field(0, ge=0, le=256)
    """CPU threads of one pass; 0: as many as physical cores."""

    beam_size: int = Field(1, ge=1, le=10)
    """Hypotheses followed while decoding. More is slower; on a CPU more than 1 falls behind."""

    second_look: bool = True
    """Read each finished phrase once more, by its whole sound: this is what stays. Off: as first read."""

    second_look_beam: int = Field(5, ge=1, le=10)
    """Hypotheses followed in the second look."""

    phrase: float = Field(2.5, ge=1.0, le=12.0)
    """Seconds after which a phrase ends with a sentence and a pause; 1.8 times as many: without a pause."""

    vac: bool = True
    """Voice activity control: only speech is transcribed, and phrases end in pauses."""

    replaceable: bool = True
    """Report committed positions, from which another engine can go on in mid-talk. Needs vac."""

    vac_chunk_size: float = Field(0.04, ge=0.032, le=1.0)
    """Seconds of audio after which voice activity is looked at."""

    min_silence: float = Field(0.8, ge=0.1, le=5.0)
    """Seconds of silence after which the phrase before it has ended."""

    coalesce: float = Field(0.5, ge=0.0, le=5.0)
    """Seconds of new audio before the next pass: less is sooner on the page and more CPU."""

    trim: float = Field(8.0, ge=4.0, le=18.0)
    """Seconds after which a phrase ends in any pause; after half as many again, between any two words."""

    trimming: Literal["segment", "sentence"] = "segment"
    """Where phrases end before they are that long: in any pause (segment), or with a sentence only."""

    punctuation_split: bool = False
    """Each phrase ends a sentence, whatever its marks: for models that write few."""

    confidence_validation: bool = False
    """Take a word for agreed on at once when its probability is over 0.95."""

    short_encode: bool = True
    """Encode the audio plus `encode_padding` instead of Whisper's 30 s: a third of the CPU."""

    encode_padding: float = Field(5.0, ge=0.0, le=28.0)
    """Seconds of padding after the audio. With 2, text is invented in silence; with 8 nothing is gained."""

    diarization: bool = False
    """Not offered: refused when set."""

    @field_validator("model")
    @classmethod
    def _model_is_there(cls, model: Path) -> Path:
        missing = [name for name in _MODEL_FILES if not (model / name).is_file()]
        if not missing and not any((model / f"vocabulary.{kind}").is_file() for kind in ("json", "txt")):
            missing = ["vocabulary.json"]
        if missing:
            raise ValueError(
                f"no Whisper model for CTranslate2 in {model}: {', '.join(missing)} not found. "
                "Remedy: name a folder that holds one in DOLMETSCH_ENGINE_MODEL "
                "(`make run` fetches one and sets it)."
            )
        return model

    @model_validator(mode="after")
    def _combinations(self) -> Self:
        if self.diarization:
            raise ValueError(
                "diarization needs NeMo or gated models, which are not part of this image. "
                "Remedy: leave DOLMETSCH_ENGINE_DIARIZATION unset; every line is one speaker's."
            )
        if self.replaceable and not self.vac:
            raise ValueError(
                "without vac there are no pauses from which another engine could go on. "
                "Remedy: leave vac on, or give up replacement with DOLMETSCH_ENGINE_REPLACEABLE=false."
            )
        if self.phrase >= self.trim:
            raise ValueError(
                f"a phrase may end after phrase={self.phrase:g} s at the earliest, and has to after "
                f"trim={self.trim:g} s. Remedy: set DOLMETSCH_ENGINE_PHRASE below DOLMETSCH_ENGINE_TRIM."
            )
        if not self.second_look and "second_look_beam" in self.model_fields_set:
            raise ValueError(
                "second_look_beam has no effect with second_look=false. "
                "Remedy: leave DOLMETSCH_ENGINE_SECOND_LOOK_BEAM unset."
            )
        if not self.short_encode and "encode_padding" in self.model_fields_set:
            raise ValueError(
                "encode_padding has no effect with short_encode=false, which encodes 30 s. "
                "Remedy: leave DOLMETSCH_ENGINE_ENCODE_PADDING unset."
            )
        if self.coalesce >= self.trim / 2:
            raise ValueError(
                "coalesce must be under half of trim, or words are cut before two passes agree on them."
            )
        return self
