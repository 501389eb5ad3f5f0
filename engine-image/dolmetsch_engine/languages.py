"""Which language is spoken, when it is not the room's: weighed over several phrases. Pure.

A host who chose the wrong language, or did not look at it, gets captions that make no sense. The model hears
which language it is; one phrase in another language is a quotation, several in a row are the talk.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from typing import Final

SHORTEST: Final = 1.5
"""Seconds of a phrase from which on the model's word counts."""
QUOTED_FROM: Final = 2.0
"""Seconds of a phrase that may be written in another language than the room's."""
CERTAIN: Final = 0.9
"""Probability from which on a phrase is a quotation in another language."""
ENOUGH: Final = 8.0
"""Seconds of speech from which on the language of the talk is judged."""
REMEMBERED: Final = 30.0
"""Seconds of speech that are weighed."""
OTHER: Final = 0.7
"""Mean probability of a language from which on it is said to be spoken."""
OWN: Final = 0.15
"""Mean probability of the room's language up to which another one may be said to be spoken."""
_KIN: Final = (
    frozenset({"hi", "ur"}),
    frozenset({"no", "nn"}),
    frozenset({"zh", "yue"}),
    frozenset({"sr", "hr", "bs"}),
    frozenset({"id", "ms", "jw", "su"}),
    frozenset({"es", "gl", "ca"}),
)
"""Languages that the model takes for one another: no difference that it could tell."""


class SpokenLanguage:
    """What the phrases of one stream say about the language that is spoken."""

    def __init__(self, language: str) -> None:
        self._language = language
        self._phrases: deque[tuple[float, Mapping[str, float]]] = deque()

    def take(self, probabilities: Mapping[str, float], seconds: float) -> None:
        """Take what the model thinks of a phrase: probabilities by language."""
        if seconds < SHORTEST or not probabilities:
            return
        self._phrases.append((seconds, probabilities))
        while sum(each for each, _ in self._phrases) - self._phrases[0][0] >= REMEMBERED:
            self._phrases.popleft()

    @property
    def sounds_like(self) -> str:
        """The language that is spoken in place of the room's; "" while there is no reason to think so."""
        total = sum(seconds for seconds, _ in self._phrases)
        if total < ENOUGH or len(self._phrases) < 2:
            return ""
        mean: dict[str, float] = {}
        for seconds, probabilities in self._phrases:
            for language, probability in probabilities.items():
                mean[language] = mean.get(language, 0.0) + probability * seconds / total
        other = max(mean, key=lambda language: mean[language])
        told = _of_kin(mean, other) >= OTHER and _of_kin(mean, self._language) <= OWN
        return other if told and other not in kin(self._language) else ""


def quoted(probabilities: Mapping[str, float], seconds: float, language: str) -> str:
    """Return the language of a phrase that is certainly not in the room's, else ""."""
    if seconds < QUOTED_FROM or not probabilities:
        return ""
    other = max(probabilities, key=lambda each: probabilities[each])
    certain = _of_kin(probabilities, other) >= CERTAIN and other not in kin(language)
    return other if certain else ""


def _of_kin(probabilities: Mapping[str, float], language: str) -> float:
    return sum(probabilities.get(each, 0.0) for each in kin(language))


def kin(language: str) -> frozenset[str]:
    """Return the language and those that the model takes for it."""
    return frozenset({language}).union(*(each for each in _KIN if language in each))
