"""A room's transcript in one language: all parts, each on the time line of the recording that it is of."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from dolmetsch_core.archive.reading import Line, Part

APART_S = 6 * 3600
"""A pause longer than this lies between two recordings: the room was used again on another day."""


@dataclass(frozen=True)
class Cue:
    """A piece of text with its time in seconds of the recording: 0 is when its first audio came."""

    start: float
    end: float
    text: str
    speaker: int = -1
    """-1: not known."""
    line: int = 0
    """Cues of one paragraph share it."""


@dataclass(frozen=True)
class TextPart:
    """One session of the room."""

    started: float
    """Unix seconds."""
    cues: tuple[Cue, ...]
    offset: float = 0.0
    """When it began, in seconds of its recording."""
    recording: int = 0
    """Which recording it is of: 0 is the room's first."""
    speech_model: str = ""
    """Empty: not known."""
    translator: str | None = None
    """None: all of it is as it was spoken; empty: who translated is not known."""
    reviewed: bool = False


def recordings(parts: Sequence[Part]) -> list[int]:
    """Return for each part, in order of time, which recording it is of."""
    numbers = [0] if parts else []
    for before, part in pairwise(parts):
        apart = part.started - before.started - max(each.sentence.end for each in before.lines) > APART_S
        numbers.append(numbers[-1] + apart)
    return numbers


def in_language(parts: Sequence[Part], lang: str) -> list[TextPart]:
    """Return the parts that have text in `lang`, by time; what was not translated is left out.

    Empty: nothing was said or translated in it.
    """
    found = []
    began: dict[int, float] = {}
    for part, number in zip(parts, recordings(parts), strict=True):
        offset = part.started - began.setdefault(number, part.started)
        if cues := tuple(_cues(part.lines, lang, offset)):
            found.append(
                TextPart(
                    part.started,
                    cues,
                    offset,
                    number,
                    speech_model=part.speech_model,
                    translator=_translator(part, lang),
                    reviewed=part.reviewed,
                )
            )
    return found


def _translator(part: Part, lang: str) -> str | None:
    translated = any(line.sentence.lang != lang and lang in line.translations for line in part.lines)
    return part.translators.get(lang, "") if translated else None


def of_recording(parts: Sequence[TextPart], number: int | None) -> list[TextPart]:
    """Return the parts of one recording; None: of the newest that has text."""
    if number is None:
        number = parts[-1].recording if parts else 0
    return [part for part in parts if part.recording == number]


def _cues(lines: Iterable[Line], lang: str, offset: float) -> Iterable[Cue]:
    for each in lines:
        said = each.sentence
        text = said.text if said.lang == lang else each.translations.get(lang)
        if text and not text.isspace():
            yield Cue(said.start + offset, said.end + offset, text, said.speaker, said.line)


def one_line(text: str) -> str:
    """Return the text in one line, without what is a time to some players: a blank line ends a subtitle."""
    return re.sub(r"\s+", " ", text).strip().replace("-->", "→")
