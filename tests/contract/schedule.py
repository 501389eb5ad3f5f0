"""The suite's conference, as a pretalx export: now is 11:00 on its first day, or 20:10 in the evening.

The clock runs on while the suite runs: nothing enters the list or leaves it for four hours, in the evening
for two.
"""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

TODAY, TOMORROW, AFTER = "2026-08-20", "2026-08-21", "2026-08-22"
ODD = "Ü;1 =%41"
"""An id that has to be encoded in an address and in a cookie's name."""
PLAIN = [f"EN{number}" for number in range(1, 17)]
BARE = "BARE"
"""No language, no speaker, no track, no place, no words; markup in its title."""
FOREIGN = "FOREIGN"
"""In a language that the demonstration's engine does not know."""
GERMAN = "DE1"
SOON, LATER, PAST = "SOON", "LATER", "PAST"
HUSH, HUSH_TOMORROW = "HUSH", "HUSH-T"
"""Not to be recorded."""
DUSK = "DUSK"
"""The one that is listed in the evening."""
MORNING, LATE, MIDNIGHT, NIGHT, NEXT_BUT_ONE = "MORNING", "LATE", "MIDNIGHT", "NIGHT", "DAYAFTER"
IN_WINDOW = {*PLAIN, GERMAN, BARE, FOREIGN, ODD, SOON}
VOTED = {MORNING, LATE, MIDNIGHT, NIGHT}
SPEAKERS = ["Ada Lovelace", "Konrad Zuse"]
TRACK = {"name": "Plenary", "color": "#2f6f4f"}
PLACE = "Large hall"
MARKUP = '<b>Bare</b> & "quoted"'


def event(
    code: str, at: str, *, day: str = TODAY, language: str | None = "en", **more: Any
) -> dict[str, Any]:
    """One talk, of four and a half hours unless `duration` says otherwise."""
    return {
        "guid": f"guid-{code}",
        "code": code,
        "id": sum(code.encode()),
        "date": f"{day}T{at}:00+02:00",
        "start": at,
        "duration": "04:30",
        "room": PLACE,
        "title": f"Talk {code}",
        "track": TRACK["name"],
        "type": "Talk",
        "language": language,
        "abstract": "What to expect.",
        "description": "More than that.",
        "do_not_record": False,
        "persons": [{"code": "ADA", "public_name": "Ada Lovelace"}, {"code": "KON", "name": "Konrad Zuse"}],
        **more,
    }


def events() -> list[dict[str, Any]]:
    bare: dict[str, Any] = {"persons": [], "track": None, "abstract": None, "description": None, "room": None}
    return [
        *(event(code, "10:45") for code in PLAIN),
        event(GERMAN, "10:45", language="de"),
        event(BARE, "10:45", language=None, title=MARKUP, **bare),
        event(FOREIGN, "10:45", language="fr"),
        event(ODD, "10:45"),
        event(HUSH, "10:45", do_not_record=True),
        # Listed since this very moment; not before 15:30; until five minutes ago.
        event(SOON, "11:30"),
        event(LATER, "16:00", duration="01:00"),
        event(PAST, "09:25", duration="01:30"),
        event(DUSK, "20:30", duration="02:30"),
        event(MORNING, "09:00", day=TOMORROW),
        event(LATE, "23:50", day=TOMORROW, duration="01:30"),
        event(MIDNIGHT, "00:10", day=TOMORROW, duration="00:30"),
        event(NIGHT, "00:15", day=TOMORROW, duration="00:30", persons=[], track=None),
        event(HUSH_TOMORROW, "09:00", day=TOMORROW, do_not_record=True),
        event(NEXT_BUT_ONE, "09:00", day=AFTER),
    ]


def write(path: Path, talks: Iterable[dict[str, Any]] | None = None, *, broken: bool = False) -> None:
    """Write an export of these talks, or of all, in one step; `broken`: its first half."""
    days = [
        {"index": number, "date": day, "day_start": f"{day}T04:00:00+02:00", "rooms": {PLACE: []}}
        for number, day in enumerate((TODAY, TOMORROW, AFTER), 1)
    ]
    for each in events() if talks is None else talks:
        # A talk after midnight stands under the day before, as pretalx prints it.
        night = each["start"] < "04:00"
        at = [day["date"] for day in days].index(each["date"][:10]) - night
        days[at]["rooms"][PLACE].append(each)
    conference = {
        "acronym": "contract",
        "title": "Conference of the contract",
        "start": TODAY,
        "end": AFTER,
        "daysCount": 3,
        "time_zone_name": "Europe/Berlin",
        "tracks": [TRACK],
        "days": days,
    }
    draft = path.with_suffix(".draft")
    document = json.dumps({"schedule": {"version": "1", "conference": conference}}, ensure_ascii=False)
    draft.write_text(document[: len(document) // 2] if broken else document)
    draft.replace(path)
