"""A room's transcript in one language: all parts, joined on the time line of a recording of the talk."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from dolmetsch_core.archive.reading import Line, Part


@dataclass(frozen=True)
class Cue:
    """A piece of text with its time in seconds of the talk: 0 is when its first audio came."""

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


def in_language(parts: Sequence[Part], lang: str) -> list[TextPart]:
    """Return the parts that have text in `lang`, by time; what was not translated is left out.

    Empty: nothing was said or translated in it.
    """
    found = []
    for part in parts:
        cues = tuple(_cues(part.lines, lang, part.started - parts[0].started))
        if cues:
            found.append(TextPart(part.started, cues))
    return found


def _cues(lines: Iterable[Line], lang: str, offset: float) -> Iterable[Cue]:
    for each in lines:
        said = each.sentence
        text = said.text if said.lang == lang else each.translations.get(lang)
        if text:
            yield Cue(said.start + offset, said.end + offset, text, said.speaker, said.line)
