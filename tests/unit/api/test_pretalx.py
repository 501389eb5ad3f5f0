"""An export becomes talks; what can't be used is left out with a reason and costs nothing else."""

import json
from datetime import UTC, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dolmetsch_api.rooms.talks import Track
from dolmetsch_api.schedule.pretalx import Schedule, ScheduleInvalid, parse_schedule
from tests.unit.api.export import CODES, at, export, one, schedule


def only(content: bytes) -> Any:
    (talk,) = parse_schedule(content).events
    return talk


def complaints(content: bytes) -> str:
    return "; ".join(parse_schedule(content).complaints)


def begins(content: bytes) -> str:
    """The single event's start in UTC; '-' when it is left out."""
    events = parse_schedule(content).events
    return f"{events[0].start.astimezone(UTC):%m-%d %H:%M}" if events and events[0].start else "-"


def test_an_export_of_pretalx_is_read_without_complaint() -> None:
    found = schedule()
    assert (found.title, str(found.zone)) == ("Lingua 2026", "Europe/Berlin")
    assert tuple(talk.code for talk in found.events) == CODES
    assert found.barred == {"OFFREC"}
    assert found.complaints == ()


def test_a_talk_says_what_rooms_transcripts_and_votes_need() -> None:
    talk = schedule().by_code["OPEN11"]
    assert talk.persons == ("Ada Lovelace", "Konrad Zuse")
    assert talk.presenter == "Ada Lovelace, Konrad Zuse"
    assert (talk.location, talk.source_lang) == ("Großer Saal", "en")
    assert talk.track == Track(name="Plenary", color="#2f6f4f")
    assert (talk.abstract, talk.description) == ("What to expect.", "Two days of <b>language</b>.")
    assert (talk.start, talk.end) == (at("2026-08-20T10:00"), at("2026-08-20T10:45"))


def test_markup_in_a_title_stays_the_text_that_it_is() -> None:
    assert schedule().by_code["OPEN11"].title == "Opening <script>alert('hi')</script> & welcome"


def test_a_talk_of_missing_and_null_fields_has_the_same_shape() -> None:
    bare = schedule().events[-1]
    assert (bare.title, bare.location, bare.presenter, bare.persons) == (
        "Closing",
        "Werkstatt",
        "Unknown",
        (),
    )
    assert bare.speakers == ("Unknown",)
    assert bare.track == Track()
    assert (bare.start, bare.end) == (at("2026-08-21T14:00"), at("2026-08-21T14:30"))


@pytest.mark.parametrize(
    ("track", "name", "color"),
    [
        ("plenary", "plenary", "#2f6f4f"),
        ({"de": "Werkstätten", "en": "Workshops"}, "Workshops", "#7a4fa3"),
        ({"de": "Werkstätten"}, "Werkstätten", "#7a4fa3"),
        ({"name": {"de": "Werkstätten"}}, "Werkstätten", "#7a4fa3"),
        ({"name": "Own", "color": "#123456"}, "Own", "#123456"),
        ({"name": "Own", "color": "red;background:url(x)"}, "Own", "#888888"),
        ("Other", "Other", "#888888"),
        (None, "", "#888888"),
        ([1], "", "#888888"),
    ],
)
def test_a_track_has_its_name_and_colour_however_it_is_written(track: Any, name: str, color: str) -> None:
    def change(conference: dict[str, Any]) -> None:
        conference["days"][0]["rooms"]["Großer Saal"][0]["track"] = track

    found = parse_schedule(export(change)).by_code["OPEN11"].track
    assert (found.name, found.color) == (name, color)


@pytest.mark.parametrize(
    ("hidden", "left"),
    [
        ((), 6),
        (("Plenary",), 4),
        ((" PLENARY ",), 4),
        (("workshops",), 4),
        (("Werkstätten",), 5),
        (("Plenary", "Workshops"), 2),
        (("Another",), 6),
    ],
)
def test_hidden_tracks_are_left_out_by_any_name_they_have_in_the_event(
    hidden: tuple[str, ...], left: int
) -> None:
    assert len(parse_schedule(export(), hide_tracks=hidden).events) == left


def test_a_hidden_talk_that_must_not_be_recorded_is_barred_all_the_same() -> None:
    assert parse_schedule(export(), hide_tracks=["Plenary"]).barred == {"OFFREC"}


@pytest.mark.parametrize(
    ("event", "start"),
    [
        ({"date": "2026-08-20T10:00:00+02:00"}, "08-20 08:00"),
        ({"date": "2026-08-20T10:00:00Z"}, "08-20 10:00"),
        ({"date": "2026-08-20T10:00:00", "start": "15:00"}, "08-20 08:00"),
        ({"date": "2026-08-21T00:30:00+02:00", "start": "00:30"}, "08-20 22:30"),
        ({"date": "2026-08-22", "start": "9:15"}, "08-22 07:15"),
        ({"date": None, "start": "10:00"}, "08-20 08:00"),
        ({"start": "10:00:00"}, "08-20 08:00"),
        # The night that belongs to the day before, as pretalx has it.
        ({"start": "00:30"}, "08-20 22:30"),
        ({"start": "03:59"}, "08-21 01:59"),
        ({"start": "04:00"}, "08-20 02:00"),
        ({"start": "25:30"}, "-"),
        ({"start": ""}, "-"),
        ({"start": 600}, "-"),
        ({}, "-"),
        ({"date": "tomorrow", "start": "10:00"}, "-"),
        ({"date": "2026-13-45T10:00:00"}, "-"),
        ({"date": "0001-01-01T00:00:00+14:00"}, "-"),
        ({"date": "9999-12-31T23:59:00-14:00"}, "-"),
        ({"date": "1026-08-20T10:00:00+02:00"}, "-"),
        ({"date": 1755676800}, "-"),
    ],
)
def test_the_date_says_when_and_without_it_the_day(event: dict[str, Any], start: str) -> None:
    assert begins(one(**event)) == start


@pytest.mark.parametrize("day", [None, "", "soon", 20260820, "9999-12-31"])
def test_an_event_without_any_date_is_left_out(day: Any) -> None:
    assert begins(one(day=day, start="01:00")) == "-"


@pytest.mark.parametrize(
    ("date", "start"),
    [
        # The clock goes forward at 2:00 (a time that there is not), and back at 3:00 (one there is twice).
        ("2026-03-29T01:59:00", "03-29 00:59"),
        ("2026-03-29T02:30:00", "03-29 01:30"),
        ("2026-03-29T03:00:00", "03-29 01:00"),
        ("2026-10-25T02:30:00", "10-25 00:30"),
        ("2026-10-25T02:30:00+01:00", "10-25 01:30"),
        ("2026-10-25T03:00:00", "10-25 02:00"),
    ],
)
def test_a_time_without_a_zone_is_the_conferences_also_where_the_clock_is_changed(
    date: str, start: str
) -> None:
    assert begins(one(date=date)) == start


def test_a_talk_across_the_change_of_the_clock_lasts_as_long_as_it_says() -> None:
    talk = only(one(date="2026-10-25T01:30:00", duration="03:00"))
    assert talk.end - talk.start == timedelta(hours=3)
    assert talk.end == at("2026-10-25T03:30:00+01:00")


@pytest.mark.parametrize(
    ("written", "minutes"),
    [
        ("00:45", 45),
        ("1:30", 90),
        ("36:00", 36 * 60),
        ("1:02:03", 24 * 60 + 123),
        ("90", 90),
        (25, 25),
        ("00:00", 30),
        (0, 30),
        (None, 30),
        ("", 30),
        ("-1:00", 30),
        ("an hour", 30),
        ("1:2:3:4", 30),
        ("999999:999999:999999", 30),
        (True, 30),
        ([], 30),
    ],
)
def test_a_duration_is_hours_and_minutes_or_half_an_hour(written: Any, minutes: int) -> None:
    talk = only(one(start="10:00", duration=written))
    assert talk.end - talk.start == timedelta(minutes=minutes)


@pytest.mark.parametrize(
    "zone", ["", "Mars/Phobos", "../../etc/passwd", "/etc/passwd", "Europe", None, 5, "\ud800"]
)
def test_an_unknown_zone_is_utc_with_a_complaint(zone: Any) -> None:
    content = one(zone=zone, start="10:00")
    assert begins(content) == "08-20 10:00"
    assert "is not known, UTC is used" in complaints(content)


@pytest.mark.parametrize(
    ("names", "code"),
    [
        ({"code": None, "guid": "g-1", "id": 7}, "g-1"),
        ({"code": "", "id": 7, "slug": "s"}, "7"),
        ({"code": " ", "slug": "s"}, "s"),
        ({"code": 42}, "42"),
        ({"code": "a/b ü"}, "a/b ü"),
    ],
)
def test_without_a_code_something_as_lasting_is_it(names: dict[str, Any], code: str) -> None:
    assert only(one(start="10:00", **names)).code == code


@pytest.mark.parametrize(
    ("event", "why"),
    [
        ({"code": None}, "no code, guid, id or slug"),
        ({"code": True}, "no code, guid, id or slug"),
        ({"code": "x" * 201}, "longer than 200"),
        ({"date": "?"}, "the date can't be read ('A1')"),
        ({"start": None}, "neither a date with a time nor a start ('A1')"),
    ],
)
def test_what_is_left_out_is_told_with_the_reason_and_without_a_title(
    event: dict[str, Any], why: str
) -> None:
    told = complaints(one(**{"start": "10:00", "title": "secret"} | event))
    assert why in told
    assert "1 left out" in told
    assert "secret" not in told


def test_of_two_events_of_one_code_the_first_counts_and_the_other_is_told() -> None:
    def change(conference: dict[str, Any]) -> None:
        conference["days"][1]["rooms"]["Werkstatt"][0]["code"] = "OPEN11"

    found = parse_schedule(export(change))
    assert found.by_code["OPEN11"].start == at("2026-08-20T10:00")
    assert found.complaints == ("1 left out because the code is taken by an earlier event ('OPEN11')",)


def test_many_of_the_same_reason_are_counted_and_a_few_named() -> None:
    events = [{"code": f"C{number}", "start": "x"} for number in range(30)]
    content = json.dumps({"schedule": {"conference": {"days": [{"rooms": {"Hall": events}}]}}}).encode()
    assert "30 left out because there is neither" in complaints(content)
    assert "'C4', …)" in complaints(content)


@pytest.mark.parametrize(
    ("value", "barred"),
    [
        (True, True),
        (1, True),
        ("yes", True),
        ("perhaps", True),
        (["?"], True),
        (False, False),
        (0, False),
        (None, False),
        ("", False),
        ("False", False),
        ("no", False),
    ],
)
def test_do_not_record_that_is_not_understood_forbids(value: Any, barred: bool) -> None:
    found = parse_schedule(one(start="10:00", do_not_record=value))
    assert found.events[0].do_not_record is barred
    assert found.barred == ({"A1"} if barred else set())


def test_an_event_that_cant_be_used_is_barred_all_the_same() -> None:
    found = parse_schedule(one(date="?", do_not_record=True))
    assert (found.events, found.barred) == ((), {"A1"})


def test_of_two_events_of_one_code_either_can_bar_it() -> None:
    def change(conference: dict[str, Any]) -> None:
        conference["days"][1]["rooms"]["Werkstatt"][0] |= {"code": "OPEN11", "do_not_record": True}

    assert "OPEN11" in parse_schedule(export(change)).barred


def test_half_surrogates_and_control_characters_go() -> None:
    title = only(one(start="10:00", title="a\ud800b\x00c\x1b[31md\ne")).title
    assert title == "a?b c [31md\ne"
    assert title.encode()


def test_a_title_of_any_length_fits() -> None:
    assert len(only(one(start="10:00", title="x" * 9999)).title) == 500


@pytest.mark.parametrize("persons", [None, [], {}, "x", [None, 5, {}, {"name": None}, {"name": " "}, ""]])
def test_nobody_is_unknown(persons: Any) -> None:
    assert only(one(start="10:00", persons=persons)).presenter == "Unknown"


@pytest.mark.parametrize(
    ("content", "place"),
    [
        (b"", "not JSON"),
        (b"<html>", "not JSON"),
        (b"\xff\xfe\x00", "not JSON"),
        (b"[" * 200_000, "not JSON"),
        (b"1" * 10_000, "not JSON"),
        (b"null", "the document is not an object"),
        (b"[]", "the document is not an object"),
        (b"{}", "schedule is not an object"),
        (b'{"schedule": []}', "schedule is not an object"),
        (b'{"schedule": {}}', "schedule.conference is not an object"),
        (b'{"schedule": {"conference": {}}}', "schedule.conference.days is not a list"),
        (b'{"schedule": {"conference": {"days": {}}}}', "schedule.conference.days is not a list"),
    ],
)
def test_what_is_no_schedule_is_refused_with_the_place(content: bytes, place: str) -> None:
    with pytest.raises(ScheduleInvalid, match=place):
        parse_schedule(content)


@pytest.mark.parametrize(
    "days", [[], [None], [{}], [{"rooms": None}], [{"rooms": []}], [{"rooms": {"H": None}}]]
)
def test_days_without_events_are_an_empty_schedule(days: Any) -> None:
    content = json.dumps({"schedule": {"conference": {"days": days}}}).encode()
    assert parse_schedule(content).events == ()


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.sampled_from(["10:00", "2026-08-20"]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=8,
)
EVENT_FIELDS = (
    *("code", "guid", "id", "slug", "date", "start", "duration", "room", "title", "track", "language"),
    *("abstract", "description", "do_not_record", "persons"),
)
EVENT = st.dictionaries(st.sampled_from(EVENT_FIELDS), JSON) | JSON
DAY = st.fixed_dictionaries(
    {"rooms": st.dictionaries(st.text(), st.lists(EVENT, max_size=4), max_size=2) | JSON},
    optional={"date": JSON, "day_start": JSON},
)
CONFERENCE = st.fixed_dictionaries(
    {"days": st.lists(DAY | JSON, max_size=3)},
    optional={"title": JSON, "time_zone_name": JSON, "tracks": JSON},
)


def sound(found: Schedule) -> None:
    """What the rest of the api relies on."""
    assert len({talk.code for talk in found.events}) == len(found.events)
    for talk in found.events:
        assert talk.start is not None and talk.end is not None and talk.start < talk.end
        assert talk.model_dump_json()
        assert talk.code and talk.title and talk.speakers


@given(JSON)
def test_no_json_raises_anything_but_schedule_invalid(document: Any) -> None:
    try:
        parse_schedule(json.dumps(document).encode())
    except ScheduleInvalid:
        return


@given(st.binary())
def test_no_bytes_raise_anything_but_schedule_invalid(content: bytes) -> None:
    try:
        parse_schedule(content)
    except ScheduleInvalid:
        return


@settings(max_examples=400)
@given(CONFERENCE)
def test_whatever_fields_hold_the_schedule_is_sound(conference: Any) -> None:
    sound(parse_schedule(json.dumps({"schedule": {"conference": conference}}).encode(), hide_tracks=["a"]))


@settings(max_examples=200)
@given(st.sampled_from(EVENT_FIELDS), JSON)
def test_a_broken_field_costs_no_other_event(field: str, value: Any) -> None:
    def change(conference: dict[str, Any]) -> None:
        conference["days"][0]["rooms"]["Großer Saal"][0] |= {field: value}

    found = parse_schedule(export(change))
    sound(found)
    if value not in CODES:
        assert {talk.code for talk in found.events} >= set(CODES[1:])
