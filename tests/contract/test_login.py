"""`/login`, `/auth`, `/validate`. What a previous key carries on is seen by its owner: test_transcripts."""

from typing import Any

import jwt
import pytest

from tests.contract.client import NO_AUTH, cookies_of_host, encoded, hosting, opened
from tests.contract.server import OK, Server, refused, said

FAR = 2**33
HALF = "half of a character"
"""No text that can be sent as UTF-8, but JSON has a way to write it."""
VALID = {"status": "valid", "power": "host"}
SECRET = "a key that is not the server's, but long"


def forged_keys() -> dict[str, str]:
    claims = {"sub": "a", "role": "admin", "power": "admin", "iat": 1, "exp": FAR}
    header, payload, _ = jwt.encode(claims, SECRET).split(".")
    return {
        "another key": jwt.encode(claims, SECRET),
        "another algorithm": jwt.encode(claims, SECRET * 2, algorithm="HS512"),
        "no algorithm": jwt.encode(claims, None, algorithm="none"),
        "no signature": f"{header}.{payload}.",
        "dots": "eyJ..",
        "empty": "",
        "nul": "\x00",
        HALF: "\ud800",
    }


FORGED = forged_keys()


def test_a_login_answers_key_power_and_expire_hours(server: Server) -> None:
    """`POST /login {password, role?}` → `{status:"ok", key, power:"host"|"admin", expire_hours}`."""
    host = server.login(server.host_password)
    assert (host["status"], host["power"]) == ("ok", "host")
    assert isinstance(host["key"], str)
    assert host["key"]
    assert host["expire_hours"] > 0


@pytest.mark.parametrize("role", ["host", None])
def test_a_host_password_gives_the_power_of_a_host(server: Server, role: str | None) -> None:
    """`power:"host"|"admin"`, with and without a role."""
    status, answer = said(server.post("/login", {"password": server.host_password, "role": role}))
    assert (status, answer["status"], answer["power"]) == (200, "ok", "host")


@pytest.mark.parametrize("more", [{"role": "admin"}, {}])
def test_an_admin_password_gives_the_power_of_an_admin(server: Server, more: dict[str, str]) -> None:
    """`power:"host"|"admin"`: the highest that the password gives, unless another is asked for."""
    assert server.login(server.admin_password, **more)["power"] == "admin"


def test_a_wrong_password_is_refused(server: Server) -> None:
    """Wrong password: refusal, status 503 and `{"status":"fail"}`."""
    assert refused(server.post("/login", {"password": "wrong"}))


def test_an_admin_is_not_made_by_the_host_password(server: Server) -> None:
    """Role `admin` with the host password: refusal."""
    assert refused(server.post("/login", {"password": server.host_password, "role": "admin"}))


@pytest.mark.parametrize(
    "body", [{}, {"password": ""}, {"password": None}, {"password": 7}, {"role": "admin"}, []]
)
def test_a_login_without_a_password_is_refused(server: Server, body: Any) -> None:
    """A refusal has status 503 and `{"status":"fail"}` for the documented routes: no 422, no 500."""
    assert refused(server.post("/login", body))


def test_what_is_no_json_is_refused(server: Server) -> None:
    """A refusal has status 503 and `{"status":"fail"}`."""
    for path in ("/login", "/auth", "/validate"):
        answer = server.http.post(path, content=b"{", headers={"Content-Type": "application/json"})
        assert refused(answer), path


def test_a_key_is_valid_and_tells_its_power(server: Server) -> None:
    """`POST /auth {key}` → `{status:"valid", power}`."""
    for key, power in ((server.host_key, "host"), (server.admin_key, "admin")):
        assert said(server.post("/auth", {"key": key})) == (200, {"status": "valid", "power": power})


def test_a_password_is_ok(server: Server) -> None:
    """`POST /auth {password}` → `{status:"ok"}`."""
    assert said(server.post("/auth", {"password": server.host_password})) == OK
    assert said(server.post("/auth", {"password": server.admin_password})) == OK


@pytest.mark.parametrize("password", ["wrong", "", None, 7])
def test_what_is_no_password_is_refused(server: Server, password: Any) -> None:
    """`POST /auth {password}`: else refusal `{"status":"fail"}`."""
    assert refused(server.post("/auth", {"password": password}))


def test_a_key_validates(server: Server) -> None:
    """`POST /validate {key}` → `{status:"valid"}`."""
    for key in (server.host_key, server.admin_key):
        assert said(server.post("/validate", {"key": key})) == (200, {"status": "valid"})


@pytest.mark.parametrize("path", ["/auth", "/validate"])
@pytest.mark.parametrize("kind", FORGED)
def test_a_forged_key_is_refused(server: Server, path: str, kind: str) -> None:
    """Else refusal `{"status":"fail"}`; another algorithm, or none, is a forged key too."""
    if kind == HALF:
        answer = server.http.post(
            path, content=b'{"key":"\\ud800"}', headers={"Content-Type": "application/json"}
        )
    else:
        answer = server.post(path, {"key": FORGED[kind]})
    assert refused(answer), answer.text


@pytest.mark.parametrize("path", ["/auth", "/validate"])
@pytest.mark.parametrize("body", [{}, {"key": None}, {"key": 7}, {"key": ["x"]}, [], None])
def test_a_request_without_a_key_is_refused(server: Server, path: str, body: Any) -> None:
    """Else refusal `{"status":"fail"}`."""
    assert refused(server.post(path, body))


def test_a_key_is_asked_for_again_and_again_without_a_limit(server: Server) -> None:
    """`/auth` with a key never rate-limited (a 503 logs the host out), not after forged ones either."""
    for _ in range(60):
        assert refused(server.post("/auth", {"key": FORGED["another key"]}))
        assert said(server.post("/auth", {"key": server.host_key})) == (200, VALID)


async def test_a_forged_key_opens_no_room(server: Server, room: str) -> None:
    """Cookie `authenticated` holds a key, or the password itself: 1008 for any other."""
    for kind in ("another key", "another algorithm", "no algorithm", "no signature", "dots"):
        cookies = cookies_of_host(room, FORGED[kind])
        async with opened(server, f"{encoded(room)}/host/en/en", cookies) as tab:
            assert await tab.closing() == NO_AUTH, kind


async def test_the_password_itself_opens_a_room(server: Server, room: str) -> None:
    """Cookie `authenticated` holds a key, or the password itself as documented; encoded as cookies are."""
    async with hosting(server, room, cookies_of_host(room, server.host_password)):
        assert server.connection_id(room)


@pytest.mark.parametrize("password", ["", "admin", "password", "\x00"])
def test_there_is_no_password_that_everybody_knows(server: Server, password: str) -> None:
    """No password in a repository."""
    assert refused(server.post("/login", {"password": password}))
