"""`dolmetsch rooms` and `dolmetsch close ROOM` on a running platform."""

import asyncio
import contextlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.integration.platform.hosts import ENGINE_S, hosting
from tests.platform_process import PlatformProcess
from tests.scoring import talk
from tests.waiting import looks


async def dolmetsch(state: Path, *args: str) -> subprocess.CompletedProcess[str]:
    env = {**os.environ, "COLUMNS": "200", "DOLMETSCH_STATE_DIR": str(state)}
    return await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-m", "dolmetsch_local", *args],
        env=env,
        capture_output=True,
        text=True,
        timeout=ENGINE_S,
        check=False,
    )


async def test_an_active_room_is_listed_closed_and_gone(platform: PlatformProcess) -> None:
    # A room of the test before may still be closing.
    empty = ""
    async with contextlib.aclosing(looks("no rooms", ENGINE_S, lambda: empty)) as looking:
        async for _ in looking:
            empty = (await dolmetsch(platform.state, "rooms")).stdout
            if empty.startswith("No rooms.\n0 of "):
                break
    async with hosting(platform):
        listed = (await dolmetsch(platform.state, "rooms")).stdout.splitlines()
        assert " ".join(listed[0].split()) == "Room Title Phase Language Host Delay Engine Age Message"
        assert listed[1].split()[0] == "DEMO1"
        assert listed[-1].startswith("1 of ")
        closed = await dolmetsch(platform.state, "close", "DEMO1")
    assert (closed.returncode, closed.stderr) == (0, "")
    assert closed.stdout.splitlines() == [
        "Room <DEMO1> is closing: its last words are being written",
        "Room <DEMO1> is gone",
    ]
    assert (await dolmetsch(platform.state, "rooms")).stdout.startswith("No rooms.")


async def test_an_unknown_room_is_an_error_that_names_the_list(platform: PlatformProcess) -> None:
    closed = await dolmetsch(platform.state, "close", "NOWHERE")
    assert (closed.returncode, closed.stdout) == (1, "")
    assert closed.stderr == "There is no room <NOWHERE>: `dolmetsch rooms` lists them\n"


async def test_without_a_platform_the_remedy_is_said(tmp_path: Path) -> None:
    for command in (["rooms"], ["close", "DEMO1"]):
        said = await dolmetsch(tmp_path, *command)
        assert said.returncode == 1
        assert "start one with `make run`" in said.stderr


async def test_speaking_to_an_address_takes_its_host_password(
    platform: PlatformProcess, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    command = ("speak", "DEMO1", str(talk("en").recording), "--url", platform.url)
    monkeypatch.delenv("DOLMETSCH_HOST_PASSWORD", raising=False)
    said = await dolmetsch(tmp_path, *command)
    assert said.stderr == f"Set DOLMETSCH_HOST_PASSWORD to the host password of {platform.url}\n"
    monkeypatch.setenv("DOLMETSCH_HOST_PASSWORD", "nobody's")
    said = await dolmetsch(tmp_path, *command)
    assert said.returncode == 1
    assert said.stderr == f"The host password is not that of {platform.url}\n"
