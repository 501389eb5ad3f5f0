"""What is listed, activated, viewed and voted for, and when."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from dolmetsch_api.rooms.programme import Programme, is_active
from dolmetsch_api.rooms.talks import Talk
from dolmetsch_api.schedule.now import Clock
from dolmetsch_api.schedule.pretalx import Schedule, parse_schedule
from dolmetsch_core.directory import RoomView
from dolmetsch_core.wire.room import Condition, ConditionType, Phase, Reason, Room, RoomSpec, RoomStatus
from tests.unit.api.export import CODES, at, export, one, schedule

CLOSING = CODES[-1]


def talk(code: str, **fields: Any) -> Talk:
    return Talk(id=code, title=code, **fields)


def room(room_id: str, *, phase: Phase = Phase.ACTIVE, **spec: Any) -> Room:
    """A room that was admitted, and is in this phase."""
    now = datetime.now(UTC)
    scheduled = Condition(
        type=ConditionType.ENGINE_SCHEDULED, status=True, reason=Reason.SCHEDULED, last_transition_time=now
    )
    return Room(
        name=room_id.lower(),
        uid=room_id,
        created=now,
        spec=RoomSpec(room_id=room_id, source_lang="en", **spec),
        status=RoomStatus(phase=phase, conditions=(scheduled,)),
    )


async def programme(
    found: Schedule | None = None, *rooms: Room, fixed: tuple[Talk, ...] = (), adhoc: tuple[Talk, ...] = ()
) -> Programme:
    view = RoomView()
    await view.replace({each.spec.room_id: each for each in rooms})
    made = Programme({each.id: each for each in fixed}, view, lambda: found)
    made.adhoc = {each.id: each for each in adhoc}
    return made


def codes(talks: list[Talk]) -> list[str]:
    return [each.code for each in talks]


@pytest.mark.parametrize(
    ("now", "listed"),
    [
        ("2026-08-20T09:29:59", []),
        ("2026-08-20T09:30:00", ["OPEN11"]),
        ("2026-08-20T10:00:00", ["OPEN11"]),
        ("2026-08-20T10:44:59", ["OPEN11"]),
        ("2026-08-20T10:45:00", []),
        # It must not be recorded.
        ("2026-08-20T11:10:00", []),
        ("2026-08-20T23:59:59", []),
        ("2026-08-21T00:00:00", ["LATE33"]),
        ("2026-08-21T01:59:59", ["LATE33"]),
        ("2026-08-21T02:00:00", []),
        ("2026-08-21T09:59:59", ["MORN44", "WORK55"]),
        ("2026-08-21T10:00:00", ["WORK55"]),
        ("2020-01-01T00:00:00", []),
        ("2036-01-01T00:00:00", []),
    ],
)
async def test_a_talk_is_listed_from_half_an_hour_before_its_start_until_its_end(
    now: str, listed: list[str]
) -> None:
    assert codes((await programme(schedule())).listed(at(now))) == listed


async def test_the_window_is_the_same_in_any_zone() -> None:
    now = at("2026-08-20T09:30")
    made = await programme(schedule())
    for zone in (UTC, ZoneInfo("Europe/Berlin"), ZoneInfo("Pacific/Auckland")):
        assert codes(made.listed(now.astimezone(zone))) == ["OPEN11"]
        assert made.listed((now - timedelta(seconds=1)).astimezone(zone)) == []


@pytest.mark.parametrize(
    ("now", "there"),
    [
        # 2:30 is there twice that night; the talk begins at the second one.
        ("2026-10-25T02:30:00+02:00", False),
        ("2026-10-25T02:59:00+02:00", False),
        ("2026-10-25T02:00:00+01:00", True),
        ("2026-10-25T02:59:00+01:00", True),
        ("2026-10-25T03:00:00+01:00", False),
    ],
)
async def test_a_window_across_the_change_of_the_clock_is_as_long_as_any(now: str, there: bool) -> None:
    found = parse_schedule(one(date="2026-10-25T02:30:00+01:00", duration="00:30"))
    made = await programme(found)
    assert bool(made.listed(at(now))) is there
    assert bool(made.listed(at(now).astimezone(ZoneInfo("Europe/Berlin")))) is there


async def test_the_lead_is_what_the_settings_say() -> None:
    made = Programme({}, RoomView(), schedule, lead=timedelta(minutes=5))
    assert made.listed(at("2026-08-20T09:54:59")) == []
    assert codes(made.listed(at("2026-08-20T09:55"))) == ["OPEN11"]


async def test_before_any_schedule_there_are_the_other_sources() -> None:
    made = await programme(None, fixed=(talk("A"),), adhoc=(talk("B"),))
    assert codes(made.listed(at("2026-08-20T10:00"))) == ["A", "B"]
    assert made.find("OPEN11") is None
    assert made.next_day(at("2026-08-20T10:00")) == []
    assert not made.votable("OPEN11", at("2026-08-19T10:00"))
    assert not made.revocable("OPEN11", at("2026-08-20T09:00"))


async def test_the_list_follows_the_schedule() -> None:
    held: list[Schedule | None] = [None]
    made = Programme({}, RoomView(), lambda: held[0])
    now = at("2026-08-20T10:00")
    assert made.listed(now) == []
    held[0] = schedule()
    assert codes(made.listed(now)) == ["OPEN11"]


@pytest.mark.parametrize("code", [code for code in CODES if code != "OFFREC"])
async def test_every_recordable_talk_can_be_activated_at_any_time(code: str) -> None:
    found = (await programme(schedule())).find(code)
    assert found is not None
    assert found.code == code


@pytest.mark.parametrize("code", ["OFFREC", "NOBODY", "", "open11"])
async def test_nothing_else_can(code: str) -> None:
    assert (await programme(schedule())).find(code) is None


async def test_the_file_goes_before_rooms_made_while_running_and_these_before_the_schedule() -> None:
    made = await programme(
        schedule(),
        fixed=(talk("A", location="file"),),
        adhoc=(talk("A", location="made"), talk("OPEN11", location="made")),
    )
    found = {each.id: each.location for each in made.listed(at("2026-08-20T10:00"))}
    assert found == {"A": "file", "OPEN11": "made"}
    for room_id, location in found.items():
        assert (each := made.find(room_id)) is not None
        assert each.location == location


async def test_an_active_room_is_listed_whatever_the_clock_says() -> None:
    made = await programme(schedule(), room("MORN44", title="another title"))
    (found,) = made.listed(at("2030-01-01T00:00"))
    assert (found.code, found.title) == ("MORN44", "Guten Morgen")


async def test_an_active_room_of_no_source_is_listed_and_found_as_its_room_says() -> None:
    made = await programme(schedule(), room("KUBE", title="Made by kubectl"), room("BARE"))
    found = made.listed(at("2030-01-01T00:00"))
    assert [(each.id, each.title, each.source_lang) for each in found] == [
        ("KUBE", "Made by kubectl", "en"),
        ("BARE", "BARE", "en"),
    ]
    assert made.find("KUBE") == found[0]


@pytest.mark.parametrize("phase", [Phase.CLOSED, Phase.FAILED, Phase.DRAINING])
async def test_a_room_that_has_ended_is_not_active(phase: Phase) -> None:
    made = await programme(schedule(), room("KUBE", phase=phase))
    assert made.listed(at("2030-01-01T00:00")) == []
    assert made.find("KUBE") is None


def test_a_room_that_waits_for_admission_or_is_deleted_is_not_active() -> None:
    admitted = room("R1", phase=Phase.STARTING)
    assert is_active(admitted)
    assert not is_active(admitted.model_copy(update={"status": RoomStatus()}))
    assert not is_active(admitted.model_copy(update={"deleted": datetime.now(UTC)}))


async def test_do_not_record_beats_every_other_source_and_an_active_room() -> None:
    barred = talk("OFFREC")
    made = await programme(schedule(), room("OFFREC"), fixed=(barred,), adhoc=(barred,))
    assert made.listed(at("2026-08-20T11:10")) == []
    assert made.find("OFFREC") is None


async def test_of_the_rooms_that_are_not_to_be_recorded_the_active_ones_can_be_told() -> None:
    made = await programme(
        schedule(), room("OFFREC", title="Off the record"), room("OPEN11"), fixed=(talk("OFFREC"),)
    )
    assert [(each.id, each.title) for each in made.unlisted()] == [("OFFREC", "Off the record")]
    made = await programme(schedule(), room("OFFREC", phase=Phase.DRAINING))
    assert made.unlisted() == []


async def test_do_not_record_of_any_source_counts() -> None:
    barred = talk("OPEN11", do_not_record=True)
    for made in (await programme(schedule(), fixed=(barred,)), await programme(schedule(), adhoc=(barred,))):
        assert made.listed(at("2026-08-20T10:00")) == []
        assert made.find("OPEN11") is None
        assert "OPEN11" not in codes(made.recordable())


async def test_an_active_room_of_a_hidden_track_stays_listed_until_it_is_closed() -> None:
    hidden = parse_schedule(export(), hide_tracks=["Plenary"])
    now = at("2026-08-20T10:00")
    assert (await programme(hidden)).listed(now) == []
    assert (await programme(hidden)).find("OPEN11") is None
    assert codes((await programme(hidden, room("OPEN11"))).listed(now)) == ["OPEN11"]


@pytest.mark.parametrize(
    ("now", "next_day"),
    [
        ("2026-08-19T00:00:00", ["OPEN11"]),
        ("2026-08-19T23:59:59", ["OPEN11"]),
        # The late talk belongs to the calendar day on which it begins.
        ("2026-08-20T00:00:00", ["LATE33", "MORN44", "WORK55", CLOSING]),
        ("2026-08-20T23:59:59", ["LATE33", "MORN44", "WORK55", CLOSING]),
        ("2026-08-21T00:00:00", []),
        ("2026-08-18T12:00:00", []),
        # In UTC it is still the 19th, in Berlin it is the 20th.
        ("2026-08-19T22:30:00+00:00", ["LATE33", "MORN44", "WORK55", CLOSING]),
    ],
)
async def test_the_next_day_is_the_calendars_of_the_conference(now: str, next_day: list[str]) -> None:
    assert codes((await programme(schedule())).next_day(at(now))) == next_day


async def test_the_next_day_comes_also_where_the_clock_is_changed() -> None:
    made = await programme(parse_schedule(one(date="2026-10-26T10:00:00+01:00")))
    # That day has 25 hours.
    for now, there in (("2026-10-25T00:00:00+02:00", True), ("2026-10-25T23:59:00+01:00", True)):
        assert bool(made.next_day(at(now))) is there
    assert not made.next_day(at("2026-10-24T23:59:00+02:00"))


@pytest.mark.parametrize(
    ("code", "now", "votable", "revocable"),
    [
        ("MORN44", "2026-08-20T00:00", True, True),
        ("MORN44", "2026-08-20T23:59:59", True, True),
        # It is today's: nobody can vote any more, a page from before midnight can take its vote back.
        ("MORN44", "2026-08-21T00:00", False, True),
        ("MORN44", "2026-08-21T08:59:59", False, True),
        ("MORN44", "2026-08-21T09:30", False, False),
        ("MORN44", "2026-08-19T23:59", False, False),
        ("OFFREC", "2026-08-19T12:00", False, False),
        ("NOBODY", "2026-08-20T12:00", False, False),
    ],
)
async def test_a_vote_is_for_a_talk_of_the_next_day_and_can_be_taken_back_until_it_begins(
    code: str, now: str, votable: bool, revocable: bool
) -> None:
    made = await programme(schedule())
    assert made.votable(code, at(now)) is votable
    assert made.revocable(code, at(now)) is revocable


def test_a_fake_time_runs_on_from_the_start() -> None:
    steady = [100.0]
    clock = Clock(at("2026-08-20T09:45"), lambda: steady[0])
    steady[0] += 90
    assert clock.fake
    assert clock.now() == at("2026-08-20T09:46:30")
    assert clock.now().tzinfo is UTC


def test_without_a_fake_time_it_is_the_time_of_day() -> None:
    before = datetime.now(UTC)
    clock = Clock()
    assert not clock.fake
    assert before <= clock.now() <= datetime.now(UTC)
