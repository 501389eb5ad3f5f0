"""Requests that are not as described: refused as each family of routes does, never repeated."""

import json
from collections.abc import AsyncIterator

import pytest

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
    "nested": "[" * 100_000,
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
