"""What the routes of votes answer."""

from datetime import datetime
from typing import Final

from pydantic import BaseModel, ConfigDict, JsonValue

from dolmetsch_api.answers import NamedPerson, NamedTrack
from dolmetsch_api.rooms.talks import Talk

_EXAMPLE: Final[dict[str, JsonValue]] = {
    "id": "AB3CDE",
    "code": "AB3CDE",
    "title": "Welcome",
    "votes": 7,
    "track": {"name": "Plenary", "color": "#2f6f4f"},
    "abstract": "What to expect of these two days.",
    "description": "",
    "room": "Large hall",
    "persons": [{"name": "Ada Lovelace"}],
    "language": "en",
    "start": "2026-08-20T10:00:00+02:00",
    "end": "2026-08-20T10:45:00+02:00",
}


class VotableTalk(BaseModel):
    """A talk of the next day and its votes."""

    model_config = ConfigDict(use_attribute_docstrings=True, json_schema_extra={"examples": [_EXAMPLE]})

    id: str
    code: str
    title: str
    votes: int
    track: NamedTrack
    abstract: str
    description: str
    room: str
    """The place."""
    persons: list[NamedPerson]
    language: str
    start: datetime | None
    end: datetime | None


def votable(talk: Talk, count: int, source_lang: str) -> VotableTalk:
    """Return a talk of the list; `source_lang`: what it will be spoken in, as far as is known."""
    return VotableTalk(
        id=talk.id,
        code=talk.code,
        title=talk.title,
        votes=count,
        track=talk.track,
        abstract=talk.abstract,
        description=talk.description,
        room=talk.location,
        persons=[NamedPerson(name=name) for name in talk.speakers],
        language=source_lang,
        start=talk.start,
        end=talk.end,
    )
