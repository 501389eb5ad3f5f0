"""`/room/{room_id}/{host|client}/{source_lang}/{target_lang}`: accepted, then closed with a reason."""

import pytest
from websockets.asyncio.client import connect

from tests.contract.client import NO_AUTH, NOT_ACTIVE, encoded, fill, opened
from tests.contract.server import PATIENCE_S, Rooms, Server

NO_ROLE = (1003, "No desired role found in url")
NO_TARGET = (1003, "No target lang found in url")
NO_SOURCE = (1003, "No source lang found in url")
NO_CONSENT = (1003, "Required room config cookies not found")
NO_ROOM = (1003, "Room <NOWHERE> not found")
BAD_SOURCE = (1003, "Source language xx not supported by transcription engine")
BAD_TARGET = (1003, "Target language xx not supported by translation service")


def consent(*rooms: str) -> dict[str, str]:
    return {f"{room}-{name}": "false" for room in rooms for name in ("allow_store", "allow_client_download")}


BOTH = consent("NOWHERE", "ROOM")
ORDER = {
    # Each has its own fault and all that are checked later. `ROOM` is there, `KEY` is a host's.
    "no role": ("NOWHERE", {}, NO_ROLE),
    "host, unknown role": ("NOWHERE/guest/undefined/xx", {}, NO_ROLE),
    "host, role in capitals": ("NOWHERE/HOST/undefined/xx", {}, NO_ROLE),
    "host, no target": ("NOWHERE/host/undefined", {}, NO_TARGET),
    "host, empty target": ("NOWHERE/host/undefined/", {}, NO_TARGET),
    "host, no credential": ("NOWHERE/host/undefined/xx", {}, NO_AUTH),
    "host, empty credential": ("NOWHERE/host/undefined/xx", {"authenticated": ""}, NO_AUTH),
    "host, wrong password": ("NOWHERE/host/undefined/xx", {"authenticated": "wrong"}, NO_AUTH),
    "host, undefined source": ("NOWHERE/host/undefined/xx", {"authenticated": "KEY"}, NO_SOURCE),
    "host, empty source": ("NOWHERE/host//xx", {"authenticated": "KEY"}, NO_SOURCE),
    "host, no consent": ("NOWHERE/host/xx/xx", {"authenticated": "KEY"}, NO_CONSENT),
    "host, consent for another room": (
        "NOWHERE/host/xx/xx",
        {"authenticated": "KEY", **consent("ELSEWHERE")},
        NO_CONSENT,
    ),
    "host, half a consent": (
        "NOWHERE/host/xx/xx",
        {"authenticated": "KEY", "NOWHERE-allow_store": "true"},
        NO_CONSENT,
    ),
    "host, unknown room": ("NOWHERE/host/xx/xx", {"authenticated": "KEY", **BOTH}, NO_ROOM),
    "host, unknown source": ("ROOM/host/xx/xx", {"authenticated": "KEY", **BOTH}, BAD_SOURCE),
    "host, unknown target": ("ROOM/host/en/xx", {"authenticated": "KEY", **BOTH}, BAD_TARGET),
    "client, no target": ("NOWHERE/client/undefined", {}, NO_TARGET),
    "client, unknown room": ("NOWHERE/client/undefined/xx", {}, NO_ROOM),
    "client, unknown target": ("ROOM/client/undefined/xx", {}, BAD_TARGET),
    "client, not active": ("ROOM/client/undefined/en", {}, NOT_ACTIVE),
}


@pytest.mark.parametrize("case", ORDER)
async def test_the_first_check_that_fails_gives_code_and_reason(server: Server, room: str, case: str) -> None:
    """The server accepts first, then closes with a code and a reason; checks in this order."""
    path, cookies, expected = ORDER[case]
    cookies = {
        name.replace("ROOM", room): server.host_key if value == "KEY" else value
        for name, value in cookies.items()
    }
    async with opened(server, path.replace("ROOM", encoded(room)), cookies) as tab:
        assert await tab.closing() == expected
    assert tab.frames == []


async def test_a_room_is_named_as_it_was_asked_for(server: Server) -> None:
    """1003 `Room <ID> not found`; `<` and `>` are literal."""
    for name in ("NO/WHERE Ü", "<b>", "%41"):
        async with opened(server, f"{encoded(name)}/client/undefined/en") as tab:
            assert await tab.closing() == (1003, f"Room <{name}> not found")


@pytest.mark.direct
async def test_a_reason_is_cut_to_what_a_close_frame_holds(server: Server) -> None:
    """1003 `Room <ID> not found`, of an id that is longer than a reason can be."""
    async with opened(server, f"{'x' * 10_000}/client/undefined/en") as tab:
        code, reason = await tab.closing()
    assert code == 1003
    assert reason.startswith("Room <xxx")


async def test_cookies_do_not_matter_to_viewers(server: Server, room: str) -> None:
    """1003 `Room not active` for a client, whatever its cookies hold."""
    cookies = {"authenticated": "nonsense", "connection_id": "nonsense", "voted-X": "true", "other": "a=b; c"}
    async with opened(server, f"{encoded(room)}/client/undefined/en", cookies) as tab:
        assert await tab.closing() == NOT_ACTIVE


async def test_garbage_in_the_cookie_header_is_no_credential(server: Server, room: str) -> None:
    """1008 `Authentification failed: no valid password in session cookie`."""
    address = f"{server.url}/room/{encoded(room)}/host/en/en".replace("http", "ws", 1)
    for header in ("authenticated", ";;;=", "=;authenticated=%", 'authenticated="', "authenticated=%FF%00"):
        async with connect(
            address, additional_headers={"Cookie": header}, proxy=None, open_timeout=PATIENCE_S
        ) as connection:
            await connection.wait_closed()
        assert (connection.close_code, connection.close_reason) == NO_AUTH, header


async def test_a_full_platform_tells_the_room_and_the_number(server: Server, rooms: Rooms) -> None:
    """1003 `Unable to activate room <ID>: Maximum capacity of N instances reached`."""
    limit = server.room_list()["max_active_rooms"]
    await fill(server, rooms.some(limit + 1), limit)
