"""What clients depend on at the socket: each gets its reason, nobody costs anybody else anything."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from urllib.parse import quote

import httpx
import jwt
import pytest
from websockets.exceptions import ConnectionClosed

from dolmetsch_local.recorder import record
from tests.integration.platform.hosts import (
    CONSENT,
    EMPTY,
    ENGINE_S,
    HOST,
    READY,
    closing,
    engine_of,
    frame,
    host_is_seen,
    host_of,
    hosting,
    opened,
)
from tests.platform_process import ADMIN_PASSWORD, HOST_PASSWORD, PATIENCE_S, PlatformProcess, viewing
from tests.raw_socket import deaf, reset
from tests.scoring import talk
from tests.waiting import looks, until

FULL = "Unable to activate room <THIRD>: Maximum capacity of 2 instances reached"


NO_AUTH = (1008, "Authentification failed: no valid password in session cookie")
REFUSALS = {
    "no role": ("DEMO1", {}, (1003, "No desired role found in url")),
    "unknown role": ("DEMO1/admin/en/de", HOST, (1003, "No desired role found in url")),
    "no target": ("DEMO1/client/undefined", {}, (1003, "No target lang found in url")),
    "host without password": ("DEMO1/host/en/de", CONSENT, NO_AUTH),
    "host with a wrong password": ("DEMO1/host/en/de", {"authenticated": "x", **CONSENT}, NO_AUTH),
    "host without source": ("DEMO1/host/undefined/de", HOST, (1003, "No source lang found in url")),
    "host without consent": (
        "DEMO1/host/en/de",
        {"authenticated": HOST_PASSWORD},
        (1003, "Required room config cookies not found"),
    ),
    "unknown room": (
        f"{quote('NO/WHERE Ü', safe='')}/client/undefined/de",
        {},
        (1003, "Room <NO/WHERE Ü> not found"),
    ),
    "very long room": (f"{'x' * 10_000}/client/undefined/de", {}, (1003, f"Room <{'x' * 117}")),
    "unknown source": (
        "DEMO1/host/xx/de",
        HOST,
        (1003, "Source language xx not supported by transcription engine"),
    ),
    "unknown target": (
        "DEMO1/client/undefined/fr",
        {},
        (1003, "Target language fr not supported by translation service"),
    ),
    "not active": ("DEMO1/client/undefined/de", {}, (1003, "Room not active")),
}


@pytest.mark.parametrize("case", REFUSALS)
async def test_a_socket_is_accepted_then_closed_with_its_reason(platform: PlatformProcess, case: str) -> None:
    path, cookies, expected = REFUSALS[case]
    async with opened(platform, path, cookies) as connection:
        assert await closing(connection) == expected


async def test_a_forged_an_expired_and_an_unsigned_key_are_no_credentials(platform: PlatformProcess) -> None:
    forged = jwt.encode({"sub": "a", "role": "admin", "exp": 2**40}, "x" * 32, algorithm="HS256")
    unsigned = jwt.encode({"sub": "a", "role": "admin", "exp": 2**40}, None, algorithm="none")
    for key in (forged, unsigned, "..", "a.b.c"):
        async with opened(platform, "DEMO1/host/en/de", {"authenticated": key, **CONSENT}) as connection:
            assert await closing(connection) == NO_AUTH
        assert platform.request("POST", "/auth", json={"key": key}).json() == {"status": "fail"}


async def test_a_host_is_told_its_id_the_snapshot_and_when_to_speak(platform: PlatformProcess) -> None:
    async with opened(platform, "DEMO1/host/en/de", HOST) as connection:
        frames = [await frame(connection) for _ in range(3)]
        rooms = platform.request("GET", "/room_list").json()["rooms"]
    assert frames[1:] == [EMPTY, READY]
    assert rooms[0]["host_connection_id"] == frames[0]["info"]["connection_id"] != ""


async def test_a_second_host_is_refused_and_the_first_unharmed(platform: PlatformProcess) -> None:
    async with hosting(platform) as (first, _), AsyncExitStack() as stack:
        async with opened(platform, "DEMO1/host/en/de", HOST) as second:
            assert await closing(second) == (1003, "Multiple hosts not allowed")
        # A timer that the rejected host had armed would be over before that of a host who leaves after it.
        async with hosting(platform, host_of("DEMO2"), room="DEMO2"):
            viewer = await stack.enter_async_context(opened(platform, "DEMO2/client/undefined/de"))
            await host_is_seen(platform, "DEMO2")
        for room in ("DEMO1", "DEMO2"):
            await platform.end_grace_time(room)
        assert await closing(viewer) == (1003, "Room closed")
        # It is open, and whatever it was sent before the answer has come by then: nothing.
        await (await first.ping())
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.1):
                await first.recv()
        async with opened(platform, "DEMO1/client/undefined/de") as viewer:
            assert await frame(viewer) == EMPTY


async def test_the_same_host_replaces_its_half_open_socket_at_once(platform: PlatformProcess) -> None:
    async with hosting(platform) as (old, connection_id):
        async with hosting(platform, HOST | {"connection_id": connection_id}, "de") as (_, again):
            assert again == connection_id
            code, reason = await closing(old)
            assert (code, reason) == (1008, "Replaced by a newer connection of the same host")


async def test_a_host_that_comes_back_finds_its_engine_session_and_a_new_one_for_another_language(
    platform: PlatformProcess,
) -> None:
    async with hosting(platform) as (_, connection_id):
        first = await engine_of(platform)
    again = HOST | {"connection_id": connection_id}
    async with hosting(platform, again, "de"):
        assert await engine_of(platform) == first
    async with hosting(platform, again, "de", "de"):
        second = await engine_of(platform)
    assert (first.source_lang, second.source_lang) == ("en", "de")
    assert first.pod_uid == second.pod_uid


@pytest.fixture
async def third_room(platform: PlatformProcess) -> AsyncIterator[str]:
    """One room more than may be active."""
    address, admin = "/api/v1/rooms", {"Authorization": f"Bearer {ADMIN_PASSWORD}"}
    made = platform.request("POST", address, json={"title": "Third", "id": "THIRD"}, headers=admin)
    assert made.status_code == 201
    yield "THIRD"
    platform.request("POST", f"{address}/THIRD/close", headers=admin)
    # The api may not have seen yet that it is closing.
    async with contextlib.aclosing(looks("the third room is deleted", PATIENCE_S)) as looking:
        async for _ in looking:
            if platform.request("DELETE", f"{address}/THIRD", headers=admin).status_code == 200:
                break


async def test_a_full_platform_refuses_with_the_number_and_takes_the_next_after_a_close(
    platform: PlatformProcess, third_room: str
) -> None:
    path, cookies = f"{third_room}/host/en/en", host_of(third_room)
    async with hosting(platform), hosting(platform, host_of("DEMO2"), room="DEMO2") as (second, _):
        async with opened(platform, path, cookies) as third:
            assert await closing(third) == (1003, FULL)
        closed = platform.request("POST", "/room/DEMO2/close", json={"key": ADMIN_PASSWORD})
        assert closed.json() == {"status": "ok"}
        assert await closing(second) == (1003, "Room closed")
        async with contextlib.aclosing(looks("the place of the closed room is free", ENGINE_S)) as looking:
            async for _ in looking:
                async with opened(platform, path, cookies) as third:
                    with contextlib.suppress(ConnectionClosed):
                        assert list((await frame(third))["info"]) == ["connection_id"]
                        break
                assert (third.close_code, third.close_reason) == (1003, FULL)


@pytest.mark.audio
async def test_a_viewer_that_never_reads_costs_nobody_anything_and_a_restart_keeps_the_room(
    platform: PlatformProcess,
) -> None:
    of = talk("en")
    async with AsyncExitStack() as sockets:
        host, _ = await sockets.enter_async_context(hosting(platform))
        sockets.enter_context(deaf(f"{platform.url}/room/DEMO1/client/undefined/de"))
        crashing = await sockets.enter_async_context(opened(platform, "DEMO1/client/undefined/de"))
        (viewer,) = await sockets.enter_async_context(viewing(platform.url, "DEMO1", "de"))
        assert await frame(crashing) == EMPTY
        before = await engine_of(platform)
        began = asyncio.get_running_loop().time()
        for number, piece in enumerate(record(of.recording)[:50]):
            await asyncio.sleep(max(0.0, began + piece.until - asyncio.get_running_loop().time()))
            await host.send(piece.data)
            if number == 25:
                reset(crashing)
                await host.send('{"signal":"restart_backend_engine"}')
        await until(lambda: len(viewer.texts("de")) >= 4, "four sentences, translated")
        assert await engine_of(platform) == before.model_copy(update={"restart": before.restart + 1})
        viewer.assert_no_gaps()
        assert viewer.closed is None


async def test_an_admin_closes_a_room_and_everybody_is_told(platform: PlatformProcess) -> None:
    def close(key: str) -> httpx.Response:
        return platform.request("POST", "/room/DEMO1/close", json={"key": key})

    assert close(ADMIN_PASSWORD).json() == {"status": "fail"}, "not active"
    async with hosting(platform) as (host, _):
        async with opened(platform, "DEMO1/client/undefined/de") as viewer:
            assert await frame(viewer) == EMPTY
            assert close(HOST_PASSWORD).status_code == 503
            assert close(ADMIN_PASSWORD).json() == {"status": "ok"}
            assert await closing(viewer) == (1003, "Room closed")
            assert await closing(host) == (1003, "Room closed")


def test_login_auth_and_validate_answer_as_documented(platform: PlatformProcess) -> None:
    with httpx.Client(base_url=platform.url, trust_env=False, timeout=PATIENCE_S) as client:
        host = client.post("/login", json={"password": HOST_PASSWORD}).json()
        assert (host["status"], host["power"], host["expire_hours"]) == ("ok", "host", 24)
        admin = client.post("/login", json={"password": ADMIN_PASSWORD, "role": "admin"}).json()
        assert admin["power"] == "admin"
        for body in ({"password": "wrong"}, {"password": HOST_PASSWORD, "role": "admin"}, {}):
            refused = client.post("/login", json=body)
            assert (refused.status_code, refused.json()) == (503, {"status": "fail"})
        assert client.post("/auth", json={"key": host["key"]}).json() == {"status": "valid", "power": "host"}
        assert client.post("/auth", json={"password": HOST_PASSWORD}).json() == {"status": "ok"}
        assert client.post("/validate", json={"key": admin["key"]}).json() == {"status": "valid"}
        assert client.post("/validate", json={"key": "x"}).status_code == 503
        again = client.post("/login", json={"password": HOST_PASSWORD, "key": host["key"]}).json()
        subjects = [
            jwt.decode(each["key"], options={"verify_signature": False})["sub"]
            for each in (host, again, admin)
        ]
        assert subjects[0] == subjects[1] != subjects[2]


def test_the_room_list_has_what_clients_read(platform: PlatformProcess) -> None:
    found = platform.request("GET", "/room_list", headers={"ngrok-skip-browser-warning": "1"}).json()
    assert found["available_source_langs"] == ["de", "en"]
    assert found["available_target_langs"] == ["de", "en"]
    assert found["max_active_rooms"] == 2
    for room in found["rooms"]:
        assert set(room) >= {
            "id", "title", "description", "track", "location",
            "presenter", "host_connection_id", "source_lang",
        }  # fmt: skip
        assert set(room["track"]) == {"name", "color"}
        assert room["host_connection_id"] == ""
