"""What a talk is, whichever source it comes from, and the YAML file of rooms that are always on."""

from pathlib import Path
from typing import Any

import yaml
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, model_validator

from dolmetsch_api.answers import NamedTrack
from dolmetsch_core.wire.consent import MAX_KEEP_DAYS

SAMPLE = Path(__file__).with_name("rooms.yaml")
UNKNOWN = "Unknown"
"""The presenter's name when there is none: what clients in use show nothing for."""
DEFAULT_COLOR = "#888888"


class RoomsFileInvalid(ValueError):
    """The rooms file can't be used. Remedy: the message names the place."""


class Track(NamedTrack):
    """A strand of the conference as a source tells of it, which may leave out either."""

    model_config = ConfigDict(frozen=True)
    name: str = ""
    color: str = DEFAULT_COLOR


class Talk(BaseModel):
    """A talk that may be activated as a room, from the rooms file, the schedule or an admin.

    All words are text as their authors wrote it, never markup.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    id: str = Field(min_length=1, max_length=200)
    """The room's id: of a scheduled talk, its code."""
    title: str
    description: str = ""
    abstract: str = ""
    presenter: str = UNKNOWN
    """Everybody who speaks, in one line."""
    persons: tuple[str, ...] = ()
    """Names of those who speak."""
    location: str = ""
    """The place, which a schedule calls room."""
    source_lang: str = ""
    """Whisper's code of the language spoken; empty: not said."""
    track: Track = Track()
    vocabulary: tuple[str, ...] = ()
    """Names and terms that Whisper is told to expect."""
    start: AwareDatetime | None = None
    end: AwareDatetime | None = None
    do_not_record: bool = False
    """Can be neither listed nor activated."""
    keep_days: int | None = Field(default=None, ge=1, le=MAX_KEEP_DAYS)
    """Days that its transcripts are kept; none: as the platform's settings say."""

    @model_validator(mode="before")
    @classmethod
    def _presenter_of_persons(cls, given: Any) -> Any:
        """Without a presenter, the persons are it."""
        if not isinstance(given, dict) or given.get("presenter"):
            return given
        persons = given.get("persons") or ()
        names = (
            [each for each in persons if isinstance(each, str)] if isinstance(persons, list | tuple) else []
        )
        return given | {"presenter": ", ".join(names) or UNKNOWN}

    @property
    def code(self) -> str:
        """What transcripts and votes call the id."""
        return self.id

    @property
    def speakers(self) -> tuple[str, ...]:
        """Names of those who speak, at least one: a list that clients read is never empty."""
        return self.persons or (self.presenter,)


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid")
    rooms: tuple[Talk, ...]


def load_talks(path: Path | None = None) -> dict[str, Talk]:
    """Read talks by id from a file of `rooms`, or the sample. Raises RoomsFileInvalid."""
    path = path or SAMPLE
    try:
        found = _File.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except (OSError, yaml.YAMLError, ValueError) as error:
        raise RoomsFileInvalid(
            f"The rooms file {path} can't be used: {error}. Compare it with {SAMPLE}."
        ) from error
    talks = {talk.id: talk for talk in found.rooms}
    if len(talks) != len(found.rooms):
        raise RoomsFileInvalid(f"The rooms file {path} has two rooms of the same id: give each its own.")
    return talks
