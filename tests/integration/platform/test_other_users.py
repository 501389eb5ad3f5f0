"""What another user of the machine can do, who reaches the ports of loopback and reads no files."""

import httpx
import pytest
from redis.asyncio import Redis
from redis.exceptions import AuthenticationError, NoPermissionError
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from dolmetsch_core.wire.engine import NOT_ALLOWED
from tests.integration.platform.hosts import engine_of, hosting
from tests.platform_process import PATIENCE_S, PlatformProcess


async def test_the_live_store_tells_nobody_what_was_said(platform: PlatformProcess) -> None:
    address = httpx.URL(platform.address.store_url)
    async with Redis(host=address.host, port=address.port or 0) as stranger:
        assert await stranger.ping()
        for command in ("KEYS *", "INFO", "MONITOR", "CONFIG GET *", "ACL LIST", "SUBSCRIBE x"):
            with pytest.raises(NoPermissionError):
                await stranger.execute_command(command)  # type: ignore[no-untyped-call]
        with pytest.raises(NoPermissionError):
            await stranger.set("a", "b")
    async with Redis(
        host=address.host, port=address.port or 0, username="dolmetsch", password="guessed"
    ) as guesser:
        with pytest.raises(AuthenticationError):
            await guesser.ping()


async def test_an_engine_takes_no_calls_and_no_audio(platform: PlatformProcess) -> None:
    async with hosting(platform), httpx.AsyncClient(trust_env=False, timeout=PATIENCE_S) as stranger:
        engine = (await engine_of(platform)).address
        for method, path in (("GET", "/status"), ("PUT", "/session"), ("DELETE", "/session")):
            assert (await stranger.request(method, engine + path)).status_code == 401, path
        async with connect(f"{engine.replace('http', 'ws', 1)}/audio", proxy=None) as audio:
            with pytest.raises(ConnectionClosed) as closed:
                await audio.recv()
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == NOT_ALLOWED
        # Alive it may be called by everybody.
        assert (await stranger.get(f"{engine}/healthz")).status_code == 200
