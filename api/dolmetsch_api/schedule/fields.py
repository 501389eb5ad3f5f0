"""Single fields of an export, which people and plugins write: each reader takes anything and never raises,
but for LeftOut where an event is of no use without the field."""

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Any, Final

from dolmetsch_api.rooms.talks import DEFAULT_COLOR

TEXT_LENGTH: Final = 20_000
"""More of a description is cut: everybody polls the list that it is in."""
DEFAULT_DURATION: Final = timedelta(minutes=30)
LONGEST: Final = timedelta(days=31)
"""What is said to last longer is a slip of the pen."""
DAY_CHANGE: Final = time(4)
"""A day of a schedule goes on until then where it does not say until when: as pretalx does."""
_YEARS: Final = range(2000, 2200)
_COLOR: Final = re.compile(r"#(?:[0-9a-fA-F]{3,4}|[0-9a-fA-F]{6}|[0-9a-fA-F]{8})")
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
_NO: Final = ("", "false", "no", "none", "null", "off", "0")


class LeftOut(Exception):
    """The event can't be used; the message is the reason, without words of the schedule."""


def text(value: Any, length: int = TEXT_LENGTH) -> str:
    """Return a string, or the English, German or first words of `{"en": …, "de": …}`; else ''.

    Half surrogates and control characters go: neither JSON for clients nor a database takes them.
    """
    if isinstance(value, dict):
        known = [value.get("en"), value.get("de"), *value.values()]
        value = next((each for each in known if isinstance(each, str) and each.strip()), "")
    if not isinstance(value, str):
        return ""
    value = value[:length].replace("\r\n", "\n").encode("utf-8", "replace").decode("utf-8")
    return _CONTROL.sub(" ", value).strip()


def identity(value: Any) -> str:
    """Return a code or number as text; '' when it is neither."""
    if isinstance(value, int) and not isinstance(value, bool):
        # A number beyond this is no id, and Python refuses to write the largest ones out.
        return str(value) if abs(value) < 10**100 else ""
    return text(value) if isinstance(value, str) else ""


def names(value: Any) -> frozenset[str]:
    """Return all names that a track goes by, in lower case: of a string, a `{name}`, a localised dict."""
    return frozenset(each.casefold() for each in _names(value, depth=2) if each)


def _names(value: Any, depth: int) -> Iterator[str]:
    if isinstance(value, dict) and depth:
        for key, each in value.items():
            if key not in ("color", "slug", "id"):
                yield from _names(each, depth - 1)
    else:
        yield text(value)


def color(value: Any) -> str:
    """Return a `#rrggbb` colour; anything else is grey, for pages put it into their styles."""
    return value if isinstance(value, str) and _COLOR.fullmatch(value) else DEFAULT_COLOR


def forbids(value: Any) -> bool:
    """Whether `do_not_record` forbids: what can't be understood does."""
    return value.strip().casefold() not in _NO if isinstance(value, str) else bool(value)


def duration(value: Any) -> timedelta:
    """Return the time of `HH:MM`, `DD:HH:MM` or minutes; 30 minutes when it is none."""
    parts = str(value).strip().split(":") if isinstance(value, str) else [identity(value)]
    if len(parts) > 3 or not all(re.fullmatch("[0-9]{1,6}", part) for part in parts):
        return DEFAULT_DURATION
    minutes, hours, days = ([int(part) for part in reversed(parts)] + [0, 0])[:3]
    found = timedelta(days=days, hours=hours, minutes=minutes)
    return found if timedelta() < found <= LONGEST else DEFAULT_DURATION


def begin(event: dict[str, Any], day: dict[str, Any], zone: tzinfo) -> datetime:
    """Return when an event begins, in UTC. Raises LeftOut.

    Its `date` says it all; without one (or with a mere day in it), `start` on the schedule's day does, where
    a time before the day's change belongs to the night after it.
    """
    given = text(event.get("date"))
    try:
        moment = datetime.fromisoformat(given) if given else None
    except ValueError:
        raise LeftOut("the date can't be read") from None
    if moment is None or (":" not in given and "T" not in given):
        moment = _on_its_day(event, day, moment.date() if moment else None)
    try:
        found = (moment if moment.tzinfo else moment.replace(tzinfo=zone)).astimezone(UTC)
    except (OverflowError, ValueError):
        raise LeftOut("the date is out of range") from None
    if found.year not in _YEARS:
        raise LeftOut("the date is out of range")
    return found


def _on_its_day(event: dict[str, Any], day: dict[str, Any], its_date: date | None) -> datetime:
    try:
        start = text(event.get("start"))
        # 9:30 as well.
        at = time.fromisoformat(f"0{start}" if start[1:2] == ":" else start)
    except ValueError:
        raise LeftOut("there is neither a date with a time nor a start") from None
    if its_date:
        return datetime.combine(its_date, at)
    try:
        found = datetime.combine(date.fromisoformat(text(day.get("date"))[:10]), at)
        return found + timedelta(days=1) if at.replace(tzinfo=None) < _change(day) else found
    except (ValueError, OverflowError):
        raise LeftOut("there is no date, and the day has none") from None


def _change(day: dict[str, Any]) -> time:
    """When the schedule's day begins, by its own clock."""
    try:
        return datetime.fromisoformat(text(day.get("day_start"))).time()
    except ValueError:
        return DAY_CHANGE
