"""`GET /room_list`: what the client reads of it, and what is listed when."""

import pytest

from tests.contract import schedule
from tests.contract.client import cookies_of_host, encoded, hosting, opened, viewing
from tests.contract.server import OK, Server, said

FIELDS = {"id", "title", "description", "track", "location", "presenter", "host_connection_id", "source_lang"}


def test_the_list_has_what_clients_read(server: Server) -> None:
    """`available_source_langs[]`, `available_target_langs[]`, `max_active_rooms`, `rooms[]`."""
    found = server.room_list()
    assert all(
        isinstance(lang, str) for lang in found["available_source_langs"] + found["available_target_langs"]
    )
    assert isinstance(found["max_active_rooms"], int)
    assert found["max_active_rooms"] >= 1
    assert found["rooms"]


def test_target_languages_hold_every_source_language(server: Server) -> None:
    """`available_target_langs` holds every source language."""
    found = server.room_list()
    assert found["available_source_langs"]
    assert set(found["available_source_langs"]) <= set(found["available_target_langs"])


def test_every_room_has_every_field_in_its_type(server: Server) -> None:
    """`track` is `{name,color}`, never null; `location` is a string; `presenter` too; ids are unique."""
    found = server.room_list()["rooms"]
    for each in found:
        assert each.keys() >= FIELDS
        assert each["track"].keys() == {"name", "color"}
        words = [*(each[name] for name in FIELDS - {"track"}), *each["track"].values()]
        assert all(isinstance(word, str) for word in words), each
        assert each["id"]
        assert each["presenter"]
    assert len({each["id"] for each in found}) == len(found)


def test_an_inactive_room_has_no_host_and_a_language_that_the_engine_knows(server: Server) -> None:
    """`host_connection_id === ""` means not active; `source_lang` is one of `available_source_langs`."""
    found = server.room_list()
    for each in found["rooms"]:
        assert each["host_connection_id"] == ""
        assert each["source_lang"] in found["available_source_langs"]


@pytest.mark.own_setup
def test_a_talk_is_listed_from_half_an_hour_before_its_start_until_its_end(server: Server) -> None:
    """A talk is listed from 30 minutes before its start until its end; do-not-record is not listed. The clock
    runs on while the suite runs: the exact bounds, to the second, are in tests/unit/api/test_programme.py."""
    assert {each["id"] for each in server.room_list()["rooms"]} == schedule.IN_WINDOW


@pytest.mark.own_setup
def test_a_talk_that_says_nothing_of_itself_has_what_the_client_needs(server: Server) -> None:
    """`presenter` is `"Unknown"` when there is none; `track` never null; `location` a string."""
    found = server.listed(schedule.BARE)
    assert found
    assert found["presenter"] == "Unknown"
    assert found["track"].keys() == {"name", "color"}
    assert isinstance(found["location"], str)


@pytest.mark.own_setup
def test_words_of_the_schedule_are_there_as_they_were_written(server: Server) -> None:
    bare, plain = server.listed(schedule.BARE), server.listed(schedule.PLAIN[0])
    assert bare
    assert bare["title"] == schedule.MARKUP
    assert plain
    assert (plain["presenter"], plain["location"]) == (", ".join(schedule.SPEAKERS), schedule.PLACE)
    assert plain["track"] == schedule.TRACK


@pytest.mark.own_setup
@pytest.mark.parametrize(
    ("code", "lang"),
    [(schedule.PLAIN[0], "en"), (schedule.GERMAN, "de"), (schedule.BARE, "de"), (schedule.FOREIGN, "de")],
)
def test_the_language_is_the_schedules_where_the_engine_knows_it(
    server: Server, code: str, lang: str
) -> None:
    """`source_lang` of an inactive room is the schedule's where the engine knows it; else `de`."""
    found = server.listed(code)
    assert found
    assert found["source_lang"] == lang


@pytest.mark.own_setup
async def test_an_id_that_needs_encoding_works_everywhere(server: Server) -> None:
    """Cookies' names are percent-encoded, as is the address."""
    async with hosting(server, schedule.ODD, target=server.target) as host:
        assert server.connection_id(schedule.ODD) == host.connection_id
        async with viewing(server, schedule.ODD, server.target):
            assert said(server.close_room(schedule.ODD)) == OK


@pytest.mark.own_setup
async def test_what_must_not_be_recorded_can_not_be_activated(server: Server) -> None:
    """Rooms marked do-not-record in the schedule can't be activated and are not listed."""
    cookies = cookies_of_host(schedule.HUSH, server.host_key)
    async with opened(server, f"{schedule.HUSH}/host/en/en", cookies) as host:
        assert await host.closing() == (1003, f"Room <{schedule.HUSH}> not found")
    async with opened(server, f"{encoded(schedule.HUSH)}/client/undefined/en") as viewer:
        assert await viewer.closing() == (1003, f"Room <{schedule.HUSH}> not found")
