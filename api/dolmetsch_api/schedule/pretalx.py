"""A pretalx export, `schedule.json`, becomes talks: bytes in, a Schedule out, nothing else.

One event that can't be used is left out with a reason and never costs the others. Words stay the text that
they are: an export's HTML is not markup here.
"""

import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from functools import cached_property
from typing import Any, Final
from zoneinfo import ZoneInfo

from dolmetsch_api.rooms.talks import Talk, Track
from dolmetsch_api.schedule.fields import LeftOut, begin, color, duration, forbids, identity, names, text
from dolmetsch_api.schedule.languages import whisper_code
from dolmetsch_core.wire.room import TITLE_LENGTH

CODE_LENGTH: Final = 200
NAMED: Final = 5
"""So many codes are named with a reason."""


class ScheduleInvalid(ValueError):
    """The whole is no schedule. Remedy: the message names the place that is wrong."""


@dataclass(frozen=True)
class Schedule:
    """One reading of an export."""

    title: str
    """The conference's."""
    zone: tzinfo
    """What a calendar day of the conference goes by."""
    events: tuple[Talk, ...]
    """By start; hidden tracks are left out, talks that must not be recorded are not. Each has start and end,
    in UTC."""
    barred: frozenset[str] = frozenset()
    """Codes of all events that must not be recorded, also of those that could not be used."""
    complaints: tuple[str, ...] = ()
    """What could not be used and why, for the log."""

    @cached_property
    def by_code(self) -> Mapping[str, Talk]:
        """The events by code."""
        return {event.code: event for event in self.events}


def parse_schedule(content: bytes, *, hide_tracks: Collection[str] = ()) -> Schedule:
    """Read an export, without tracks of these names (in any case). Raises ScheduleInvalid."""
    conference = _conference(content)
    days = conference.get("days")
    if not isinstance(days, list):
        raise ScheduleInvalid("schedule.conference.days is not a list")
    reading = _Reading(conference, hide_tracks)
    for day, location, event in _events(days):
        reading.take(event, day, location)
    return reading.schedule(text(conference.get("title")))


def _conference(content: bytes) -> dict[str, Any]:
    try:
        place, found = "the document", json.loads(content)
    except (ValueError, RecursionError) as error:
        raise ScheduleInvalid(f"not JSON: {str(error) or type(error).__name__}") from error
    for key in ("schedule", "conference"):
        if not isinstance(found, dict):
            raise ScheduleInvalid(f"{place} is not an object")
        place, found = key if key == "schedule" else f"{place}.{key}", found.get(key)
    if not isinstance(found, dict):
        raise ScheduleInvalid(f"{place} is not an object")
    return found


def _events(days: list[Any]) -> Iterator[tuple[dict[str, Any], str, Any]]:
    """Yield each event with its day and the name of its place, in the order of the document."""
    for day in days:
        rooms = day.get("rooms") if isinstance(day, dict) else None
        for location, events in rooms.items() if isinstance(rooms, dict) else ():
            for event in events if isinstance(events, list) else ():
                yield day, location, event


class _Reading:
    """What was read so far of one export."""

    def __init__(self, conference: dict[str, Any], hide_tracks: Collection[str]) -> None:
        self._hidden = {name.strip().casefold() for name in hide_tracks}
        self._zone, self._complaints = _zone(conference.get("time_zone_name"))
        self._colors = _colors(conference.get("tracks"))
        self._events: dict[str, Talk] = {}
        self._barred: set[str] = set()
        self._left_out: dict[str, list[str]] = {}

    def take(self, event: Any, day: dict[str, Any], location: str) -> None:
        """Add an event, or note why not."""
        given = event if isinstance(event, dict) else {}
        code = _code(given)
        if code and forbids(given.get("do_not_record")):
            # Before anything else is looked at: an event that can't be used may still be forbidden.
            self._barred.add(code)
        if not self._hidden.isdisjoint(names(given.get("track"))):
            return
        try:
            self._check(code)
            self._events[code] = self._talk(code, given, day, location)
        except LeftOut as why:
            self._left_out.setdefault(str(why), []).append(code)

    def _check(self, code: str) -> None:
        if not code:
            raise LeftOut("there is no code, guid, id or slug")
        if len(code) > CODE_LENGTH:
            raise LeftOut(f"the code is longer than {CODE_LENGTH} characters")
        if code in self._events:
            raise LeftOut("the code is taken by an earlier event")

    def _talk(self, code: str, event: dict[str, Any], day: dict[str, Any], location: str) -> Talk:
        start = begin(event, day, self._zone)
        return Talk(
            id=code,
            title=text(event.get("title"), TITLE_LENGTH) or code,
            description=text(event.get("description")),
            abstract=text(event.get("abstract")),
            persons=_persons(event.get("persons")),
            location=text(event.get("room")) or text(location),
            source_lang=whisper_code(text(event.get("language"))),
            track=self._track(event.get("track")),
            start=start,
            end=start + duration(event.get("duration")),
            do_not_record=forbids(event.get("do_not_record")),
        )

    def _track(self, given: Any) -> Track:
        named = given.get("name", given) if isinstance(given, dict) else given
        own = color(given.get("color")) if isinstance(given, dict) else color(None)
        known = (self._colors[name] for name in sorted(names(given)) if name in self._colors)
        return Track(name=text(named), color=next(known, own))

    def schedule(self, title: str) -> Schedule:
        """Return all that was read."""

        def order(talk: Talk) -> tuple[datetime, str, str]:
            return talk.start or datetime.min.replace(tzinfo=UTC), talk.location, talk.code

        counted = [
            f"{len(codes)} left out because {why}{_some(codes)}" for why, codes in self._left_out.items()
        ]
        return Schedule(
            title=title,
            zone=self._zone,
            events=tuple(sorted(self._events.values(), key=order)),
            barred=frozenset(self._barred),
            complaints=(*self._complaints, *counted),
        )


def _some(codes: list[str]) -> str:
    known = [repr(code[:40]) for code in codes if code]
    return f" ({', '.join(known[:NAMED])}{', …' if len(known) > NAMED else ''})" if known else ""


def _zone(name: Any) -> tuple[tzinfo, list[str]]:
    """Return the time zone; one that nobody knows is UTC, with a complaint."""
    try:
        return ZoneInfo(text(name)), []
    except (KeyError, ValueError, OSError):
        return UTC, [f"the time zone {text(name, 40)!r} is not known, UTC is used"]


def _colors(tracks: Any) -> dict[str, str]:
    """Return colours by each name of a track, in lower case."""
    return {
        name: color(track.get("color"))
        for track in (tracks if isinstance(tracks, list) else ())
        if isinstance(track, dict)
        for name in names(track.get("name"))
    }


def _code(event: dict[str, Any]) -> str:
    """Return the talk's code, or something as lasting; '' when it has neither."""
    return next((code for key in ("code", "guid", "id", "slug") if (code := identity(event.get(key)))), "")


def _persons(given: Any) -> tuple[str, ...]:
    found = (
        text(each.get("public_name")) or text(each.get("name")) if isinstance(each, dict) else text(each)
        for each in (given if isinstance(given, list) else ())
    )
    return tuple(name for name in found if name)
