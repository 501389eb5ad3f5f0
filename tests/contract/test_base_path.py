"""Served at `/` and, when a base path is configured, under it (the deployed client uses `/backend`)."""

from typing import Any

import pytest

from tests.contract.client import NO_AUTH, encoded, opened
from tests.contract.server import OK, Server, refused, said

pytestmark = pytest.mark.own_setup
GETS = ["/health", "/room_list", "/vote"]
REFUSED_GETS = ["/vote/NOWHERE/add", "/vote/NOWHERE/remove"]
REFUSED_POSTS = ["/login", "/auth", "/validate", "/room/NOWHERE/transcript/en", "/room/NOWHERE/close"]


@pytest.fixture(params=["under the base path", pytest.param("at /", marks=pytest.mark.direct)])
def address(server: Server, request: pytest.FixtureRequest) -> str:
    return server.origin if request.param == "at /" else server.url


@pytest.mark.direct
@pytest.mark.parametrize("path", GETS)
def test_what_is_got_is_the_same_at_both(server: Server, path: str) -> None:
    assert server.url != server.origin
    status, found = said(server.get(server.url + path))
    assert (status, bool(found)) == (200, True)
    assert said(server.get(server.origin + path)) == (status, found)


@pytest.mark.parametrize("path", REFUSED_GETS)
def test_what_is_got_is_refused_alike(server: Server, address: str, path: str) -> None:
    assert refused(server.get(address + path))


@pytest.mark.parametrize("path", REFUSED_POSTS)
def test_what_is_posted_is_refused_alike(server: Server, address: str, path: str) -> None:
    assert refused(server.post(address + path, {}))


@pytest.mark.direct
def test_a_login_is_good_at_both(server: Server, address: str) -> None:
    status, made = said(server.post(f"{address}/login", {"password": server.host_password}))
    assert (status, made["status"], made["power"]) == (200, "ok", "host")
    for each in (server.url, server.origin):
        key: dict[str, Any] = {"key": made["key"]}
        assert said(server.post(f"{each}/auth", key)) == (200, {"status": "valid", "power": "host"})
        assert said(server.post(f"{each}/validate", key)) == (200, {"status": "valid"})
    assert said(server.post(f"{address}/auth", {"password": server.host_password})) == OK


@pytest.mark.direct
def test_the_list_of_transcripts_is_the_same_at_both(server: Server) -> None:
    status, found = said(server.post(f"{server.url}/transcript_list", {"key": server.admin_key}))
    assert (status, type(found)) == (200, list)
    assert said(server.post(f"{server.origin}/transcript_list", {"key": server.admin_key})) == (200, found)


async def test_sockets_are_there(server: Server, address: str, room: str) -> None:
    async with opened(server, f"{encoded(room)}/host/en/en", url=address) as tab:
        assert await tab.closing() == NO_AUTH
