"""Who may call an engine: every route with and without a token, and where an engine without a key listens."""

import asyncio
import socket
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
import uvicorn
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from dolmetsch_core import tokens
from dolmetsch_core.engine_client import EngineAway, EngineClient, StoreAway
from dolmetsch_core.tasks import end_tasks
from dolmetsch_core.tokens import EngineKey, Scope
from dolmetsch_core.wire.engine import CLOCKS_DIFFER, NO_SUCH_SESSION, NOT_ALLOWED, SessionRequest
from dolmetsch_engine.callers import Unguarded, callers_of
from dolmetsch_engine.server import Engine, create_app
from dolmetsch_engine.service_settings import ServiceSettings
from dolmetsch_engine.settings import EngineSettings
from dolmetsch_engine.transcriber import Transcriber
from dolmetsch_engine.writer import Writer

KEY = EngineKey.generate()
UID = "uid-1"
DEMO = Path(__file__).parents[3] / "local" / "dolmetsch_local" / "demo"


def bearer(scope: Scope, *, key: EngineKey = KEY, audience: str = UID) -> dict[str, str]:
    return {"Authorization": f"Bearer {key.token(audience, scope)}"}


def wrong() -> list[dict[str, str]]:
    return [{}, bearer(Scope.AUDIO), bearer(Scope.CONTROL, audience="uid-2"), {"Authorization": "Bearer x"}]


@pytest.fixture
async def engine(store_url: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[str]:
    """The address of an engine with a key and without a model: its app on a port of loopback."""

    async def no_model(_: Engine) -> None:
        await asyncio.sleep(0)

    monkeypatch.setattr(Engine, "load", no_model)
    service = ServiceSettings(store_url=store_url, engine_public_key=KEY.public_pem, engine_audience=UID)
    app = create_app(EngineSettings(model=DEMO / "speech-model"), service)
    config = uvicorn.Config(app, log_level="warning", timeout_graceful_shutdown=1)
    server = uvicorn.Server(config)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        serving = asyncio.create_task(server.serve([listening]))
        while not server.started:
            await asyncio.sleep(0.01)
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        server.should_exit = True
        await asyncio.wait([serving], timeout=60)
        await end_tasks(serving)


@pytest.mark.parametrize(
    ("method", "path"), [("PUT", "/session"), ("DELETE", "/session"), ("GET", "/status?after=-1")]
)
async def test_control_needs_a_token_of_this_engine(engine: str, method: str, path: str) -> None:
    async with httpx.AsyncClient(base_url=engine, trust_env=False, timeout=60) as http:
        for headers in wrong():
            answer = await http.request(method, path, headers=headers)
            assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")
            assert "token" in answer.json()["detail"]
        answer = await http.request(method, path, headers=bearer(Scope.CONTROL))
        assert answer.status_code == (422 if method == "PUT" else 200)


@pytest.mark.parametrize("path", ["/healthz", "/metrics"])
async def test_probes_and_metrics_need_none(engine: str, path: str) -> None:
    async with httpx.AsyncClient(base_url=engine, trust_env=False, timeout=60) as http:
        assert (await http.get(path)).status_code == 200


async def test_audio_needs_a_token_of_its_own_scope(engine: str) -> None:
    async def code(headers: dict[str, str]) -> int:
        address = f"{engine.replace('http', 'ws')}/audio?session=s.1&turn=1"
        async with connect(address, additional_headers=headers, proxy=None) as audio:
            with pytest.raises(ConnectionClosed) as closed:
                await audio.recv()
        assert closed.value.rcvd is not None
        return closed.value.rcvd.code

    for headers in ({}, bearer(Scope.CONTROL), bearer(Scope.AUDIO, audience="uid-2")):
        assert await code(headers) == NOT_ALLOWED
    assert await code(bearer(Scope.AUDIO)) == NO_SUCH_SESSION


async def test_the_client_shows_its_token_and_says_when_it_is_refused(engine: str) -> None:
    client = EngineClient(KEY)
    stranger = EngineClient(EngineKey.generate())
    nobody = EngineClient()
    try:
        assert not (await client.status(engine, audience=UID)).ready
        assert not (await client.end_session(engine, audience=UID)).drained
        request = SessionRequest(room="R1", session="s.1", epoch=1, source_lang="en")
        for refused in (stranger, nobody):
            with pytest.raises(EngineAway, match=r"PUT /session: the engine refuses this caller: .*token"):
                await refused.open_session(engine, request, audience=UID)
    finally:
        for each in (client, stranger, nobody):
            await each.close()


async def test_an_engine_tells_a_live_store_that_is_away_from_trouble_of_its_own(
    engine: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = EngineClient(KEY)
    request = SessionRequest(room="R1", session="s.1", epoch=1, source_lang="en")

    async def away(_: Writer) -> None:
        raise ConnectionError

    try:
        with pytest.raises(EngineAway) as unloaded:
            await client.open_session(engine, request, audience=UID)
        assert not isinstance(unloaded.value, StoreAway)
        # A stand-in for a loaded model and a store that is away, which here would need servers of their own.
        monkeypatch.setattr(Transcriber, "stream", lambda *_: None)
        monkeypatch.setattr(Writer, "take_pen", away)
        with pytest.raises(StoreAway, match="the live store is away"):
            await client.open_session(engine, request, audience=UID)
    finally:
        await client.close()


async def test_readiness_is_the_loaded_model_and_health_is_not(engine: str) -> None:
    async with httpx.AsyncClient(base_url=engine, trust_env=False, timeout=60) as http:
        assert (await http.get("/healthz")).status_code == 200
        loading = await http.get("/readyz")
        assert (loading.status_code, loading.text) == (503, "the model is being loaded")


@pytest.mark.parametrize("jump", [3600, -3600])
async def test_a_caller_whose_clock_jumped_is_understood_all_the_same(
    engine: str, jump: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = EngineClient(EngineKey.from_pem(KEY.pem))
    try:
        assert not (await client.status(engine, audience=UID)).ready
        monkeypatch.setattr(tokens, "_now", lambda: time.time() + jump)
        assert not (await client.end_session(engine, audience=UID)).drained
        assert not (await client.status(engine, audience=UID)).ready
    finally:
        await client.close()
    # What the api is told over its socket.
    key = EngineKey.from_pem(KEY.pem)
    before = time.time()
    address = f"{engine.replace('http', 'ws')}/audio?session=s.1&turn=1"
    async with connect(address, additional_headers=bearer(Scope.AUDIO, key=key), proxy=None) as audio:
        with pytest.raises(ConnectionClosed) as closed:
            await audio.recv()
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == CLOCKS_DIFFER
    assert before <= float(closed.value.rcvd.reason) <= time.time()


@pytest.mark.parametrize("host", ["127.0.0.1", "127.1.2.3", "::1", "localhost"])
def test_without_a_key_an_engine_may_listen_on_loopback(host: str) -> None:
    callers_of(ServiceSettings(engine_host=host))


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "10.0.0.1", "engine.example", ""])
def test_without_a_key_an_engine_listens_nowhere_else(host: str) -> None:
    with pytest.raises(Unguarded, match="DOLMETSCH_ENGINE_PUBLIC_KEY and DOLMETSCH_ENGINE_AUDIENCE"):
        callers_of(ServiceSettings(engine_host=host))


def test_a_key_needs_an_audience_and_must_be_one() -> None:
    with pytest.raises(Unguarded, match="DOLMETSCH_ENGINE_AUDIENCE is not"):
        callers_of(ServiceSettings(engine_public_key=KEY.public_pem))
    with pytest.raises(Unguarded, match="DOLMETSCH_ENGINE_PUBLIC_KEY: not an Ed25519 public key"):
        callers_of(ServiceSettings(engine_public_key="x", engine_audience=UID))
    callers_of(ServiceSettings(engine_host="::", engine_public_key=KEY.public_pem, engine_audience=UID))


async def test_an_unguarded_engine_ends_with_the_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOLMETSCH_ENGINE_HOST", "::")
    monkeypatch.setenv("DOLMETSCH_ENGINE_MODEL", str(DEMO / "speech-model"))
    engine = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "dolmetsch_engine", stderr=asyncio.subprocess.PIPE
    )
    _, said = await engine.communicate()
    assert engine.returncode == 1
    assert b"set DOLMETSCH_ENGINE_PUBLIC_KEY" in said
