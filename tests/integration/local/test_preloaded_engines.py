"""Engines as copies of a process that has loaded the libraries: children like any other."""

import os
import signal
import sys
from pathlib import Path

import pytest

from dolmetsch_core.engine_client import EngineClient
from dolmetsch_local.models import DEMO_MODEL
from dolmetsch_local.preloaded_engines import PreloadedEngines
from dolmetsch_local.processes import Command, environment, free_port
from tests.waiting import looks, until


def command(folder: Path, store: str, **more: str) -> tuple[Command, str]:
    """How an engine is started, and its address."""
    port = free_port()
    env = environment() | {
        "DOLMETSCH_STORE_URL": store,
        "DOLMETSCH_ENGINE_MODEL": str(DEMO_MODEL),
        "DOLMETSCH_ENGINE_HOST": "127.0.0.1",
        "DOLMETSCH_ENGINE_PORT": str(port),
        "DOLMETSCH_ENGINE_THREADS": "1",
        **more,
    }
    argv = [sys.executable, "-m", "dolmetsch_engine"]
    return Command("engine-1", argv, env, folder / "engine-1.log"), f"http://127.0.0.1:{port}"


async def healthy(client: EngineClient, address: str) -> None:
    async for _ in looks("the engine answers", 300):
        if await client.healthy(address):
            return


def parent(pid: int) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[1])


async def test_an_engine_is_a_child_of_ours_that_outlives_the_process_it_is_a_copy_of(
    tmp_path: Path, store_url: str
) -> None:
    client, engines = EngineClient(), PreloadedEngines(sys.executable, tmp_path / "preloaded.log")
    wanted, address = command(tmp_path, store_url)
    engine = await engines.start(wanted)
    try:
        assert parent(engine.pid) == os.getpid()
        assert engine.command is wanted
        await engines.stop()
        await healthy(client, address)
        assert engine.alive
        os.kill(engine.pid, signal.SIGKILL)
        assert await engine.ended() == -signal.SIGKILL
        assert not engine.alive
    finally:
        await engine.stop()
        await engines.stop()
        await client.close()


async def test_one_that_can_not_start_says_why(tmp_path: Path, store_url: str) -> None:
    engines = PreloadedEngines(sys.executable, tmp_path / "preloaded.log")
    wanted, _ = command(tmp_path, store_url, DOLMETSCH_ENGINE_COALESCENCE="1")
    try:
        for _ in range(2):
            engine = await engines.start(wanted)
            assert await engine.ended() == 1
            assert "DOLMETSCH_ENGINE_COALESCENCE" in engine.last_words()
    finally:
        await engines.stop()


async def test_without_what_is_preloaded_an_engine_starts_as_any_program(
    tmp_path: Path, store_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    engines = PreloadedEngines("/bin/false", tmp_path / "preloaded.log")
    wanted, _ = command(tmp_path, store_url, DOLMETSCH_ENGINE_COALESCENCE="1")
    engine = await engines.start(wanted)
    assert await engine.ended() == 1
    assert "DOLMETSCH_ENGINE_COALESCENCE" in engine.last_words()
    assert "without what is loaded already" in caplog.text


async def test_a_preloaded_process_that_was_killed_is_followed_by_another(
    tmp_path: Path, store_url: str
) -> None:
    engines = PreloadedEngines(sys.executable, tmp_path / "preloaded.log")
    wanted, _ = command(tmp_path, store_url, DOLMETSCH_ENGINE_COALESCENCE="1")
    try:
        assert await (await engines.start(wanted)).ended() == 1
        first = engines.pid
        assert first is not None
        os.kill(first, signal.SIGKILL)
        await until(lambda: engines.pid is None, "it is known to be gone")
        assert await (await engines.start(wanted)).ended() == 1
        assert engines.pid not in {None, first}
    finally:
        await engines.stop()
