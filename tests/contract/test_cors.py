"""Browsers of other origins: polls with a preflight, JSON bodies, no credentials; an Origin opens no door."""

import pytest

from tests.contract.client import NO_AUTH, encoded, opened
from tests.contract.server import Server, refused

ORIGINS = ["https://captions.example.org", "http://localhost:3000", "null"]
POLLS = ["/health", "/room_list", "/vote", "/vote/NOWHERE/add"]
POSTS = [
    "/login",
    "/auth",
    "/validate",
    "/transcript_list",
    "/room/NOWHERE/transcript/en",
    "/room/NOWHERE/close",
]


@pytest.mark.parametrize("origin", ORIGINS)
@pytest.mark.parametrize("path", POLLS + POSTS)
def test_a_preflight_lets_the_clients_request_through(server: Server, path: str, origin: str) -> None:
    """`ngrok-skip-browser-warning` (a CORS preflight), `cache: no-cache`; POST bodies are JSON."""
    method = "GET" if path in POLLS else "POST"
    wanted = ["ngrok-skip-browser-warning", "cache-control", "pragma", "content-type"]
    asked = {
        "Origin": origin,
        "Access-Control-Request-Method": method,
        "Access-Control-Request-Headers": ",".join(wanted),
    }
    answer = server.http.options(path, headers=asked)
    assert answer.is_success
    assert answer.headers["access-control-allow-origin"] in ("*", origin)
    allowed = answer.headers["access-control-allow-headers"].lower()
    assert allowed == "*" or set(wanted) <= {each.strip() for each in allowed.split(",")}
    methods = answer.headers.get("access-control-allow-methods", "")
    assert methods == "*" or method in {each.strip() for each in methods.split(",")}


@pytest.mark.parametrize("path", POLLS)
def test_an_answer_may_be_read_from_anywhere(server: Server, path: str) -> None:
    """Actual responses carry allow-origin, also refusals."""
    answer = server.get(path, headers={"Origin": ORIGINS[0], "ngrok-skip-browser-warning": "1"})
    assert answer.headers["access-control-allow-origin"] in ("*", ORIGINS[0])


@pytest.mark.parametrize("path", POSTS)
def test_a_refusal_may_be_read_from_anywhere(server: Server, path: str) -> None:
    """Actual responses carry allow-origin, also refusals."""
    answer = server.post(path, {}, headers={"Origin": ORIGINS[0]})
    assert answer.headers["access-control-allow-origin"] in ("*", ORIGINS[0])


def test_no_origin_is_a_credential(server: Server, room: str) -> None:
    """No bypass by Origin."""
    for origin in (*ORIGINS, server.origin):
        headers = {"Origin": origin, "Referer": f"{origin}/", "Host": "localhost"}
        assert refused(server.post("/login", {"password": ""}, headers=headers))
        assert refused(server.post("/auth", {"key": ""}, headers=headers))
        assert refused(server.post("/validate", {"key": ""}, headers=headers))
        assert refused(server.post(f"/room/{encoded(room)}/close", {}, headers=headers))


async def test_no_origin_opens_a_room(server: Server, room: str) -> None:
    """No bypass by Origin."""
    for origin in (*ORIGINS, server.origin):
        async with opened(server, f"{encoded(room)}/host/en/en", headers={"Origin": origin}) as tab:
            assert await tab.closing() == NO_AUTH


async def test_a_viewer_may_come_from_anywhere(server: Server) -> None:
    async with opened(server, "NOWHERE/client/undefined/en", headers={"Origin": ORIGINS[0]}) as tab:
        assert await tab.closing() == (1003, "Room <NOWHERE> not found")
