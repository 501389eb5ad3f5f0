"""What is heard in a hall and is no speech: applause, babble, typing, chimes, breath, music, song, nothing.

Made by arithmetic, so that nothing is kept in the tree; 16 kHz, samples between -1 and 1. For recordings,
which are not to be had freely: each has the shape in time and frequency that misleads a speech model.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.float64]
RATE: Final = 16_000


def applause(seconds: float, dice: np.random.Generator) -> Samples:
    """Some hundred hands, louder at first, then fewer."""
    size = round(seconds * RATE)
    sound = np.zeros(size + RATE)
    clap = dice.standard_normal(round(0.03 * RATE)) * np.exp(-np.arange(round(0.03 * RATE)) / (0.004 * RATE))
    for at in dice.integers(0, size, round(120 * seconds)):
        sound[at : at + len(clap)] += clap * dice.uniform(0.2, 1.0) * (1 - 0.7 * at / size)
    return _level(_band(sound[:size], 700, 6000), 0.15)


def typing(seconds: float, dice: np.random.Generator) -> Samples:
    """Keys of a laptop beside the microphone, in bursts."""
    size = round(seconds * RATE)
    sound = np.zeros(size + RATE)
    at = 0
    while at < size:
        for _ in range(dice.integers(3, 14)):
            length = round(dice.uniform(0.006, 0.02) * RATE)
            click = dice.standard_normal(length) * np.exp(-np.arange(length) / (0.15 * length))
            sound[at : at + length] += click * dice.uniform(0.3, 1.0)
            at = min(size, at + round(dice.uniform(0.07, 0.2) * RATE))
        at += round(dice.uniform(0.3, 2.0) * RATE)
    return _level(_band(sound[:size], 300, 7000), 0.04)


def chime(seconds: float, dice: np.random.Generator) -> Samples:
    """A gong of the hall: three notes that ring out, every four seconds."""
    sound = np.zeros(round(seconds * RATE) + 5 * RATE)
    for begin in np.arange(0.3, seconds, 4.0):
        for n, pitch in enumerate((659.3, 523.3, 392.0)):
            time = np.arange(3 * RATE) / RATE
            note = sum(np.sin(2 * np.pi * pitch * k * time) / k * np.exp(-time * k) for k in (1, 2.76, 5.4))
            at = round((begin + 0.6 * n) * RATE)
            sound[at : at + len(time)] += note * dice.uniform(0.9, 1.0)
    return _level(sound[: round(seconds * RATE)], 0.1)


def breath(seconds: float, dice: np.random.Generator) -> Samples:
    """Somebody breathes into a microphone that is worn on the head."""
    time = np.arange(round(seconds * RATE)) / RATE
    swell = (
        np.clip(np.sin(2 * np.pi * time / 3.4), 0, 1) ** 2
        + 0.6 * np.clip(np.sin(2 * np.pi * time / 3.4 + 2.6), 0, 1) ** 3
    )
    return _level(_band(dice.standard_normal(len(time)), 400, 3000) * swell, 0.03)


def music(seconds: float, dice: np.random.Generator) -> Samples:
    """Chords, a bass and a beat."""
    size = round(seconds * RATE)
    sound = np.zeros(size + 2 * RATE)
    chords = ((220.0, 261.6, 329.6), (174.6, 220.0, 261.6), (196.0, 246.9, 293.7), (164.8, 196.0, 246.9))
    beat = 0.5
    for n, begin in enumerate(np.arange(0, seconds, beat)):
        at, time = round(begin * RATE), np.arange(round(1.2 * beat * RATE)) / RATE
        fade = np.exp(-3 * time) * np.minimum(1, time * 60)
        for pitch in (*chords[n // 4 % 4], chords[n // 4 % 4][0] / 2):
            note = sum(np.sin(2 * np.pi * pitch * k * time) / k for k in range(1, 7))
            sound[at : at + len(time)] += 0.3 * note * fade
        drum = dice.standard_normal(len(time)) * np.exp(-time * (60 if n % 2 else 25))
        sound[at : at + len(time)] += 0.7 * drum
    return _level(sound[:size], 0.12)


def singing(seconds: float, dice: np.random.Generator) -> Samples:
    """A voice without words: a melody of vowels with vibrato, above the music."""
    time = np.arange(round(seconds * RATE)) / RATE
    melody = 220.0 * 2 ** (np.array([0, 2, 4, 7, 4, 2, 0, -3])[(time / 0.8).astype(int) % 8] / 12)
    phase = 2 * np.pi * np.cumsum(melody * (1 + 0.012 * np.sin(2 * np.pi * 5.5 * time))) / RATE
    voice = sum(np.sin(k * phase) / k for k in range(1, 25))
    vowels = ((700, 1150), (400, 2000), (450, 800))
    parts = [_vowel(voice, *formants) for formants in vowels]
    which = (time / 1.6).astype(int) % len(vowels)
    sung = np.choose(which, parts)
    return _level(_level(sung, 0.1) + 0.4 * music(seconds, dice), 0.12)


def muted(seconds: float, dice: np.random.Generator) -> Samples:
    """A microphone that is switched off: what an analogue-digital converter makes of nothing."""
    return dice.integers(-1, 2, round(seconds * RATE)) / 32768


def babble(seconds: float, dice: np.random.Generator, speech: Samples) -> Samples:
    """Twelve people at once, of whom nothing can be understood: `speech`, shifted and slightly detuned."""
    size = round(seconds * RATE)
    sound = np.zeros(size)
    for _ in range(12):
        pace = dice.uniform(0.85, 1.2)
        at = (dice.integers(0, len(speech)) + np.arange(size) * pace) % (len(speech) - 1)
        sound += np.interp(at, np.arange(len(speech)), speech) * dice.uniform(0.6, 1.0)
    return _level(sound, 0.06)


ALONE: Final[dict[str, Callable[[float, np.random.Generator], Samples]]] = {
    "applause": applause,
    "typing": typing,
    "chime": chime,
    "breath": breath,
    "music": music,
    "singing": singing,
    "muted": muted,
}
"""All but babble, which needs speech."""


def _vowel(voice: Samples, one: float, two: float) -> Samples:
    return _band(voice, 0.8 * one, 1.2 * one) + 0.6 * _band(voice, 0.85 * two, 1.15 * two)


def _band(sound: Samples, low: float, high: float) -> Samples:
    spectrum = np.fft.rfft(sound)
    at = np.fft.rfftfreq(len(sound), 1 / RATE)
    edge = 0.15
    gain = 1 / (1 + np.exp(-(np.log(np.maximum(at, 1) / low)) / edge))
    gain /= 1 + np.exp(np.log(np.maximum(at, 1) / high) / edge)
    return np.fft.irfft(spectrum * gain, len(sound))


def _level(sound: Samples, rms: float) -> Samples:
    return np.clip(sound * rms / max(1e-9, float(np.sqrt(np.mean(sound**2)))), -1, 1)
