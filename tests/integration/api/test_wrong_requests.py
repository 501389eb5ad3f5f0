"""Requests that are not as described: refused as each family of routes does, never repeated."""

import json
from collections.abc import AsyncIterator

import httpx
import pytest

from dolmetsch_api.body_limit import BODY_BYTES, LARGE_BODY_BYTES
from dolmetsch_core.wire.room import TERM_LENGTH, TERMS
from tests.integration.api.api_process import Client, running, settings

REFUSING = ("/login", "/auth", "/validate", "/room/DEMO1/close")
OPEN = ("/transcript_list", "/backend/transcript_list")
WRONG = {
    "a list": "[]",
    "null": '{"key": null, "password": null}',
    "a number": '{"key": 7, "password": 7}',
    "long": json.dumps({"key": "x" * 10_001, "password": "x" * 10_001}),
    "broken": '{"key": ',
    "surrogate": '{"key": "\\ud800", "password": "\\udfff"}',
    "surrogate role": '{"key": "\\ud800", "password": "host", "role": "\\ud800"}',
    "nested": "[" * 60_000,
    "too large": json.dumps({"key": "admin", "password": "host"}).ljust(BODY_BYTES + 1),
}
ADMIN = {"Authorization": "Bearer admin"}
JSON = {"Content-Type": "application/json"}


@pytest.fixture
async def client(store_url: str) -> AsyncIterator[Client]:
    async with running(settings(store_url, base_path="/backend")) as found:
        yield found


@pytest.mark.parametrize("body", [*WRONG.values(), "", "\x00"], ids=[*WRONG, "nothing", "NUL"])
async def test_documented_routes_refuse_as_clients_in_use_know_it(client: Client, body: str) -> None:
    for path in (*REFUSING, "/backend/login"):
        answer = await client.http.post(path, content=body, headers=JSON)
        assert (answer.status_code, answer.json()) == (503, {"status": "fail"}), (path, answer.text)
    answer = await client.http.post("/room/DEMO1/transcript/en", content=body, headers=JSON)
    assert (answer.status_code, answer.json()) == (503, {"status": "fail"}), answer.text
    for path in OPEN:
        answer = await client.http.post(path, content=body, headers=JSON)
        assert (answer.status_code, answer.json()) == (200, []), path


async def test_a_body_that_is_no_utf_8_is_refused_too(client: Client) -> None:
    for path in REFUSING:
        answer = await client.http.post(path, content=b'{"key": "\xff"}', headers=JSON)
        assert (answer.status_code, answer.json()) == (503, {"status": "fail"}), path
    assert (await client.http.post("/transcript_list", content=b"\xff")).json() == []


async def streamed(size: int) -> AsyncIterator[bytes]:
    """A body that does not say how large it is, and would be taken if it were not so large."""
    yield b'{"key": "admin", "password": "host"}'
    for _ in range(0, size, 1000):
        yield b" " * 1000


async def test_a_body_that_is_too_large_is_refused_also_when_it_comes_without_its_size(
    client: Client,
) -> None:
    for path in ("/login", "/auth", "/validate", "/backend/login"):
        answer = await client.http.post(path, content=streamed(BODY_BYTES - 2000), headers=JSON)
        assert answer.status_code == 200, path
    for path in (*REFUSING, "/backend/login", "/room/DEMO1/transcript/en"):
        answer = await client.http.post(path, content=streamed(BODY_BYTES), headers=JSON)
        assert (answer.status_code, answer.json()) == (503, {"status": "fail"}), path
    for path in OPEN:
        answer = await client.http.post(path, content=streamed(BODY_BYTES), headers=JSON)
        assert (answer.status_code, answer.json()) == (200, []), path


async def test_a_refusal_of_a_large_body_may_be_read_from_anywhere(client: Client) -> None:
    answer = await client.http.post("/login", content=b" " * 10**6, headers={"Origin": "https://a.example"})
    assert (answer.status_code, answer.headers["access-control-allow-origin"]) == (503, "*")


async def test_the_longest_room_is_made_and_what_is_larger_is_refused_with_the_limit(client: Client) -> None:
    longest = "\N{GRINNING FACE}"
    draft = {"title": "t", "description": longest * 10_000, "vocabulary": [longest * TERM_LENGTH] * TERMS}
    for number, path in enumerate(("/api/v1/rooms", "/backend/api/v1/rooms")):
        body = json.dumps({**draft, "id": f"LONG{number}"}).encode()
        assert len(body) > 5 * BODY_BYTES, "as escapes"
        assert (await client.http.post(path, content=body, headers=JSON | ADMIN)).status_code == 201
        bodies = (b" " * (LARGE_BODY_BYTES + 1), streamed(LARGE_BODY_BYTES + 1))
        for each in bodies:
            answer = await client.http.post(path, content=each, headers=JSON | ADMIN)
            assert answer.status_code == httpx.codes.REQUEST_ENTITY_TOO_LARGE
            assert answer.json() == {"detail": "The body is too large: at most 524288 bytes are taken"}


async def test_our_routes_tell_where_the_fault_is_and_never_what_was_sent(client: Client) -> None:
    for path in ("/api/v1/rooms", "/backend/api/v1/rooms"):
        answer = await client.http.post(
            path,
            json={"title": ["secret"], "source_lang": "secret", "more": "secret"},
            headers=ADMIN,
        )
        assert answer.status_code == 422
        assert "secret" not in answer.text
        assert [set(each) for each in answer.json()["detail"]] == [{"type", "loc", "msg"}] * 3
        assert ["body", "more"] in [each["loc"] for each in answer.json()["detail"]]
    odd = await client.http.post(
        "/api/v1/rooms", content='{"title": "t", "\\ud800": 1}', headers=JSON | ADMIN
    )
    assert (odd.status_code, odd.json()["detail"][0]["loc"][0]) == (422, "body")


async def test_what_is_not_there_is_still_no_refusal(client: Client) -> None:
    assert (await client.http.get("/nowhere")).status_code == 404
    assert (await client.http.get("/login")).status_code in (404, 405)
