"""Real models hear real audio: talks, silence, noise, a long pause, real speech, nine languages."""

from pathlib import Path

import numpy as np
import pytest

from dolmetsch_engine.transcriber import Transcriber
from tests.integration.engine.listening import (
    RATE,
    assert_numbered,
    decode,
    errors,
    expected,
    hear,
    recording,
)
from tests.webm import recorded


async def test_demo_talks_are_written_sentence_by_sentence(demo: Transcriber, talks: Path) -> None:
    said, heard = [], []
    for name in ("str_en", "str_de"):
        language = name[4:6]
        result = await hear(
            demo,
            b"".join(await decode(recorded(talks / f"{name}.webm"))),
            language,
        )
        sentences = [str(sentence["text"]) for sentence in expected(talks, name)]
        assert len(result.sentences) == len(sentences)
        assert_numbered(result.sentences)
        assert errors(" ".join(sentences), result.text) <= 0.15
        committed = [update.committed for _, update in result.updates]
        assert committed == sorted(committed)
        assert committed[-1] == result.samples
        assert all(update.committed <= fed for fed, update in result.updates)
        said += sentences
        heard.append(result.text)
    assert errors(" ".join(said), " ".join(heard)) <= 0.10


async def test_long_pause_begins_a_line_and_moves_the_position(demo: Transcriber, talks: Path) -> None:
    pcm = b"".join(await decode(recorded(talks / "str_pause.webm")))
    result = await hear(demo, pcm, "en")
    assert [sentence.sent for sentence in result.sentences if sentence.line == 1][:1] == [0]
    assert errors(" ".join(str(one["text"]) for one in expected(talks, "str_pause")), result.text) <= 0.15
    # 9.2 to 17.1 s nobody speaks.
    in_pause = [update.committed for fed, update in result.updates if 13 * RATE < fed < 17 * RATE]
    assert in_pause
    assert max(in_pause) > 15 * RATE
    starts = {str(one["text"]): one["start"] for one in expected(talks, "str_pause")}
    for sentence in result.sentences:
        if sentence.text in starts:
            assert sentence.start == pytest.approx(starts[sentence.text], abs=0.6)


@pytest.mark.parametrize("kind", ["silence", "white noise", "hum"])
async def test_nothing_said_is_nothing_written(demo: Transcriber, tiny_en: Transcriber, kind: str) -> None:
    samples = 12 * RATE
    sound = {
        "silence": np.zeros(samples),
        "white noise": np.random.default_rng(7).normal(0, 0.05, samples),
        "hum": 0.02 * np.sin(np.arange(samples) * 2 * np.pi * 50 / RATE),
    }[kind]
    pcm = (sound * 32767).astype(np.int16).tobytes()
    for transcriber in (demo, tiny_en):
        result = await hear(transcriber, pcm, "en")
        assert result.text == ""
        assert all(update.rest == "" for _, update in result.updates)
        # The silence need not be heard again by another engine.
        assert max(update.committed for fed, update in result.updates if fed < samples) > 9 * RATE


NINE = {
    "en": ("quick_brown_fox", "fox", 0.15),
    "es": ("pangrama", "feliz", 0.6),
    "fr": ("pangrama", "fume", 0.5),
    # Whisper base writes this Hindi in Urdu's and Latin letters, also when it is given the whole file.
    "hi": ("pangrama", "hai", None),
    "it": ("pangrama", "provoca danni", 0.6),
    "ja": ("konnichiwa_sekai", "こんにちは", 0.3),
    "pl": ("liczenie", "Jeden", None),
    "pt": ("pangrama", "raposa", 0.4),
    "zh": ("nihao_shijie", "世界", 0.3),
}
"""A recording per language, words of it that come back, and the error rate that Whisper base stays under."""


@pytest.mark.parametrize("language", NINE)
async def test_a_language_reaches_the_model_and_comes_back_as_its_own(
    base: Transcriber, speech: Path, language: str
) -> None:
    name, own, limit = NINE[language]
    path = speech / language / f"{name}.wav"
    result = await hear(base, recording(path), language)
    assert own in result.text
    if limit is not None:
        assert errors(path.with_suffix(".txt").read_text(encoding="utf-8"), result.text, language) <= limit
