"""What was heard becomes updates: session times, each sentence once, positions, nothing without news."""

from dataclasses import replace

import pytest

from dolmetsch_engine.captions import Captions, Silence
from dolmetsch_engine.pauses import heed_pauses
from dolmetsch_engine.seam import Resume
from dolmetsch_engine.whisper.heard import Heard
from dolmetsch_engine.whisper.pauses import Pause
from dolmetsch_engine.words import Word

RATE = 16_000
OFFSET = 100 * RATE


def said(text: str, start: float, step: float = 0.3) -> tuple[Word, ...]:
    return tuple(
        Word(f" {word}", round(start + at * step, 3), round(start + (at + 1) * step, 3))
        for at, word in enumerate(text.split())
    )


def heard(words: str, start: float, upto: float, *, rest: str = "", settled: bool = False) -> Heard:
    known = said(words, start)
    return Heard(known, said(rest, known[-1].end + 0.1 if known else start), upto, upto if settled else 0.0)


def test_update_has_session_times_and_samples() -> None:
    captions = Captions("en", OFFSET)
    pauses = [Pause(round(1.3 * RATE), round(1.9 * RATE))]
    captions.hear(heard("The hall is large.", 0.1, 1.3), pauses, 0.0)
    update = captions.hear(heard("My name", 1.95, 3.0, rest="is"), pauses, 0.4)
    assert update is not None
    (sentence,) = update.sentences
    assert (sentence.line, sentence.sent, sentence.text) == (0, 0, "The hall is large.")
    assert sentence.start == pytest.approx(100.1)
    assert sentence.end == pytest.approx(101.3)
    assert update.rest == "My name is"
    assert update.rest_start == pytest.approx(101.95)
    assert update.committed == OFFSET + round(1.45 * RATE)
    assert update.delay == 0.4


def test_nothing_new_is_no_update() -> None:
    captions = Captions("en")
    assert captions.hear(heard("", 0.0, 1.0, rest="The"), (), 0.0) is not None
    assert captions.hear(heard("", 0.0, 1.7, rest="The"), (), 0.0) is None


def test_silence_finishes_the_sentence_then_the_position_follows() -> None:
    captions = Captions("en")
    captions.hear(heard("And then we", 0.1, 1.8, settled=True), (), 0.0)
    assert captions.wait(Silence(since=RATE, now=2 * RATE), 0.0) is None
    update = captions.wait(Silence(since=RATE, now=4 * RATE), 0.0)
    assert update is not None
    assert [sentence.text for sentence in update.sentences] == ["And then we"]
    assert update.committed == 3 * RATE


def test_resumed_stream_does_not_write_again_what_was_written() -> None:
    resume = Resume(line=2, sent=3, tail="My name is Julia.", end=101.5, line_start=90.0)
    captions = Captions("en", OFFSET, resume)
    captions.hear(heard("My name is Julia. Today I", 0.3, 2.0), (), 0.0)
    update = captions.finish(round(2.5 * RATE))
    assert update is not None
    assert [(sentence.line, sentence.sent, sentence.text) for sentence in update.sentences] == [
        (2, 3, "Today I")
    ]
    assert update.committed == OFFSET + round(2.5 * RATE)


def test_finish_writes_held_words_too() -> None:
    captions = Captions("en", OFFSET, Resume(0, 1, "My name is Julia.", end=101.0))
    captions.hear(heard("Completely other words here", 0.5, 1.8), (), 0.0)
    update = captions.finish(2 * RATE)
    assert update is not None
    assert update.sentences


def test_noise_moves_the_position() -> None:
    captions = Captions("en")
    update = captions.hear(Heard((), (), 6.5, settled=6.5, wordless=True), (), 1.0)
    assert update is not None
    assert update.committed == round(6.5 * RATE)


def test_another_language_than_the_chosen_one_is_news_of_its_own() -> None:
    captions = Captions("en")
    captions.hear(heard("", 0.0, 1.0, rest="The"), (), 0.0)
    update = captions.hear(replace(heard("", 0.0, 1.7, rest="The"), sounds_like="de"), (), 0.0)
    assert update is not None
    assert update.sounds_like == "de"
    assert captions.hear(replace(heard("", 0.0, 2.4, rest="The"), sounds_like="de"), (), 0.0) is None


@pytest.mark.parametrize(
    ("word", "times"),
    [
        ((0.0, 1.3), (0.95, 1.3)),  # begins in the pause before it
        ((0.3, 0.9), (0.95, 1.0)),  # lies in it altogether: the next phrase's first word
        ((1.8, 3.3), (2.95, 3.3)),  # begins before the pause and ends behind it: the same
        ((1.2, 1.6), (1.2, 2.0)),  # ends early, before a pause
        ((1.5, 2.8), (1.5, 2.05)),  # reaches into the pause after it
        ((1.2, 1.4), (1.2, 1.4)),  # has nothing to do with either
    ],
)
def test_word_times_heed_pauses(word: tuple[float, float], times: tuple[float, float]) -> None:
    pauses = [Pause(0, RATE), Pause(2 * RATE, 3 * RATE)]
    (heeded,) = heed_pauses([Word(" hall", *word)], [], pauses)
    assert (heeded.start, heeded.end) == pytest.approx(times)


def test_word_before_another_is_not_stretched_to_the_pause_after_both() -> None:
    pauses = [Pause(2 * RATE, 3 * RATE)]
    first, second = heed_pauses([Word(" the", 1.4, 1.6), Word(" hall", 1.6, 1.9)], [], pauses)
    assert (first.end, second.end) == (1.6, 2.0)


def test_last_word_before_the_pause_that_its_phrase_ends_in_stays_before_it() -> None:
    pauses = [Pause(round(3.8 * RATE), round(4.2 * RATE))]
    before = Word(" works.", 3.2, 3.6)
    (heeded,) = heed_pauses([Word(" Right.", 3.76, 3.94)], [], pauses, before, until=3.95)
    assert (heeded.start, heeded.end) == pytest.approx((3.76, 3.85))
    # A phrase that goes on behind the pause may begin there.
    (heeded,) = heed_pauses([Word(" Right.", 3.76, 3.94)], [], pauses, before, until=9.0)
    assert heeded.start == pytest.approx(4.15)
