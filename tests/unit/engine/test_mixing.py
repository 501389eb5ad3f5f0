"""Two channels become one."""

import numpy as np
import pytest

from dolmetsch_engine.mixing import Mixer

RATE = 16_000
VOICE = (8000 * np.sin(np.arange(RATE // 50) / 9)).astype(np.int16)
NOTHING = np.zeros_like(VOICE)
HISS = np.random.default_rng(1).integers(-40, 40, len(VOICE)).astype(np.int16)


@pytest.mark.parametrize(
    ("left", "right", "power"),
    [
        (VOICE, VOICE, 1.0),
        # One side only: half as loud, as everybody mixes.
        (VOICE, NOTHING, 0.25),
        (NOTHING, VOICE, 0.25),
        (VOICE, VOICE // 2, 0.5625),
        # Upside down.
        (VOICE, -VOICE, 1.0),
        (-VOICE, VOICE, 1.0),
        (VOICE, (-0.9 * VOICE).astype(np.int16), 1.0),
        ((-0.8 * VOICE).astype(np.int16), VOICE, 1.0),
        (VOICE + HISS, -VOICE + HISS[::-1], 1.0),
        (NOTHING, NOTHING, 0.0),
    ],
)
def test_what_was_said_is_still_there(left: np.ndarray, right: np.ndarray, power: float) -> None:
    mixer = Mixer()
    for _ in range(3):
        mixed = mixer.mix(left, right)
    assert len(mixed) == len(left)
    assert mixed.dtype == np.int16
    assert np.mean(np.square(mixed, dtype=float)) == pytest.approx(
        power * np.mean(np.square(VOICE, dtype=float)), rel=0.02
    )


def test_the_loudest_samples_do_not_overflow() -> None:
    full = np.array([32767, -32768] * 100, dtype=np.int16)
    assert np.array_equal(Mixer().mix(full, full), full)


def test_channels_that_change_places_in_a_pause_are_followed() -> None:
    mixer = Mixer()
    for _ in range(100):
        mixer.mix(VOICE, VOICE)
    for _ in range(200):
        mixed = mixer.mix(VOICE, -VOICE)
    assert np.array_equal(mixed, VOICE)


def test_nothing_is_nothing() -> None:
    assert len(Mixer().mix(NOTHING[:0], NOTHING[:0])) == 0


def test_which_channel_is_taken_does_not_change_with_every_block() -> None:
    mixer = Mixer()
    dice = np.random.default_rng(1)
    taken = set()
    for _ in range(500):
        left = VOICE + dice.integers(-40, 40, len(VOICE)).astype(np.int16)
        right = -VOICE + dice.integers(-40, 40, len(VOICE)).astype(np.int16)
        taken.add(np.array_equal(mixer.mix(left, right), left))
    assert len(taken) == 1
