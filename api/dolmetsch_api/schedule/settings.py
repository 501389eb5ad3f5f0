"""Settings of the schedule: the api's, and the same for `dolmetsch run`."""

import json
from datetime import datetime
from typing import Annotated, Any

import httpx
from pydantic import AfterValidator, BeforeValidator, Field, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from dolmetsch_api.schedule.fetching import is_address
from dolmetsch_core.wire.languages import LANGUAGES

EXAMPLE = "https://pretalx.com/EVENT/schedule/export/schedule.json"


def _names(value: Any) -> Any:
    """Split `A, B`, or read the JSON list that names with a comma in them need."""
    if not isinstance(value, str):
        return value
    if not value.lstrip().startswith("["):
        return tuple(part.strip() for part in value.split(",") if part.strip())
    try:
        return tuple(json.loads(value))
    except ValueError as error:
        raise ValueError('use names separated by commas, or a JSON list such as ["A", "B"]') from error


def _nothing(value: Any) -> Any:
    return None if value == "" else value


def _with_zone(value: datetime | None) -> datetime | None:
    if value is not None and value.tzinfo is None:
        raise ValueError("add the time zone, such as 2026-08-20T09:45:00+02:00")
    return value


class ScheduleSettings(BaseSettings):
    """Where the schedule comes from and what is shown of it."""

    model_config = SettingsConfigDict(env_prefix="DOLMETSCH_", frozen=True, use_attribute_docstrings=True)

    schedule: str = ""
    """The conference's schedule: address or path of a pretalx export, `schedule.json`."""
    schedule_refresh: float = Field(default=60.0, gt=0)
    """Seconds between two looks at the schedule."""
    schedule_timeout: float = Field(default=10.0, gt=0)
    """Seconds that the whole answer of the schedule's server may take."""
    schedule_hide_tracks: Annotated[tuple[str, ...], NoDecode, BeforeValidator(_names)] = ()
    """Tracks whose talks are left out, by name; a JSON list where a name has a comma."""
    schedule_lead_minutes: float = Field(default=30.0, ge=0, le=10_080)
    """Minutes before its start from which a talk is listed."""
    fake_now: Annotated[datetime | None, BeforeValidator(_nothing), AfterValidator(_with_zone)] = None
    """Time that the schedule goes by from the start on, to try it out: `2026-08-20T09:45:00+02:00`."""
    default_language: str = "de"
    """Language of a talk that does not say its own."""

    @field_validator("schedule")
    @classmethod
    def _location(cls, value: str) -> str:
        value = value.strip()
        if is_address(value):
            try:
                url = httpx.URL(value)
            except httpx.InvalidURL:
                url = httpx.URL()
            if url.scheme not in ("http", "https") or not url.host:
                raise ValueError(f"use an address such as {EXAMPLE}, or the path of a file")
        return value

    @field_validator("default_language")
    @classmethod
    def _known_language(cls, value: str) -> str:
        if value not in LANGUAGES:
            raise ValueError(f"unknown language {value}: use one of Whisper's codes, such as de")
        return value
