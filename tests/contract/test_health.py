"""`GET /health`: polled by every client every 5 s; one failed poll makes it close its own live socket."""

import asyncio

import httpx

from tests.contract.client import hosting
from tests.contract.server import OK, PATIENCE_S, Server, said


def test_health_is_ok(server: Server) -> None:
    """`200 {"status":"ok"}`. (503 before the first readiness: tests/integration/api/test_health.py.)"""
    assert said(server.get("/health")) == OK


def test_health_may_be_polled_as_clients_do(server: Server) -> None:
    """`ngrok-skip-browser-warning`, `cache: no-cache`."""
    polled = {"ngrok-skip-browser-warning": "1", "Cache-Control": "no-cache", "Pragma": "no-cache"}
    assert said(server.get("/health", headers=polled)) == OK


async def test_every_poll_of_many_clients_is_answered_while_a_talk_runs(server: Server, room: str) -> None:
    """`/health` must stay cheap and never block."""
    async with (
        hosting(server, room),
        httpx.AsyncClient(base_url=server.url, trust_env=False, timeout=PATIENCE_S) as client,
    ):
        answers = await asyncio.gather(*(client.get("/health") for _ in range(80)))
    assert [said(answer) for answer in answers] == [OK] * 80
