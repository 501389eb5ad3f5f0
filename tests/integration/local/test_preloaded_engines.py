"""Engines as copies of a process that has loaded the libraries: children like any other."""

import errno
import logging
import os
import select
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from dolmetsch_core.engine_client import EngineClient
from dolmetsch_local import preloaded_engines
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
        # Importing the libraries leaves no log format of theirs behind, and none of their talk.
        lines = (tmp_path / "engine-1.log").read_text().splitlines()
        assert all(line.startswith(("INFO dolmetsch", "WARNING dolmetsch")) for line in lines), lines
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
    tmp_path: Path, store_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    engines = PreloadedEngines(sys.executable, tmp_path / "preloaded.log")
    wanted, _ = command(tmp_path, store_url, DOLMETSCH_ENGINE_COALESCENCE="1")
    try:
        assert await (await engines.start(wanted)).ended() == 1
        first = engines.pid
        assert first is not None
        os.kill(first, signal.SIGKILL)
        await until(lambda: engines.pid is None, "it is known to be gone")
        # Nobody waits for the next one: it is used as soon as it has loaded the libraries.
        with caplog.at_level(logging.INFO):
            assert await (await engines.start(wanted)).ended() == 1
        assert "loads the libraries itself" in caplog.text
        assert engines.pid not in {None, first}
        caplog.clear()
        async for _ in looks("an engine that is a copy again", 300):
            with caplog.at_level(logging.INFO):
                assert await (await engines.start(wanted)).ended() == 1
            if not caplog.text:
                break
            caplog.clear()
    finally:
        await engines.stop()


async def test_a_preloaded_process_that_never_answers_holds_nobody_up(
    tmp_path: Path, store_url: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(preloaded_engines, "FIRST_LOAD_S", 0.2)
    silent = tmp_path / "silent"
    silent.write_text("#!/bin/sh\nexec sleep 1000\n")
    silent.chmod(0o700)
    engines = PreloadedEngines(str(silent), tmp_path / "preloaded.log")
    wanted, _ = command(tmp_path, store_url, DOLMETSCH_ENGINE_COALESCENCE="1")
    assert await (await engines.start(wanted)).ended() == 1
    assert "without what is loaded already (TimeoutError" in caplog.text
    assert engines.pid is None
    # The next engine does not wait as long again.
    monkeypatch.setattr(preloaded_engines, "FIRST_LOAD_S", 3600.0)
    try:
        with caplog.at_level(logging.INFO):
            assert await (await engines.start(wanted)).ended() == 1
        assert "loads the libraries itself" in caplog.text
    finally:
        await engines.stop()


async def test_a_stopped_preloaded_process_is_given_up(
    tmp_path: Path, store_url: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    engines = PreloadedEngines(sys.executable, tmp_path / "preloaded.log")
    wanted, _ = command(tmp_path, store_url, DOLMETSCH_ENGINE_COALESCENCE="1")
    try:
        assert await (await engines.start(wanted)).ended() == 1
        assert engines.pid is not None
        monkeypatch.setattr(preloaded_engines, "ANSWER_S", 0.2)
        os.kill(engines.pid, signal.SIGSTOP)
        assert await (await engines.start(wanted)).ended() == 1
        assert "without what is loaded already" in caplog.text
        assert engines.pid is None
    finally:
        await engines.stop()


async def test_without_descriptors_of_processes_engines_start_as_any_program(
    tmp_path: Path, store_url: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def refused(_: int) -> int:
        raise OSError(errno.ENOSYS, "Function not implemented")

    engines = PreloadedEngines(sys.executable, tmp_path / "preloaded.log")
    wanted, _ = command(tmp_path, store_url, DOLMETSCH_ENGINE_COALESCENCE="1")
    with monkeypatch.context() as old_kernel:
        old_kernel.setattr(os, "pidfd_open", refused)
        # asyncio has its own way of knowing when a child ends, chosen before.
        engine = await engines.start(wanted)
    assert await engine.ended() == 1
    assert "Function not implemented" in caplog.text
    assert engines.pid is None


def test_an_engine_ends_with_the_process_that_started_it(tmp_path: Path, store_url: str) -> None:
    """Also when that is killed: here a process of its own stands for the platform."""
    wanted, _ = command(tmp_path, store_url)
    program = f"""
import asyncio, pathlib
from dolmetsch_local.preloaded_engines import PreloadedEngines
from dolmetsch_local.processes import Command

async def main():
    engines = PreloadedEngines({sys.executable!r}, pathlib.Path({str(tmp_path / "preloaded.log")!r}))
    argv, env, log = {list(wanted.argv)!r}, {dict(wanted.env)!r}, {str(wanted.log)!r}
    command = Command("engine-1", argv, env, pathlib.Path(log))
    print((await engines.start(command)).pid, flush=True)
    await asyncio.Event().wait()

asyncio.run(main())
"""
    platform = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE)
    try:
        assert platform.stdout is not None
        engine = os.pidfd_open(int(platform.stdout.readline()))
    finally:
        platform.kill()
        platform.communicate()
    ended, _, _ = select.select([engine], [], [], 120)
    os.close(engine)
    assert ended, "the engine is told to end when the platform is killed"
