"""A pretalx export for tests: two days, six talks, as pretalx writes them and as plugins do."""

import json
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

from dolmetsch_api.schedule.pretalx import Schedule, parse_schedule

EXPORT = Path(__file__).with_name("schedule.json")
CODES = ("OPEN11", "OFFREC", "LATE33", "MORN44", "WORK55", "5f1f7a0e-0006-5f3c-8a6e-000000000006")
"""By start; the last has no code but its guid."""


def export(change: Callable[[dict[str, Any]], object] = lambda _: None) -> bytes:
    """The export after `change` of its conference."""
    found = json.loads(EXPORT.read_text(encoding="utf-8"))
    change(found["schedule"]["conference"])
    return json.dumps(found).encode()


def one(zone: str = "Europe/Berlin", day: Any = "2026-08-20", **event: Any) -> bytes:
    """An export of a single event."""
    conference = {
        "title": "One",
        "time_zone_name": zone,
        "days": [{"date": day, "rooms": {"Hall": [{"code": "A1", "title": "t"} | event]}}],
    }
    return json.dumps({"schedule": {"conference": conference}}).encode()


def schedule() -> Schedule:
    """The export as it is."""
    return parse_schedule(EXPORT.read_bytes())


def at(moment: str) -> datetime:
    """A moment; the summer of Berlin unless it says otherwise."""
    return datetime.fromisoformat(moment if "+" in moment or moment.endswith("Z") else f"{moment}+02:00")
