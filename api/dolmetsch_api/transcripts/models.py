"""What our routes of transcripts answer, and how it comes of what is stored."""

from collections.abc import Sequence
from datetime import UTC, datetime, tzinfo
from typing import Final

from pydantic import BaseModel, ConfigDict, JsonValue, StrictBool

from dolmetsch_api.answers import NamedPerson, NamedTrack
from dolmetsch_api.rooms.talks import DEFAULT_COLOR
from dolmetsch_api.transcripts import marks
from dolmetsch_api.transcripts.cues import recordings
from dolmetsch_api.transcripts.marks import MadeBy
from dolmetsch_core.archive.reading import Line, Listed, Part
from dolmetsch_core.wire.consent import TalkFacts

_HEADING: Final[dict[str, JsonValue]] = {
    "title": "Welcome",
    "code": "AB3CDE",
    "persons": [{"name": "Ada Lovelace"}],
    "location": "Large hall",
    "track": {"name": "Plenary", "color": "#2f6f4f"},
}
_SUMMARY: Final[dict[str, JsonValue]] = {
    "room": "AB3CDE",
    "talk": _HEADING,
    "public": True,
    "mine": False,
    "source_lang": "en",
    "languages": ["de", "en"],
    "first": "2025-08-18T12:03:02Z",
    "last": "2025-08-18T12:48:02.500000Z",
    "running": False,
}
_LINE: Final[dict[str, JsonValue]] = {
    "start": 2.0,
    "end": 3.5,
    "line": 0,
    "speaker": -1,
    "lang": "en",
    "texts": {"en": "Good morning.", "de": "Guten Morgen."},
}
_TRANSCRIPT: Final[dict[str, JsonValue]] = {
    "room": "AB3CDE",
    "talk": _HEADING,
    "public": True,
    "source_lang": "en",
    "made_by": marks.EXAMPLE,
    "parts": [
        {
            "started": "2025-08-18T12:03:00Z",
            "ended": "2025-08-18T12:50:00Z",
            "recording": 0,
            "reviewed": False,
            "lines": [_LINE],
        }
    ],
}


class TalkHeading(BaseModel):
    """What a transcript is headed with."""

    title: str
    code: str
    persons: list[NamedPerson]
    location: str
    track: NamedTrack


class TranscriptSummary(BaseModel):
    """A room's transcript in a list, all of its parts as one."""

    model_config = ConfigDict(use_attribute_docstrings=True, json_schema_extra={"examples": [_SUMMARY]})

    room: str
    talk: TalkHeading
    public: bool
    """Everybody may read it."""
    mine: bool
    """The caller may delete it, and say whether it was reviewed."""
    source_lang: str
    languages: list[str]
    """Spoken or translated into."""
    first: datetime
    """When the first sentence began."""
    last: datetime
    """When the last one ended."""
    running: bool
    """The talk goes on."""


class TranscriptLine(BaseModel):
    """A sentence in all its languages."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    start: float
    """Seconds since the part's first audio."""
    end: float
    line: int
    speaker: int
    """0-based; -1: not known."""
    lang: str
    """The language that was spoken."""
    texts: dict[str, str]


class TranscriptPart(BaseModel):
    """One session of a room."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    started: datetime
    """When its first audio came."""
    ended: datetime | None
    """null: the talk goes on."""
    recording: int
    """Which recording of the room it is of, as `?recording=` counts: six hours or more lie between two."""
    reviewed: bool
    """A person has reviewed it."""
    lines: list[TranscriptLine]


class Transcript(BaseModel):
    """All that is known of a room's transcript."""

    model_config = ConfigDict(json_schema_extra={"examples": [_TRANSCRIPT]})

    room: str
    talk: TalkHeading
    public: bool
    source_lang: str
    made_by: MadeBy
    parts: list[TranscriptPart]


class Deleted(BaseModel):
    """How many parts were deleted."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"deleted": 2}]})

    deleted: int


class Review(BaseModel):
    """Whether a person has read and checked a transcript."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"reviewed": True}]})

    reviewed: StrictBool


class Reviewed(BaseModel):
    """Of how many parts that was noted."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"parts": 2}]})

    parts: int


def summary(each: Listed) -> TranscriptSummary:
    """Return a room of the list."""
    return TranscriptSummary(
        room=each.room,
        talk=_heading(each.talk),
        public=each.public,
        mine=each.mine,
        source_lang=each.source_lang,
        languages=list(each.languages),
        first=_moment(each.first),
        last=_moment(each.last),
        running=each.ended is None,
    )


def transcript(room_id: str, parts: Sequence[Part], zone: tzinfo | None) -> Transcript:
    """Return all that is known of a room's transcript, of which there is a part at least."""
    newest = parts[-1]
    return Transcript(
        room=room_id,
        talk=_heading(newest.talk),
        public=newest.public,
        source_lang=newest.source_lang,
        made_by=marks.mark_of_transcript(parts, zone),
        parts=[
            TranscriptPart(
                started=_moment(part.started),
                ended=None if part.ended is None else _moment(part.ended),
                recording=recording,
                reviewed=part.reviewed,
                lines=[_line(each) for each in part.lines],
            )
            for part, recording in zip(parts, recordings(parts), strict=True)
        ],
    )


def _line(each: Line) -> TranscriptLine:
    said = each.sentence
    return TranscriptLine(
        start=said.start,
        end=said.end,
        line=said.line,
        speaker=said.speaker,
        lang=said.lang,
        texts={said.lang: said.text, **each.translations},
    )


def _heading(talk: TalkFacts) -> TalkHeading:
    return TalkHeading(
        title=talk.title,
        code=talk.code,
        persons=[NamedPerson(name=name) for name in talk.persons],
        location=talk.location,
        track=track_of(talk),
    )


def track_of(talk: TalkFacts) -> NamedTrack:
    """Return the talk's track; what was stored may lack its colour."""
    return NamedTrack(name=talk.track, color=talk.track_color or DEFAULT_COLOR)


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
