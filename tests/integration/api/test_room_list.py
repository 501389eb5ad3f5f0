"""The real application on a real store: what clients are told follows the schedule."""

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from redis.asyncio import Redis
from websockets.asyncio.client import connect as dial
from websockets.exceptions import ConnectionClosed

from dolmetsch_core.live import rooms
from dolmetsch_core.wire.room import (
    EnginePoolStatus,
    Phase,
    RoomStatus,
)
from tests.integration.api.api_process import MORNING, activate, running, settings
from tests.integration.api.schedule_server import ScheduleServer, serving
from tests.unit.api.export import CODES, export
from tests.waiting import looks

ITEM = {"id", "title", "description", "track", "location", "presenter", "host_connection_id", "source_lang"}


@pytest.fixture
async def server() -> AsyncIterator[ScheduleServer]:
    async with serving(export()) as found:
        yield found


async def test_an_item_has_the_fields_and_types_that_clients_read(
    store_url: str, server: ScheduleServer
) -> None:
    async with running(settings(store_url, schedule=server.url)) as client:
        assert await client.rooms() == [
            {
                "id": "OPEN11",
                "title": "Opening <script>alert('hi')</script> & welcome",
                "description": "Two days of <b>language</b>.",
                "track": {"name": "Plenary", "color": "#2f6f4f"},
                "location": "Großer Saal",
                "presenter": "Ada Lovelace, Konrad Zuse",
                "host_connection_id": "",
                "source_lang": "en",
            }
        ]


async def test_a_bare_talk_has_them_too(store_url: str, server: ScheduleServer) -> None:
    at = "2026-08-21T14:10:00+02:00"
    async with running(settings(store_url, schedule=server.url, fake_now=at)) as client:
        (room,) = await client.rooms()
        assert set(room) == ITEM
        assert room["track"] == {"name": "", "color": "#888888"}
        assert (room["presenter"], room["location"], room["description"]) == ("Unknown", "Werkstatt", "")


@pytest.mark.parametrize(
    ("said", "default", "spoken", "told"),
    [
        ("en", "de", ("de", "en"), "en"),
        ("fr", "en", ("de", "en"), "en"),
        (None, "de", ("de", "en"), "de"),
        (None, "fr", ("de", "en"), "de"),
        ("fr", "fr", ("en", "pt"), "en"),
    ],
)
async def test_the_language_told_is_one_that_the_engine_knows(
    store: Redis, store_url: str, said: str | None, default: str, *, spoken: tuple[str, ...], told: str
) -> None:
    await rooms.write_pool(store, EnginePoolStatus(capacity=2, available=2, languages=spoken))

    def change(conference: dict[str, Any]) -> None:
        conference["days"][0]["rooms"]["Großer Saal"][0]["language"] = said

    async with serving(export(change)) as server:
        async with running(settings(store_url, schedule=server.url, default_language=default)) as client:
            (room,) = await client.rooms()
            assert room["source_lang"] == told


async def test_the_list_follows_the_schedule_while_running(store_url: str, server: ScheduleServer) -> None:
    def later(conference: dict[str, Any]) -> None:
        conference["days"][0]["rooms"]["Großer Saal"][0]["date"] = "2026-08-20T15:00:00+02:00"

    async with running(settings(store_url, schedule=server.url)) as client:
        assert await client.ids() == ["OPEN11"]
        server.content = export(later)
        await client.until(lambda ids: ids == [], "the talk was moved")
        server.content = export()
        await client.until(lambda ids: ids == ["OPEN11"], "the talk was moved back")


async def test_a_broken_schedule_changes_nothing_and_is_told(store_url: str, server: ScheduleServer) -> None:
    async with running(settings(store_url, schedule=server.url)) as client:
        server.content = b"<html>"
        async for _ in looks("the failure is told", 30):
            state = (await client.get("/api/v1/about"))["schedule"]
            if state["error"]:
                break
        assert "not JSON" in state["error"]
        assert (state["title"], state["events"]) == ("Lingua 2026", 5)
        assert state["age_seconds"] >= 0
        assert datetime.fromisoformat(state["fake_now"]) >= datetime.fromisoformat(MORNING)
        assert await client.ids() == ["OPEN11"]


async def test_with_the_schedules_server_down_everything_starts(store_url: str) -> None:
    async with serving(export(), up=False) as server:
        async with running(settings(store_url, schedule=server.url)) as client:
            assert await client.ids() == []
            assert (await client.get("/health"))["status"] == "ok"
            state = (await client.get("/api/v1/about"))["schedule"]
            assert (state["title"], state["age_seconds"], state["events"]) == ("", None, 0)
            assert state["error"]
            await server.start()
            await client.until(lambda ids: ids == ["OPEN11"], "the schedule came")


async def test_outside_of_the_conference_days_everything_starts(
    store_url: str, server: ScheduleServer
) -> None:
    async with running(settings(store_url, schedule=server.url, fake_now=None)) as client:
        assert await client.ids() == []
        about = await client.get("/api/v1/about")
        assert (about["schedule"]["events"], about["schedule"]["fake_now"]) == (5, None)
        assert about["notice"] == ""


async def test_without_a_schedule_the_samples_are_listed_and_about_says_null(store_url: str) -> None:
    async with running(settings(store_url, fake_now=None)) as client:
        assert await client.ids() == ["DEMO1", "DEMO2"]
        assert (await client.get("/api/v1/about"))["schedule"] is None
        assert (await client.get("/api/v1/schedule"))["talks"] == []


async def test_the_file_and_the_schedule_are_listed_together(
    store_url: str, server: ScheduleServer, tmp_path: Path
) -> None:
    file = tmp_path / "rooms.yaml"
    file.write_text("rooms: [{id: OPEN, title: Open stage}, {id: NOT, title: x, do_not_record: true}]")
    async with running(settings(store_url, schedule=server.url, rooms_file=file)) as client:
        assert await client.ids() == ["OPEN", "OPEN11"]
        assert await client.closed("/room/NOT/client/undefined/en") == "Room <NOT> not found"


async def test_a_fake_time_is_told_on_every_page(store_url: str, server: ScheduleServer) -> None:
    async with running(settings(store_url, schedule=server.url, notice="Demo")) as client:
        notice = (await client.get("/api/v1/about"))["notice"]
        assert notice.startswith("Demo · ")
        assert "2026-08-20 09:45 (Europe/Berlin)" in notice


@pytest.mark.parametrize("setting", [True, False])
async def test_about_says_whether_pages_say_that_a_machine_makes_the_captions(
    store_url: str, monkeypatch: pytest.MonkeyPatch, setting: bool
) -> None:
    monkeypatch.setenv("DOLMETSCH_MACHINE_NOTICE", str(setting).lower())
    async with running(settings(store_url, notice="Demo", fake_now=None)) as client:
        about = await client.get("/api/v1/about")
    assert (about["machine_notice"], about["notice"]) == (setting, "Demo")


async def test_unless_told_otherwise_pages_say_that_a_machine_makes_the_captions(store_url: str) -> None:
    async with running(settings(store_url)) as client:
        assert (await client.get("/api/v1/about"))["machine_notice"] is True


async def test_active_rooms_are_listed_until_they_are_closed(
    store: Redis, store_url: str, server: ScheduleServer
) -> None:
    async with running(settings(store_url, schedule=server.url)) as client:
        await activate(store, "MORN44")
        room = await activate(store, "KUBE", title="Made by kubectl")
        await client.until(lambda ids: ids == ["OPEN11", "MORN44", "KUBE"], "both are listed")
        (found,) = [each for each in await client.rooms() if each["id"] == "KUBE"]
        assert set(found) == ITEM
        assert (found["title"], found["source_lang"]) == ("Made by kubectl", "en")
        # Its talk leaves the schedule: the room stays.
        server.content = export(lambda conference: conference["days"].pop())
        async for _ in looks("the schedule is shorter", 30):
            if (await client.get("/api/v1/about"))["schedule"]["events"] == 2:
                break
        assert await client.ids() == ["OPEN11", "MORN44", "KUBE"]
        closed = room.model_copy(update={"status": RoomStatus(phase=Phase.CLOSED)})
        await rooms.write_status(store, closed)
        await client.until(lambda ids: ids == ["OPEN11", "MORN44"], "the closed room is gone")


def forbid(conference: dict[str, Any]) -> None:
    conference["days"][0]["rooms"]["Großer Saal"][0]["do_not_record"] = True


async def test_a_live_talk_that_must_not_be_recorded_any_more_leaves_the_list(
    store: Redis, store_url: str, server: ScheduleServer
) -> None:
    async with running(settings(store_url, schedule=server.url)) as client:
        await activate(store, "OPEN11")
        await client.until(lambda ids: ids == ["OPEN11"], "it is listed")
        server.content = export(forbid)
        await client.until(lambda ids: ids == [], "it is not listed")
        assert await client.closed("/room/OPEN11/client/undefined/en") == "Room <OPEN11> not found"


async def test_a_room_that_left_the_list_is_told_to_admins_who_can_close_it(
    store: Redis, store_url: str, server: ScheduleServer
) -> None:
    unlisted, close = "/api/v1/rooms/unlisted", "/room/OPEN11/close"
    async with running(settings(store_url, schedule=server.url)) as client:
        await activate(store, "OPEN11", title="Opening")
        await client.until(lambda ids: ids == ["OPEN11"], "it is listed")
        assert (await client.http.get(unlisted, headers=bearer("admin"))).json() == []
        server.content = export(forbid)
        await client.until(lambda ids: ids == [], "it is not listed")
        (item,) = (await client.http.get(unlisted, headers=bearer("admin"))).json()
        assert set(item) == ITEM
        assert (item["id"], item["title"]) == ("OPEN11", "Opening")
        assert (await client.http.get(unlisted)).status_code == 401
        assert (await client.http.get(unlisted, headers=bearer("host"))).status_code == 403
        assert (await client.http.post(close, json={"key": "host"})).status_code == 503
        assert (await client.http.post(close, json={"key": "admin"})).json() == {"status": "ok"}
        async for _ in looks("it is no active room any more", 30):
            if (await client.http.get(unlisted, headers=bearer("admin"))).json() == []:
                break


def bearer(password: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {password}"}


@pytest.mark.parametrize(
    ("room", "why"),
    [
        ("OFFREC", "Room <OFFREC> not found"),
        ("NOBODY", "Room <NOBODY> not found"),
        ("OPEN11", "Room not active"),
        ("MORN44", "Room not active"),
    ],
)
async def test_a_viewer_is_told_why_there_is_nothing_to_read(
    store_url: str, server: ScheduleServer, room: str, why: str
) -> None:
    async with running(settings(store_url, schedule=server.url)) as client:
        assert await client.closed(f"/room/{room}/client/undefined/en") == why


async def test_a_host_cant_activate_a_talk_that_must_not_be_recorded(
    store: Redis, store_url: str, server: ScheduleServer
) -> None:
    async with running(settings(store_url, schedule=server.url)) as client:
        cookies = "authenticated=host; OFFREC-allow_store=true; OFFREC-allow_client_download=true"
        url = f"{client.url.replace('http', 'ws')}/room/OFFREC/host/en/en"
        async with dial(url, proxy=None, additional_headers={"Cookie": cookies}) as socket:
            with pytest.raises(ConnectionClosed) as caught:
                await socket.recv()
        assert caught.value.rcvd is not None
        assert (caught.value.rcvd.code, caught.value.rcvd.reason) == (1003, "Room <OFFREC> not found")
        assert (await rooms.read(store)).rooms == {}


async def test_all_recordable_talks_are_told_with_their_times(store_url: str, server: ScheduleServer) -> None:
    async with running(
        settings(store_url, schedule=server.url, schedule_hide_tracks=["Workshops"])
    ) as client:
        found = await client.get("/api/v1/schedule")
        assert (found["title"], found["time_zone"]) == ("Lingua 2026", "Europe/Berlin")
        assert [talk["id"] for talk in found["talks"]] == ["OPEN11", "MORN44", CODES[-1]]
        first = found["talks"][0]
        assert (first["start"], first["end"]) == ("2026-08-20T10:00:00+02:00", "2026-08-20T10:45:00+02:00")
        assert first["persons"] == [{"name": "Ada Lovelace"}, {"name": "Konrad Zuse"}]
        assert found["talks"][1]["persons"] == [{"name": "Unknown"}]


async def test_openapi_shows_an_example_that_holds(store_url: str) -> None:
    from dolmetsch_api.schedule.routes import ScheduleAnswer

    async with running(settings(store_url, fake_now=None)) as client:
        schemas = (await client.get("/openapi.json"))["components"]["schemas"]
        (example,) = schemas["ScheduleAnswer"]["examples"]
        assert ScheduleAnswer.model_validate(example).talks[0].id == "AB3CDE"


async def test_a_new_store_that_was_not_told_the_capacity_yet_changes_nothing(
    store: Redis, store_url: str, server: ScheduleServer
) -> None:
    """The controller puts rooms back first: between the two, hosts would read that there is no place."""
    async with running(settings(store_url, schedule=server.url)) as client:
        await store.delete(rooms.POOL)
        await rooms.put_back(store, [])
        since = asyncio.get_running_loop().time()
        async for _ in looks("the api has looked again", 30):
            age = (await client.get("/api/v1/about"))["directory_age_seconds"]
            if age < asyncio.get_running_loop().time() - since - 0.1:
                break
        assert (await client.get("/room_list"))["max_active_rooms"] == 2
