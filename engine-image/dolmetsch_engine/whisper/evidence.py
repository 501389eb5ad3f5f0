"""Whether a segment was spoken: the model's own evidence, against how much of it was a voice. Pure.

Whisper has learned from subtitles: to applause, music and silence it says what stands there then, thanks for
watching and who has made the subtitles, in each language its own. People say thank you too, so such a phrase
goes only where the evidence is weak.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from dolmetsch_engine.whisper.phantoms import PHANTOMS
from dolmetsch_engine.words import normal

SURELY_NOT: Final = 0.9
"""Probability of no speech from which on nothing else counts."""
HARDLY: Final = 0.6
"""The same, from which on the model has to be fairly confident of what it reads."""
MAYBE_NOT: Final = 0.4
"""The same, from which on it must not guess, nor go round in circles. Many voices at once are like that."""
NO_VOICE: Final = 0.1
"""Share of a segment in which a voice was heard, up to which nobody spoke."""
LITTLE_VOICE: Final = 0.4
"""Share up to which the model has to be confident."""
CONFIDENT: Final = -0.8
"""Mean log probability of a token from which on it is."""
SURE: Final = -0.6
"""The same for phrases that it says to noise."""
CIRCLES: Final = 2.4
"""How much shorter a compressed text is that goes round in circles (Whisper's own limit)."""


@dataclass(frozen=True)
class Evidence:
    """What is known of a segment."""

    text: str
    no_speech: float
    """Probability that it is none, by the model."""
    confidence: float
    """Mean log probability of its tokens."""
    voice: float | None
    """Share of its time in which a voice was heard; None: nobody listened for one."""
    repetition: float = 1.0
    """How much shorter the text is when it is compressed."""
    appended: bool = False
    """It follows the first window of a pass: a second of audio or less, decoded on its own."""


def was_said(segment: Evidence) -> bool:
    """Whether somebody said it."""
    if segment.no_speech > SURELY_NOT:
        return False
    guessed = segment.confidence < CONFIDENT or segment.repetition > CIRCLES
    if segment.no_speech > MAYBE_NOT and guessed:
        return False
    if segment.no_speech > HARDLY and segment.confidence < SURE:
        return False
    if segment.appended and segment.no_speech > 0.3 and segment.confidence < -1.0:
        return False
    if segment.voice is not None:
        if segment.voice <= NO_VOICE:
            return False
        if segment.voice <= LITTLE_VOICE and segment.confidence < CONFIDENT:
            return False
    return not (normal(segment.text) in PHANTOMS and _weak(segment))


def _weak(segment: Evidence) -> bool:
    little = segment.voice is not None and segment.voice <= LITTLE_VOICE
    return little or segment.confidence < SURE or segment.no_speech > 0.3
