"""The mark of a transcript: that a machine made it, which one, and whether a person reviewed it. Pure."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, tzinfo
from typing import Final, Literal

from pydantic import BaseModel, ConfigDict, JsonValue

from dolmetsch_api.transcripts.cues import TextPart, one_line
from dolmetsch_core.archive.reading import Part
from dolmetsch_core.version import VERSION

SOURCE_TYPE: Final = "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"
"""IPTC's term for what a trained model made. The page's head says it too."""
NAME_LENGTH: Final = 40
"""Characters of a model's or translator's name in words, a subtitle's line at most; JSON has all of them."""
EXAMPLE: Final[dict[str, JsonValue]] = {
    "program": "Dolmetsch",
    "version": "0.1.0",
    "speech_models": ["base"],
    "translators": {"de": ["libretranslate"]},
    "day": "2025-08-18",
    "reviewed": False,
    "digital_source_type": SOURCE_TYPE,
}


class MadeBy(BaseModel):
    """What made a transcript or one text of it, and who reviewed it."""

    model_config = ConfigDict(
        frozen=True, use_attribute_docstrings=True, json_schema_extra={"examples": [EXAMPLE]}
    )

    program: Literal["Dolmetsch"] = "Dolmetsch"
    version: str
    """Of the program that wrote this answer."""
    speech_models: tuple[str, ...]
    """By their first use; a model that is not known is left out."""
    translators: dict[str, tuple[str, ...]]
    """For each language that holds translations, who translated; empty where that is not known."""
    day: date
    """When the first of it was said, in the conference's time zone."""
    reviewed: bool
    """A person has reviewed all of it."""
    digital_source_type: str = SOURCE_TYPE
    """IPTC's term for how it was made."""


def mark_of_transcript(parts: Sequence[Part], zone: tzinfo | None) -> MadeBy:
    """Return the mark of a room's transcript, of which there is a part at least, in all its languages."""
    translators: dict[str, list[str]] = {}
    for part in parts:
        for lang in sorted({lang for line in part.lines for lang in line.translations}):
            translators.setdefault(lang, []).append(part.translators.get(lang, ""))
    return MadeBy(
        version=VERSION,
        speech_models=_named(part.speech_model for part in parts),
        translators={lang: _named(names) for lang, names in translators.items()},
        day=_day(parts[0].started, zone),
        reviewed=all(part.reviewed for part in parts),
    )


def mark_of_text(parts: Sequence[TextPart], lang: str, zone: tzinfo | None) -> MadeBy:
    """Return the mark of a text in one language, of which there is a part at least."""
    translators = [part.translator for part in parts if part.translator is not None]
    return MadeBy(
        version=VERSION,
        speech_models=_named(part.speech_model for part in parts),
        translators={lang: _named(translators)} if translators else {},
        day=_day(parts[0].started, zone),
        reviewed=all(part.reviewed for part in parts),
    )


def in_words(mark: MadeBy) -> str:
    """Return the mark of a text in one line, without the arrow that subtitles have in their times."""
    facts = [
        f"{mark.program} {mark.version}",
        _models(mark.speech_models),
        *(f"translated by {_listed(names) or 'a machine'}" for names in mark.translators.values()),
        mark.day.isoformat(),
        "reviewed by a person" if mark.reviewed else "not reviewed by a person",
    ]
    return f"Made by a machine: {', '.join(facts)}."


def _models(names: Sequence[str]) -> str:
    if not names:
        return "speech model not known"
    return f"speech model{'s' if len(names) > 1 else ''} {_listed(names)}"


def _listed(names: Sequence[str]) -> str:
    return ", ".join(one_line(name)[:NAME_LENGTH].strip() for name in names)


def _named(names: Iterable[str]) -> tuple[str, ...]:
    """Each name once, in order, without what is not known."""
    return tuple(dict.fromkeys(name for name in names if name.strip()))


def _day(seconds: float, zone: tzinfo | None) -> date:
    return datetime.fromtimestamp(seconds, zone).date()
