"""Rooms that an admin makes, and closes."""

import asyncio
import json
from typing import Any
from unittest.mock import patch

import pytest
from redis.asyncio import Redis

from dolmetsch_api.rooms import adhoc_rooms
from dolmetsch_core.archive import rooms
from dolmetsch_core.archive.database import Archive
from dolmetsch_core.archive.rooms import AdhocRoom
from tests.integration.api.api_process import activate, running, settings

ADMIN, HOST = {"Authorization": "Bearer admin"}, {"Authorization": "Bearer host"}
ROOMS = "/api/v1/rooms"


async def test_a_room_is_made_listed_kept_and_deleted(store_url: str) -> None:
    async with running(settings(store_url)) as client:
        draft = {
            "title": "<i>Lightning</i> talks",
            "presenter": "All",
            "source_lang": "en",
            "location": "Foyer",
        }
        made = await client.http.post(ROOMS, json=draft, headers=ADMIN)
        assert made.status_code == 201
        room_id = made.json()["id"]
        (listed,) = [room for room in await client.rooms() if room["id"] == room_id]
        assert (listed["title"], listed["presenter"]) == ("<i>Lightning</i> talks", "All")
        assert listed["track"] == {"name": "", "color": "#888888"}
    async with running(settings(store_url)) as client:
        await client.until(lambda ids: room_id in ids, "the room after a restart")
        assert [room["id"] for room in (await client.http.get(ROOMS, headers=ADMIN)).json()] == [room_id]
        assert (await client.http.delete(f"{ROOMS}/{room_id}", headers=ADMIN)).status_code == 200
        assert room_id not in await client.ids()
        assert (await client.http.delete(f"{ROOMS}/{room_id}", headers=ADMIN)).status_code == 404


@pytest.mark.parametrize(
    ("headers", "draft", "status"),
    [
        (None, {"title": "t"}, 401),
        (HOST, {"title": "t"}, 403),
        ({"Authorization": "Bearer wrong"}, {"title": "t"}, 401),
        (ADMIN, {"title": ""}, 422),
        (ADMIN, {"title": "t", "source_lang": "xx"}, 422),
        (ADMIN, {"title": "t", "id": "x" * 201}, 422),
        (ADMIN, {"title": "t", "keep_days": 0}, 422),
        (ADMIN, {"title": "t", "keep_days": 36_501}, 422),
        (ADMIN, {"title": "t", "track_color": "url(x)"}, 422),
        (ADMIN, {"title": "t", "owner": "me"}, 422),
        (ADMIN, {"title": "t", "id": "DEMO1"}, 409),
        *(
            (ADMIN, {"title": "t", "id": wrong}, 422)
            for wrong in ("\0a", "a/transcript", " ", ".", "..", "-", "a\n", "ä", "a b", "\ud800")
        ),
        *((ADMIN, {"title": wrong}, 422) for wrong in ("\0", "a\x1b[1m", " ", "\ud800")),
        (ADMIN, {"title": "t", "presenter": "\0"}, 422),
        (ADMIN, {"title": "t", "vocabulary": ["\0"]}, 422),
        (ADMIN, {"title": "t", "source_lang": "\ud800"}, 422),
        (ADMIN, {"title": "t", "\ud800": 1}, 422),
    ],
)
async def test_what_is_no_room_is_refused_with_its_reason(
    store_url: str, headers: dict[str, str] | None, draft: dict[str, Any], status: int
) -> None:
    async with running(settings(store_url)) as client:
        answer = await client.http.post(
            ROOMS, content=json.dumps(draft), headers=(headers or {}) | {"Content-Type": "application/json"}
        )
        assert answer.status_code == status, answer.text
        assert answer.json()["detail"]
        assert (await client.http.get(ROOMS, headers=ADMIN)).json() == []


async def test_an_active_room_is_closed_before_it_is_deleted(store: Redis, store_url: str) -> None:
    async with running(settings(store_url)) as client:
        await client.http.post(ROOMS, json={"title": "t", "id": "a.b"}, headers=ADMIN)
        assert (await client.http.post(f"{ROOMS}/a.b/close", headers=ADMIN)).status_code == 404
        await activate(store, "a.b")
        # The first is listed anyway: once the second is, both are known to be active.
        await activate(store, "later")
        await client.until(lambda ids: "later" in ids, "both rooms")
        assert (await client.http.delete(f"{ROOMS}/a.b", headers=ADMIN)).status_code == 409
        assert (await client.http.post(f"{ROOMS}/a.b/close", headers=HOST)).status_code == 403
        assert (await client.http.post(f"{ROOMS}/a.b/close", headers=ADMIN)).json() == {"status": "ok"}


async def test_of_two_apis_that_make_a_room_of_one_id_one_has_it_and_the_other_is_told(
    store_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Neither sees what the other does.
    monkeypatch.setattr(adhoc_rooms, "EVERY_S", 3600.0)
    async with running(settings(store_url)) as one, running(settings(store_url)) as other:
        for each in (one, other):
            assert (await each.http.post(ROOMS, json={"title": "t"}, headers=ADMIN)).status_code == 201
        drafts = [{"id": "HALL", "title": title} for title in ("One", "Two")]
        answers = await asyncio.gather(
            *(
                each.http.post(ROOMS, json=draft, headers=ADMIN)
                for each, draft in zip((one, other), drafts, strict=True)
            )
        )
        assert sorted(each.status_code for each in answers) == [201, 409]
        (title,) = [each.json()["title"] for each in answers if each.status_code == 201]
        for each in (one, other):
            found = (await each.http.get(ROOMS, headers=ADMIN)).json()
            assert [room["title"] for room in found if room["id"] == "HALL"] == [title]


async def test_what_was_made_is_told_also_when_another_admin_deleted_it_at_once(store_url: str) -> None:
    async with running(settings(store_url)) as client:

        async def make_and_lose(archive: Archive, room: AdhocRoom) -> bool:
            made = await make(archive, room)
            await rooms.delete(archive, room.id)
            return made

        make = rooms.make
        with patch.object(rooms, "make", make_and_lose):
            made = await client.http.post(ROOMS, json={"title": "t", "id": "Hall-1_b"}, headers=ADMIN)
        assert made.status_code == 201
        assert (made.json()["id"], made.json()["presenter"]) == ("Hall-1_b", "Unknown")


async def test_of_two_who_delete_a_room_one_is_told_that_it_is_gone(store_url: str) -> None:
    async with running(settings(store_url)) as client:
        await client.http.post(ROOMS, json={"title": "t", "id": "R1"}, headers=ADMIN)
        delete = rooms.delete

        async def second(archive: Archive, room_id: str) -> bool:
            await delete(archive, room_id)
            return await delete(archive, room_id)

        with patch.object(rooms, "delete", second):
            assert (await client.http.delete(f"{ROOMS}/R1", headers=ADMIN)).status_code == 404
