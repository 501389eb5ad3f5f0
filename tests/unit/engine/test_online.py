"""What becomes of a phrase: quick words while it lasts, the second look's when it has ended.

The model is a stand-in: it gives what each test has it hear, or fails.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dolmetsch_engine.languages import SpokenLanguage
from dolmetsch_engine.settings import EngineSettings
from dolmetsch_engine.whisper.heard import Heard
from dolmetsch_engine.whisper.online import Online
from dolmetsch_engine.whisper.pauses import Pause
from dolmetsch_engine.words import Word, join

RATE = 16_000
LETTERS = "abcdefghijklmnop"


class Scripted:
    """Hears one word each second, up to the end of the audio."""

    tokenizer = None
    confidence_validation = False
    buffer_trimming = "segment"
    buffer_trimming_sec = 8.0

    def __init__(self) -> None:
        self.spoken_language = SpokenLanguage("en")
        self.thorough_reads: list[float] = []
        self.hears: Callable[[str], str] = lambda text: text.upper()

    def quick(self, audio: Any, voice: Any = None) -> list[Word]:
        return [Word(f" {LETTERS[at]}.", float(at), at + 0.6) for at in range(int(len(audio) / RATE))]

    def thorough(self, audio: Any, voice: Any) -> list[Word]:
        self.thorough_reads.append(len(audio) / RATE)
        return [Word(self.hears(word.text), word.start, word.end) for word in self.quick(audio)]


@pytest.fixture
def asr() -> Scripted:
    return Scripted()


@pytest.fixture
def settings(tmp_path: Path) -> EngineSettings:
    for name in ("model.bin", "config.json", "tokenizer.json", "vocabulary.json"):
        (tmp_path / name).write_text("{}")
    return EngineSettings(model=tmp_path)


@pytest.fixture
def online(asr: Scripted, settings: EngineSettings) -> Online:
    stand_in: Any = asr
    return Online(stand_in, settings)


def hear(online: Online, seconds: float, times: int = 1) -> list[Heard]:
    """Say so much more, and look once after each."""
    for _ in range(times):
        online.insert_audio_chunk(np.zeros(round(seconds * RATE), dtype=np.float32))
        online.process_iter()
    found = list(online.heard)
    online.heard.clear()
    return found


def text(words: tuple[Word, ...]) -> str:
    return join(words, "en")


def test_words_are_shown_while_they_are_spoken_and_final_with_the_phrase(
    online: Online, asr: Scripted
) -> None:
    for heard in hear(online, 1.0, times=2):
        assert heard.words == ()
    pauses = [Pause(round(3.8 * RATE), round(4.2 * RATE))]
    online.silences = lambda: pauses
    found = hear(online, 1.0, times=3)
    assert text(tuple(word for each in found for word in each.words)) == "A. B. C."
    assert asr.thorough_reads == [pytest.approx(3.95)]
    assert found[-1].settled == pytest.approx(3.95)


def test_a_pause_that_lasts_makes_everything_final(online: Online, asr: Scripted) -> None:
    hear(online, 1.0, times=2)
    online.speech_ends.append(round(1.9 * RATE))
    online.start_silence()
    (heard,) = online.heard
    assert (text(heard.words), heard.hypothesis, heard.settled) == ("A. B.", (), 2.0)
    assert online.settled
    # Nothing came since: there is nothing to look at again.
    online.start_silence()
    assert asr.thorough_reads == [2.0]


def test_words_long_after_the_end_of_speech_are_left_out(online: Online) -> None:
    hear(online, 1.0, times=3)
    online.speech_ends.append(round(1.1 * RATE))
    online.start_silence()
    assert text(online.heard[0].words) == "A. B."


@pytest.mark.parametrize("why", ["fails", "skips", "off", "behind"])
def test_without_a_second_look_the_words_stay_as_first_read(
    why: str, asr: Scripted, settings: EngineSettings
) -> None:
    stand_in: Any = asr
    online = Online(stand_in, settings.model_copy(update={"second_look": why != "off"}))
    online.behind = lambda: why == "behind"
    if why == "fails":

        def out_of_memory(_: str) -> str:
            raise MemoryError

        asr.hears = out_of_memory
    if why == "skips":
        asr.thorough = lambda *_: []  # type: ignore[method-assign]
    hear(online, 1.0, times=4)
    online.start_silence()
    # The last word too, which no reader has seen, and no two passes agree on.
    assert text(online.heard[0].words) == "a. b. c. d."
    assert online.left_out == (why in {"behind", "fails"})


def test_unseen_audio_is_read_before_a_pause_where_there_is_no_second_look(
    asr: Scripted, settings: EngineSettings
) -> None:
    stand_in: Any = asr
    online = Online(stand_in, settings.model_copy(update={"second_look": False}))
    online.insert_audio_chunk(np.zeros(2 * RATE, dtype=np.float32))
    online.start_silence()
    assert text(online.heard[0].words) == "a. b."


def test_failed_passes_are_counted_and_keep_the_audio(online: Online, asr: Scripted) -> None:
    def broken(*_: Any) -> list[Word]:
        raise RuntimeError("out of memory")

    heal, asr.quick = asr.quick, broken  # type: ignore[method-assign]
    hear(online, 1.0, times=3)
    assert (online.failed_passes, len(online.audio_buffer)) == (3, 3 * RATE)
    asr.quick = heal  # type: ignore[method-assign]
    (heard,) = hear(online, 1.0)
    assert (online.failed_passes, text(heard.hypothesis)) == (0, "a. b.")


def test_noise_without_words_does_not_pile_up(online: Online, asr: Scripted) -> None:
    asr.quick = lambda *_: []  # type: ignore[method-assign]
    heard = hear(online, 1.0, times=14)
    assert any(each.wordless for each in heard)
    assert len(online.audio_buffer) < 4 * RATE


def test_what_no_pass_could_read_stays_for_the_next_one(online: Online, asr: Scripted) -> None:
    def broken(*_: Any) -> list[Word]:
        raise RuntimeError("out of memory")

    heal = asr.quick
    asr.quick = broken  # type: ignore[method-assign]
    hear(online, 1.0, times=2)
    online.start_silence()
    (heard,) = online.heard
    assert (heard.words, heard.settled, heard.upto) == ((), 0.0, 0.0)
    assert not online.settled
    asr.quick = heal  # type: ignore[method-assign]
    online.start_silence()
    assert text(online.heard[-1].words) == "A. B."
    assert online.settled


def test_the_rest_of_a_pause_is_not_read_again(online: Online, asr: Scripted) -> None:
    asr.quick = lambda *_: []  # type: ignore[method-assign]
    online.voice = lambda _start, _end: 0.0
    hear(online, 1.0)
    online.start_silence()
    assert asr.thorough_reads == []
    assert online.heard[-1].settled == 1.0


def test_without_a_boundary_the_cut_is_between_words(online: Online, asr: Scripted) -> None:
    """No two passes agree on a word."""
    passes = iter(range(100))

    def another(audio: Any, _voice: Any = None) -> list[Word]:
        letter = LETTERS[next(passes) % 7]
        return [Word(f" {letter}{letter}", float(at), at + 0.6) for at in range(int(len(audio) / RATE))]

    asr.quick = another  # type: ignore[method-assign]
    heard = hear(online, 1.0, times=14)
    cuts = sorted({each.settled for each in heard} - {0.0})
    assert cuts
    assert all(cut % 1 == pytest.approx(0.6, abs=0.01) for cut in cuts)


def test_hidden_words_are_no_silence(online: Online, asr: Scripted) -> None:
    asr.quick = lambda *_: [Word(" is", 0.0, 0.4), Word(" 19", 1.0, 1.4), Word(" 94", 1.5, 1.9)]  # type: ignore[method-assign]
    (heard,) = hear(online, 4.0)
    assert (text(heard.hypothesis), heard.upto) == ("is", 1.0)
