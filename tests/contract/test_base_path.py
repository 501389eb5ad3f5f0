"""Served at `/` and, when a base path is configured, under it (the deployed client uses `/backend`)."""

import pytest

from tests.contract.client import NO_AUTH, encoded, opened
from tests.contract.server import Server, refused

pytestmark = pytest.mark.own_setup
GETS = {
    "/health": 200,
    "/room_list": 200,
    "/vote": 200,
    "/vote/NOWHERE/add": 503,
    "/vote/NOWHERE/remove": 503,
}
POSTS = ["/login", "/auth", "/validate", "/room/NOWHERE/transcript/en", "/room/NOWHERE/close"]


@pytest.fixture(params=["under the base path", "at /"])
def address(server: Server, request: pytest.FixtureRequest) -> str:
    return server.origin if request.param == "at /" else server.url


@pytest.mark.parametrize("path", GETS)
def test_what_is_got_is_there(server: Server, address: str, path: str) -> None:
    assert server.get(address + path).status_code == GETS[path]


@pytest.mark.parametrize("path", POSTS)
def test_what_is_posted_to_is_there(server: Server, address: str, path: str) -> None:
    assert refused(server.post(address + path, {}))


def test_the_list_of_transcripts_is_there(server: Server, address: str) -> None:
    assert isinstance(server.post(f"{address}/transcript_list", {}).json(), list)


async def test_sockets_are_there(server: Server, address: str, room: str) -> None:
    async with opened(server, f"{encoded(room)}/host/en/en", url=address) as tab:
        assert await tab.closing() == NO_AUTH
