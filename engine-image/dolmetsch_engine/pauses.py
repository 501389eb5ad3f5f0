"""Pauses heard by the voice activity detector, and words whose times are put right by them. Pure.

Whisper's word times jitter by tenths of a second beside a pause: a first word may begin anywhere in it, a
last one may end well before it. The detector knows to 32 ms where nobody spoke.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Final, Protocol

from dolmetsch_engine.words import Word, closes_sentence

RATE: Final = 16_000
EDGE: Final = 0.05
"""Seconds by which the detector hears a start late and an end early."""
EARLY: Final = 0.5
"""Seconds by which Whisper may end a last word too early."""


class PauseLike(Protocol):
    """Samples of the stream without speech."""

    @property
    def start(self) -> int:
        """First sample without speech."""

    @property
    def end(self) -> int:
        """Sample at which speech was heard again."""


def heed_pauses(
    words: Sequence[Word],
    following: Sequence[Word],
    pauses: Sequence[PauseLike],
    last: Word | None = None,
    until: float = math.inf,
) -> list[Word]:
    """Return the words with times that no longer reach into a pause, or end short of one.

    `following` are the words after them, `last` is the one before. `until`: their audio was cut there; none
    of them comes after the pause in which that was. All times are seconds of the stream.
    """
    recent = _since(words[0].start - 2.0, pauses) if words else []
    heeded: list[Word] = []
    everything = [*words, *following[:1]]
    for at, word in enumerate(words):
        after = everything[at + 1] if at + 1 < len(everything) else None
        heeded.append(_heed(word, heeded[-1] if heeded else last, after, recent, until))
    return heeded


def _heed(
    word: Word, before: Word | None, after: Word | None, pauses: list[tuple[float, float]], until: float
) -> Word:
    start, end = word.start, word.end
    opens = before is None or closes_sentence(before.text)
    for quiet_from, quiet_to in pauses:
        middle = (quiet_from + quiet_to) / 2
        ends_it = quiet_from <= until <= quiet_to
        within = not ends_it and quiet_from - EDGE <= start < quiet_to and (end > middle or opens)
        full = before is not None and before.end >= quiet_from - EDGE  # no room left before the pause
        across = (
            not ends_it and opens and quiet_from - EARLY <= start < quiet_from and (end > quiet_to or full)
        )
        if within or across:
            start = quiet_to - EDGE  # it begins in the pause before it
            end = max(end, start + EDGE)
        elif start < quiet_from < end <= quiet_to:
            end = min(end, quiet_from + EDGE)  # it ends in the pause after it
        elif end <= quiet_from <= end + EARLY and (after is None or after.middle > middle):
            end = quiet_from  # it is the last before the pause
    if before is not None:
        start = max(start, before.end)
    return replace(word, start=max(start, 0.0), end=max(start, end))


def _since(second: float, pauses: Sequence[PauseLike]) -> list[tuple[float, float]]:
    """Return the pauses that end after this second, oldest first, in seconds."""
    recent: list[tuple[float, float]] = []
    for pause in reversed(pauses):
        if pause.end / RATE < second:
            break
        recent.append((pause.start / RATE, pause.end / RATE))
    return recent[::-1]
