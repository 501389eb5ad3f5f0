"""The platform as a person starts it, its clients, and hands on its parts."""

import asyncio
import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from websockets.exceptions import ConnectionClosed, InvalidHandshake

from dolmetsch_core.live import rooms
from dolmetsch_core.live.store import connect
from dolmetsch_core.wire.room import Room
from dolmetsch_local.client import Refused, frames, viewer_socket
from dolmetsch_local.state import Address, NotRunning, StateFolder
from tests.spawn import popen
from tests.waiting import EVERY_S

HOST_PASSWORD, ADMIN_PASSWORD = "host-password-of-tests", "admin-password-of-tests"
PATIENCE_S = 60.0
"""How long an answer, or the end of a platform, may take on a slow machine."""
START_S = 600.0
"""The same for a start: the platform gives its parts three minutes, after it has fetched what it needs."""


def processes(marker: str) -> list[int]:
    """Pids of running processes whose environment or command line holds `marker`."""
    found = []
    for place in Path("/proc").iterdir():
        if not place.name.isdigit():
            continue
        with contextlib.suppress(OSError):
            text = (place / "environ").read_bytes() + (place / "cmdline").read_bytes()
            state = (place / "stat").read_text().rsplit(")", 1)[1].split()[0]
            if marker.encode() in text and state != "Z":
                found.append(int(place.name))
    return found


class PlatformProcess:
    """`dolmetsch run` in a state folder of its own."""

    def __init__(self, state: Path, port: int, **env: str) -> None:
        self.state = state
        self.port = port
        self.url = f"http://127.0.0.1:{port}"
        self.env = {
            **os.environ,
            "DOLMETSCH_STATE_DIR": str(state),
            "DOLMETSCH_PORT": str(port),
            "DOLMETSCH_HOST_PASSWORD": HOST_PASSWORD,
            "DOLMETSCH_ADMIN_PASSWORD": ADMIN_PASSWORD,
            **env,
        }
        self.log = state / "run.log"
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    @property
    def address(self) -> Address:
        return StateFolder(self.state).address()

    @property
    def signing_key(self) -> str:
        """What this platform signs its keys with."""
        key: str = json.loads((self.state / "secrets.json").read_text())["signing_key"]
        return key

    @property
    def api_log(self) -> str:
        """What its api has logged."""
        return (self.state / "logs" / "api.log").read_text()

    def request(self, method: str, path: str, **more: Any) -> httpx.Response:
        """Ask its api, as long as it takes."""
        return httpx.request(method, f"{self.url}{path}", trust_env=False, timeout=PATIENCE_S, **more)

    def start(self, timeout: float = START_S) -> None:
        """Start it and wait until it takes hosts."""
        self.state.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as log:
            self._process = popen(
                [sys.executable, "-m", "dolmetsch_local", "run"],
                env=self.env,
                stdout=log,
                stderr=log,
                stdin=subprocess.DEVNULL,
                told=signal.SIGTERM,
            )
        deadline = time.monotonic() + timeout
        while True:
            with contextlib.suppress(NotRunning):
                self.address  # noqa: B018
                return
            assert self.running, f"the platform ended: {self.log.read_text()}"
            assert time.monotonic() < deadline, f"not ready: {self.log.read_text()}\n{self.part_logs()}"
            time.sleep(0.1)

    def stop(self, number: int = signal.SIGTERM, timeout: float = PATIENCE_S) -> int:
        """Signal it, wait for its end; its exit status."""
        if self._process is None:
            return 0
        if self._process.poll() is None:
            self._process.send_signal(number)
        try:
            self._process.wait(timeout)
        except subprocess.TimeoutExpired:
            # Valkey alone outlives a platform that is killed: a failed test leaves it no more than others.
            valkeys = self.pids("valkey-server")
            self._process.kill()
            self._process.wait()
            for pid in valkeys:
                os.kill(pid, signal.SIGKILL)
            raise
        return self._process.returncode

    async def end_grace_time(self, room: str) -> None:
        """The host of this room has left for good: it closes within a second, as after any grace time."""
        async with connect(self.address.store_url) as store:
            while (found := (await rooms.read(store)).rooms.get(room)) and found.deleted is None:
                with contextlib.suppress(rooms.NotReady):
                    if await rooms.put(store, _impatient(found), replaces=found):
                        return
                await asyncio.sleep(EVERY_S)

    def part_logs(self) -> str:
        """The ends of all logs, for a failed test."""
        logs = sorted((self.state / "logs").glob("*.log"))
        return "\n".join(f"== {log.name}\n{log.read_text(errors='replace')[-3000:]}" for log in logs)

    def pids(self, marker: str) -> list[int]:
        """Pids of this platform's children whose command line holds `marker`."""
        return [pid for pid in processes(marker) if _parent(pid) == self.pid and marker in _command_line(pid)]


def _impatient(room: Room) -> Room:
    spec = room.spec.model_copy(update={"close_after_seconds": 1})
    return room.model_copy(update={"spec": spec, "generation": room.generation + 1})


def _command_line(pid: int) -> str:
    """Not its environment: the worker's names LibreTranslate, and everybody's the test that runs."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_text(errors="replace")
    except OSError:
        return ""


def _parent(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[1])
    except OSError:
        return 0


@dataclass
class Viewer:
    """What one viewer was shown: merged as a client does it, with the time of each sentence's texts."""

    lang: str
    sentences: dict[tuple[int, int], dict[str, str]] = field(default_factory=dict)
    spans: dict[int, tuple[int, int]] = field(default_factory=dict)
    partials: list[str] = field(default_factory=list)
    states: list[str] = field(default_factory=list)
    frames: int = 0
    repeated: int = 0
    """Sentences that came again without any change."""
    closed: str | None = None
    stays: bool = False
    """Whether it comes back after a lost connection, as the page does."""
    away: list[float] = field(default_factory=list)
    """Seconds from each lost connection to the first frame of the next."""
    lost_at: float | None = None

    def take(self, frame: dict[str, Any]) -> None:
        self.frames += 1
        if self.lost_at is not None:
            self.away.append(time.monotonic() - self.lost_at)
            self.lost_at = None
        if "info" in frame:
            if "state" in frame["info"]:
                self.states.append(frame["info"]["state"])
            return
        self.partials.append(frame["incomplete_sentence"])
        for line in frame["last_n_sents"]:
            self.spans[line["line_idx"]] = (line["beg"], line["end"])
            for sentence in line["sentences"]:
                at = (line["line_idx"], sentence["sent_idx"])
                self.repeated += self.sentences.get(at) == sentence["content"]
                self.sentences[at] = sentence["content"]

    @property
    def in_order(self) -> list[dict[str, str]]:
        return [self.sentences[at] for at in sorted(self.sentences)]

    def texts(self, lang: str) -> list[str]:
        return [each[lang] for each in self.in_order if lang in each]

    def assert_no_gaps(self) -> None:
        """Line and sentence numbers begin at 0 and have no gap."""
        lines: dict[int, list[int]] = {}
        for line, sent in sorted(self.sentences):
            lines.setdefault(line, []).append(sent)
        assert sorted(lines) == list(range(len(lines)))
        assert all(sents == list(range(len(sents))) for sents in lines.values()), lines


async def watch(url: str, room: str, viewer: Viewer) -> None:
    """View the room until it closes, coming in as soon as it is active."""
    while viewer.closed is None:
        try:
            async with viewer_socket(url, room, viewer.lang) as socket:
                async for frame in frames(socket):
                    viewer.take(frame)
        except Refused as refused:
            later = viewer.stays and refused.later
            if str(refused) != "Room not active" and not later:
                viewer.closed = str(refused)
        except TimeoutError:
            pass  # the machine is slow: it comes again
        except (ConnectionClosed, InvalidHandshake, OSError) as error:
            if not viewer.stays:
                viewer.closed = type(error).__name__
        if viewer.frames:
            viewer.lost_at = viewer.lost_at or time.monotonic()
        await asyncio.sleep(0.1)


@asynccontextmanager
async def viewing(url: str, room: str, *langs: str, stay: bool = False) -> AsyncIterator[list[Viewer]]:
    """Viewers of a room, one per language, for as long as the context lasts."""
    viewers = [Viewer(lang, stays=stay) for lang in langs]
    tasks = [asyncio.create_task(watch(url, room, viewer)) for viewer in viewers]
    try:
        yield viewers
    finally:
        for task in tasks:
            task.cancel()
        ended = await asyncio.gather(*tasks, return_exceptions=True)
        # One that died of a fault of its own would be taken for one that was told nothing.
        for error in ended:
            if isinstance(error, Exception):
                raise error
