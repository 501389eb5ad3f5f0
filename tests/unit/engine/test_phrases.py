"""Where a phrase ends: in a pause that was heard, or between words that two passes agree on."""

import pytest

from dolmetsch_engine.whisper.pauses import Pause, PauseMeter
from dolmetsch_engine.whisper.phrases import Limits, phrase_end
from dolmetsch_engine.words import Word

RATE = 16_000
LIMITS = Limits(sentence=3.0, unpaused=4.5, full=8.0, overfull=12.0, at_sentences=False)
SENTENCES = Limits(sentence=3.0, unpaused=4.5, full=8.0, overfull=12.0, at_sentences=True)


def pause(start: float, end: float) -> Pause:
    return Pause(round(start * RATE), round(end * RATE))


def said(text: str, start: float = 0.0, step: float = 0.4, gap: float = 0.0) -> list[Word]:
    """Words one after the other, each `step` long and followed by a gap."""
    return [
        Word(f" {word}", start + at * (step + gap), start + at * (step + gap) + step)
        for at, word in enumerate(text.split())
    ]


TEN = said("one two three four five six seven eight nine ten.")


@pytest.mark.parametrize(
    ("known", "pauses", "end", "limits", "cut"),
    [
        # A sentence and a breath.
        (TEN, [pause(4.0, 4.4)], 5.0, LIMITS, 4.15),
        (TEN, [pause(4.1, 4.4)], 4.4, LIMITS, 4.25),
        # Too short a pause, too short a phrase, a pause whose end was not seen yet.
        (TEN, [pause(4.0, 4.2)], 5.0, LIMITS, None),
        (said("Yes, of course."), [pause(1.2, 1.8)], 2.9, LIMITS, None),
        (TEN, [pause(4.0, 4.4)], 4.1, LIMITS, None),
        # A breath within a sentence, until the phrase is long.
        (said("one two three four five six seven eight nine ten"), [pause(4.0, 4.4)], 5.0, LIMITS, None),
        (said("one two three four five six seven eight nine ten"), [pause(4.0, 4.4)], 8.5, LIMITS, 4.15),
        (said("one two three four five six seven eight nine ten"), [pause(4.0, 4.4)], 8.5, SENTENCES, None),
        (said("one two three four five six seven eight nine ten"), [pause(4.0, 4.4)], 12.5, SENTENCES, 4.15),
        # No pause at all: after a sentence, then at the widest gap, both between agreed words.
        ([*TEN, *said("eleven", start=4.1)], [], 8.5, LIMITS, 4.05),
        ([*said("one two", step=3.5), *said("three", start=7.3)], [], 12.5, LIMITS, 7.15),
        # Not in the pause in which the phrase before has ended.
        (said("one two", step=3.5), [pause(0.0, 0.4)], 12.5, LIMITS, 3.5),
        # A sentence that no pause follows, after four seconds and a half.
        (
            [
                *said("one two three four five six seven eight nine ten eleven twelve."),
                *said("and", start=4.9),
            ],
            [],
            5.5,
            LIMITS,
            4.85,
        ),
        # What one pass alone has seen, or nobody, is no boundary.
        (TEN, [], 8.5, LIMITS, None),
        ([], [], 30.0, LIMITS, None),
        (TEN[:1], [], 30.0, LIMITS, None),
    ],
)
def test_where_a_phrase_ends(
    known: list[Word], pauses: list[Pause], end: float, limits: Limits, cut: float | None
) -> None:
    found = phrase_end(known, pauses, 0.0, end, limits)
    assert found == (None if cut is None else pytest.approx(cut))


def test_a_later_phrase_is_measured_from_its_own_start() -> None:
    words = [word.moved(100.0) for word in TEN]
    assert phrase_end(words, [pause(50.0, 51.0), pause(104.0, 104.4)], 100.0, 105.0, LIMITS) == pytest.approx(
        104.15
    )


def test_meter_tells_a_pause_that_still_lasts() -> None:
    meter = PauseMeter(shortest=round(0.2 * RATE))
    for probability in (0.9, 0.9, 0.1, 0.1):
        meter.window(probability, RATE)
    assert meter.so_far() == [Pause(2 * RATE, 4 * RATE)]
    meter.window(0.9, RATE)
    assert meter.so_far() == [Pause(2 * RATE, 4 * RATE)]
