"""The committed position: the last pause before which every word is in a written sentence."""

from dolmetsch_engine.positions import Positions
from dolmetsch_engine.whisper.pauses import Pause, PauseMeter

RATE = 16_000


def pause(start: float, end: float) -> Pause:
    return Pause(round(start * RATE), round(end * RATE))


def test_pause_after_written_words_is_the_position() -> None:
    positions = Positions()
    positions.words([0.5, 1.0, 2.5])
    assert positions.pauses([pause(1.2, 2.0)], written=2, understood=0.0) == round(1.35 * RATE)


def test_cut_lies_within_the_first_half_of_a_short_pause() -> None:
    positions = Positions()
    positions.words([0.5, 2.5])
    assert positions.pauses([pause(1.2, 1.4)], written=1, understood=0.0) == round(1.3 * RATE)


def test_pause_before_which_a_word_is_not_written_is_none() -> None:
    positions = Positions()
    positions.words([0.5, 1.0, 2.5])
    assert positions.pauses([pause(1.2, 2.0)], written=1, understood=0.0) == 0


def test_earlier_pause_serves_when_the_last_does_not() -> None:
    positions = Positions()
    positions.words([0.5, 1.0, 2.5, 4.0])
    cut = positions.pauses([pause(1.2, 2.0), pause(3.0, 3.5)], written=2, understood=0.0)
    assert cut == round(1.35 * RATE)


def test_pause_counts_only_when_a_word_behind_it_is_certain() -> None:
    positions = Positions()
    positions.words([0.5, 1.0])
    assert positions.pauses([pause(1.2, 2.0)], written=2, understood=0.0) == 0
    assert positions.pauses([pause(1.2, 2.0)], written=2, understood=2.1) == round(1.35 * RATE)


def test_position_never_goes_back() -> None:
    positions = Positions()
    positions.words([0.5, 2.5, 4.0])
    positions.pauses([pause(3.0, 3.5)], written=2, understood=0.0)
    assert positions.pauses([pause(1.0, 2.0)], written=2, understood=0.0) == round(3.15 * RATE)


def test_long_break_takes_the_position_along() -> None:
    positions = Positions()
    positions.words([0.5])
    assert positions.quiet(round(1.0 * RATE), round(60.0 * RATE), written=1) == 59 * RATE
    assert positions.quiet(round(1.0 * RATE), round(61.0 * RATE), written=1) == 60 * RATE


def test_break_does_not_while_words_before_it_are_unwritten() -> None:
    positions = Positions()
    positions.words([0.5])
    assert positions.quiet(round(1.0 * RATE), round(60.0 * RATE), written=0) == 0


def test_noise_takes_the_position_along() -> None:
    positions = Positions()
    assert positions.wordless(8 * RATE, written=0) == 8 * RATE


def test_talk_of_hours_keeps_no_more_than_the_last_words() -> None:
    positions = Positions()
    for at in range(20_000):
        positions.words([at * 0.4])
    assert positions.committed == 20_000
    assert len(positions._middles) <= 4_000
    assert positions.pauses([pause(7999.0, 7999.5)], written=19_999, understood=0.0) == round(7999.15 * RATE)


def test_meter_notes_pauses_but_not_breaths() -> None:
    meter = PauseMeter(shortest=3 * 512)
    for probability in (0.1, 0.1, 0.1, 0.9, 0.2, 0.2, 0.9, 0.4, 0.2, 0.3, 0.4, 0.9, 0.1):
        meter.window(probability, 512)
    assert list(meter.pauses) == [Pause(0, 3 * 512), Pause(8 * 512, 11 * 512)]
    assert meter.quiet_from == 12 * 512
