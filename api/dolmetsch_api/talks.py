"""The talks that can become rooms: from a YAML file."""

from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

SAMPLE = Path(__file__).with_name("rooms.yaml")


class RoomsFileInvalid(ValueError):
    """The rooms file can't be used. Remedy: the message names the place."""


class Track(BaseModel):
    """A strand of the conference, with the colour that pages give it."""

    model_config = ConfigDict(frozen=True)
    name: str = ""
    color: str = "#888888"


class Talk(BaseModel):
    """A talk that may be activated as a room; `location` is the place that a schedule calls room."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    id: str = Field(min_length=1, max_length=200)
    title: str
    description: str = ""
    presenter: str = "Unknown"
    location: str = ""
    source_lang: str = "de"
    track: Track = Track()
    vocabulary: tuple[str, ...] = ()


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid")
    rooms: tuple[Talk, ...]


def load_talks(path: Path | None = None) -> dict[str, Talk]:
    """Read talks by id from a file of `rooms`. Raises RoomsFileInvalid."""
    path = path or SAMPLE
    try:
        found = _File.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except (OSError, yaml.YAMLError, ValidationError) as error:
        raise RoomsFileInvalid(
            f"The rooms file {path} can't be used: {error}. Compare it with {SAMPLE}."
        ) from error
    talks = {talk.id: talk for talk in found.rooms}
    if len(talks) != len(found.rooms):
        raise RoomsFileInvalid(f"The rooms file {path} has two rooms of the same id: give each its own.")
    return talks
