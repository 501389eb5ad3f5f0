"""A quiet speaker is made louder; pauses, clicks and a loud one are left alone."""

import numpy as np
import pytest

from dolmetsch_engine.loudness import HELD, MOST, NOTHING, RATE, WANTED, Loudness


def hum(loudness: float, seconds: float = 0.25) -> np.ndarray:
    """A tone of this root mean square."""
    time = np.arange(round(seconds * RATE)) / RATE
    return (loudness * np.sqrt(2) * np.sin(2 * np.pi * 200 * time)).astype(np.float32)


def begun(loudness: float) -> Loudness:
    """A stream in which somebody has spoken so loud, with gaps."""
    stream = Loudness()
    for _ in range(3):
        stream.apply(hum(loudness))
        stream.apply(hum(loudness / 100))
    return stream


def rms(sound: np.ndarray) -> float:
    return float(np.sqrt(np.mean(np.square(sound))))


@pytest.mark.parametrize(
    ("given", "heard"),
    [
        (0.3, 0.3),
        (0.1, 0.1),
        (WANTED, WANTED),
        (0.01, WANTED),
        (0.001, WANTED),
        (WANTED / MOST, WANTED),
        # No more than 40 dB, and nothing of nothing.
        (WANTED / MOST / 1.4, WANTED / 1.4),
        (NOTHING / 2, NOTHING / 2),
        (0.0, 0.0),
    ],
)
def test_a_steady_voice(given: float, heard: float) -> None:
    loudness = begun(given)
    for _ in range(8):
        sound = loudness.apply(hum(given))
    assert rms(sound) == pytest.approx(heard, rel=0.05)


def test_the_first_word_is_made_louder_already() -> None:
    loudness = Loudness()
    loudness.apply(hum(0.0001))
    assert rms(loudness.apply(hum(0.003))) > 0.01


@pytest.mark.parametrize("noise", [0.0003, 0.001, 0.01])
def test_what_is_always_the_same_is_no_voice(noise: float) -> None:
    loudness = Loudness()
    dice = np.random.default_rng(1)
    for _ in range(20):
        sound = dice.normal(0, noise, RATE // 4).astype(np.float32)
        assert loudness.apply(sound) is sound


def test_a_break_is_never_made_louder_than_the_speech_before_it_needs() -> None:
    loudness = begun(0.2)
    dice = np.random.default_rng(1)
    for _ in range(round(3 * HELD / RATE / 0.25)):
        sound = loudness.apply(dice.normal(0, 0.001, RATE // 4).astype(np.float32))
    assert rms(sound) == pytest.approx(0.001, rel=0.05)


def test_a_quieter_speaker_is_made_louder_after_a_minute() -> None:
    loudness = begun(0.2)
    for _ in range(round(HELD / RATE / 0.5) + 2):
        loudness.apply(hum(0.003))
        loudness.apply(hum(0.0002))
    assert rms(loudness.apply(hum(0.003))) > 0.02


def test_noise_after_a_muted_microphone_is_no_voice() -> None:
    loudness = Loudness()
    dice = np.random.default_rng(1)
    for _ in range(8):
        loudness.apply(np.zeros(RATE // 4, dtype=np.float32))
    for _ in range(20):
        sound = dice.normal(0, 0.0005, RATE // 4).astype(np.float32)
        assert loudness.apply(sound) is sound


def test_a_click_does_not_hide_a_quiet_voice() -> None:
    loudness = begun(0.003)
    click = hum(0.003)
    click[:30] += 0.2
    loudness.apply(click)
    assert rms(loudness.apply(hum(0.003))) > 0.008


def test_a_loud_moment_is_not_clipped() -> None:
    loudness = begun(0.001)
    assert np.max(np.abs(loudness.apply(hum(0.3)))) < 0.6


@pytest.mark.parametrize("samples", [0, 1, 100, 799, 801])
def test_any_number_of_samples(samples: int) -> None:
    loudness = Loudness()
    assert len(loudness.apply(np.full(samples, 0.001, dtype=np.float32))) == samples
    assert loudness.apply(np.zeros(samples, dtype=np.float32)).dtype == np.float32
