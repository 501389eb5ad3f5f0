"""`/api/v1/schedule`: all talks that may be activated, with their times, for pages."""

from datetime import UTC, datetime
from typing import Final

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, JsonValue

from dolmetsch_api.answers import NamedPerson
from dolmetsch_api.platform import Platform
from dolmetsch_api.rooms.talks import Talk, Track

_EXAMPLE: Final[dict[str, JsonValue]] = {
    "title": "Example conference",
    "time_zone": "Europe/Berlin",
    "now": "2026-08-20T09:45:00+02:00",
    "talks": [
        {
            "id": "AB3CDE",
            "title": "Welcome",
            "abstract": "What to expect of these two days.",
            "description": "",
            "track": {"name": "Plenary", "color": "#2f6f4f"},
            "location": "Large hall",
            "persons": [{"name": "Ada Lovelace"}],
            "source_lang": "en",
            "start": "2026-08-20T10:00:00+02:00",
            "end": "2026-08-20T10:45:00+02:00",
        }
    ],
}


class ScheduledTalk(BaseModel):
    """A talk with its time. All words are plain text."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    id: str
    """The talk's code in the schedule, and its room's id."""
    title: str
    abstract: str
    description: str
    track: Track
    location: str
    """The place, which a schedule calls room."""
    persons: list[NamedPerson]
    """At least one; its name is `Unknown` when there is none."""
    source_lang: str
    """The language that it is, or most likely will be, spoken in."""
    start: datetime
    end: datetime


class ScheduleAnswer(BaseModel):
    """All talks of the schedule that may be activated, by start, in the conference's time zone."""

    model_config = ConfigDict(use_attribute_docstrings=True, json_schema_extra={"examples": [_EXAMPLE]})

    title: str
    """The conference's; empty without a schedule."""
    time_zone: str
    """The conference's, such as `Europe/Berlin`."""
    now: datetime
    """The time that the schedule goes by."""
    talks: list[ScheduledTalk]


def routes(platform: Platform) -> APIRouter:
    """Return the route."""
    router = APIRouter()

    @router.get("/api/v1/schedule")
    async def schedule() -> ScheduleAnswer:
        programme = platform.programme
        found = programme.schedule
        zone = found.zone if found else UTC
        return ScheduleAnswer(
            title=found.title if found else "",
            time_zone=str(zone),
            now=programme.now().astimezone(zone),
            talks=[
                _told(platform, talk, talk.start.astimezone(zone), talk.end.astimezone(zone))
                for talk in programme.recordable()
                if talk.start and talk.end
            ],
        )

    return router


def _told(platform: Platform, talk: Talk, start: datetime, end: datetime) -> ScheduledTalk:
    return ScheduledTalk(
        id=talk.id,
        title=talk.title,
        abstract=talk.abstract,
        description=talk.description,
        track=talk.track,
        location=talk.location,
        persons=[NamedPerson(name=name) for name in talk.speakers],
        source_lang=platform.source_lang(talk),
        start=start,
        end=end,
    )
