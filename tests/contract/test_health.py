"""`GET /health`: polled by every client every 5 s; one failed poll makes it close its own live socket."""

import asyncio

import httpx

from tests.contract.client import hosting
from tests.contract.server import Server


def test_health_is_ok(server: Server) -> None:
    """`200 {"status":"ok"}`."""
    answer = server.get("/health")
    assert (answer.status_code, answer.json()["status"]) == (200, "ok")


def test_health_may_be_polled_as_clients_do(server: Server) -> None:
    """`ngrok-skip-browser-warning`, `cache: no-cache`."""
    polled = {"ngrok-skip-browser-warning": "1", "Cache-Control": "no-cache", "Pragma": "no-cache"}
    assert server.get("/health", headers=polled).status_code == 200


async def test_every_poll_of_many_clients_is_answered_while_a_talk_runs(server: Server, room: str) -> None:
    """`/health` must stay cheap and never block."""
    async with hosting(server, room), httpx.AsyncClient(base_url=server.url, trust_env=False) as client:
        answers = await asyncio.gather(*(client.get("/health", timeout=5) for _ in range(80)))
    assert {answer.status_code for answer in answers} == {200}
