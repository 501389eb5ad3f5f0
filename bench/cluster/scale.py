"""The operator with hundreds of Rooms: hollow nodes (KWOK), and one stand-in that answers for all engines."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
from tests.cluster.control_plane import ControlPlane, die_with_parent
from tests.cluster.kwok import Kwok, add_hollow_nodes
from tests.cluster.operator_process import Json, make_pool, room_manifest
from tests.cluster.tools import Kubectl

from dolmetsch_core.cluster import names
from dolmetsch_core.cluster.api import Cluster, NotFound, connect
from dolmetsch_local.processes import free_port

ROOT = Path(__file__).parents[2]
OURS, THROWAWAY = "dolmetsch_operator", "bench.cluster.throwaway"
SPACE = "default"
NODES, GPUS = 10, 120
AT_ONCE = 32
WRITES = re.compile(
    r'apiserver_request_total\{[^}]*resource="(\w+)"[^}]*verb="(?:POST|PUT|PATCH|DELETE)"[^}]*\} (\S+)'
)


@dataclass
class Cell:
    """One control plane with hollow nodes and an operator."""

    plane: ControlPlane
    admin: Cluster
    operator: subprocess.Popen[bytes]
    port: int
    folder: Path

    @property
    def memory_mb(self) -> float:
        pages = int(Path(f"/proc/{self.operator.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGESIZE") / 2**20

    @property
    def cpu_s(self) -> float:
        fields = Path(f"/proc/{self.operator.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def start_operator(self, module: str) -> None:
        env = os.environ | {
            "KUBECONFIG": str(self.plane.kubeconfig()),
            "DOLMETSCH_OPERATOR_NAMESPACE": SPACE,
            "DOLMETSCH_OPERATOR_HTTP_HOST": "127.0.0.1",
            "DOLMETSCH_OPERATOR_HTTP_PORT": str(self.port),
        }
        with (self.folder / "operator.log").open("ab") as log:
            self.operator = subprocess.Popen(
                [sys.executable, "-m", module],
                env=env,
                cwd=ROOT,
                stdout=log,
                stderr=log,
                preexec_fn=die_with_parent,  # noqa: PLW1509 (it only calls prctl)
            )

    async def metric(self, name: str) -> float:
        """One of our operator's figures, -1 while there is none."""
        with contextlib.suppress(httpx.HTTPError):
            async with httpx.AsyncClient(trust_env=False) as client:
                text = (await client.get(f"http://127.0.0.1:{self.port}/metrics")).text
            if found := re.search(rf"^{name} (\S+)$", text, re.MULTILINE):
                return float(found[1])
        return -1

    async def until(self, name: str, least: float) -> None:
        """Wait until a figure has grown so far."""
        async with asyncio.timeout(60):
            now = await self.metric(name)
            while now < least:
                await asyncio.sleep(0.02)
                now = await self.metric(name)

    async def writes(self) -> dict[str, float]:
        """Writes that the API server has served so far, by resource."""
        ready = Kubectl(self.plane.kubeconfig(), SPACE)
        text = await asyncio.to_thread(ready, "get", "--raw", "/metrics")
        found: dict[str, float] = {}
        for resource, count in WRITES.findall(text):
            found[resource] = found.get(resource, 0) + float(count)
        return found

    async def quiet(self) -> None:
        """Wait until what the activation set off is over: the scheduler's events trickle in afterwards."""
        before: dict[str, float] = {}
        while (now := {**await self.writes(), "leases": 0.0}) != before:
            before = now
            await asyncio.sleep(5)


@asynccontextmanager
async def cell(module: str, *, warm: int = 0) -> AsyncIterator[Cell]:
    """A fresh cluster, and an operator that has begun to watch."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        plane = ControlPlane(folder / "plane")
        kwok: Kwok | None = None
        engines = subprocess.Popen(  # noqa: ASYNC220 (nothing else runs yet)
            [sys.executable, "-m", "tests.cluster.stand_in_engine", "--many"],
            cwd=ROOT,
            preexec_fn=die_with_parent,  # noqa: PLW1509 (it only calls prctl)
        )
        here: Cell | None = None
        try:
            plane.start()
            await asyncio.to_thread(_apply_crds, plane)
            admin = await connect(plane.kubeconfig())
            kwok = Kwok(plane, folder / "kwok")
            kwok.start()
            await add_hollow_nodes(admin, NODES, GPUS)
            await _default_account(admin)
            pool = {"warm": warm, "maxActiveRooms": NODES * GPUS}
            await make_pool(admin, SPACE, **pool)
            here = Cell(plane, admin, engines, free_port(), folder)
            here.start_operator(module)
            # A first Room, so that nothing measured later is a start.
            await activate(here, 1)
            yield here
            await admin.close()
        finally:
            for process in [engines, *([here.operator] if here else [])]:
                process.kill()
                process.wait()
            if kwok:
                kwok.stop()
            plane.stop()


def _apply_crds(plane: ControlPlane) -> None:
    kubectl = Kubectl(plane.kubeconfig(), SPACE)
    kubectl("apply", "--server-side", "-f", str(ROOT / "crds" / "rooms.yaml"))
    kubectl("apply", "--server-side", "-f", str(ROOT / "crds" / "enginepools.yaml"))
    kubectl("wait", "--for=condition=Established", "crd", "--all", "--timeout=30s")
    kubectl("get", "rooms,enginepools")


async def _default_account(admin: Cluster) -> None:
    path = f"/api/v1/namespaces/{SPACE}/serviceaccounts/default"
    async with asyncio.timeout(30):
        while True:
            with contextlib.suppress(NotFound):
                await admin.get(path)
                return
            await asyncio.sleep(0.1)


async def watched(admin: Cluster, path: str, listed: Json) -> AsyncGenerator[tuple[str, Json], None]:
    """All changes from a list on; the server drops watches that are too slow for it, and they go on."""
    version = listed["metadata"]["resourceVersion"]
    while True:
        async for kind, obj in admin.watch(path, version, timeout=300, silence=90):
            version = obj["metadata"]["resourceVersion"]
            if kind != "BOOKMARK":
                yield kind, obj


async def activate(here: Cell, count: int) -> float:
    """Create Rooms, wait until all are Ready, return the seconds."""
    prefix = f"R{uuid.uuid4().hex[:6]}".upper()
    listed = await here.admin.get(names.rooms_path(SPACE))
    ready: set[str] = set()
    began = time.perf_counter()

    async def watch() -> None:
        async for _, room in watched(here.admin, names.rooms_path(SPACE), listed):
            if room.get("status", {}).get("phase") == "Ready" and room["spec"]["roomId"].startswith(prefix):
                ready.add(room["spec"]["roomId"])
            if len(ready) == count:
                return

    watching = asyncio.create_task(watch())
    at_once = asyncio.Semaphore(AT_ONCE)

    async def create(number: int) -> None:
        async with at_once:
            # As the api makes them.
            room = room_manifest(f"{prefix}N{number}", origin="api")
            await here.admin.create(names.rooms_path(SPACE), room)

    await asyncio.gather(*(create(number) for number in range(count)))
    async with asyncio.timeout(300):
        await watching
    return time.perf_counter() - began


async def fill(module: str, count: int) -> tuple[float, float]:
    """Seconds, and the operator's memory afterwards in MB."""
    async with cell(module) as here:
        return await activate(here, count), here.memory_mb


async def one_by_one(count: int) -> list[float]:
    """Seconds of single activations with warm engines."""
    async with cell(OURS, warm=4) as here:
        found = []
        for _ in range(count):
            await here.until("dolmetsch_pool_warm", 4)
            found.append(await activate(here, 1))
        return found


async def lost_pods(count: int) -> list[float]:
    """Seconds from a pod's end to the creation of the next one, as a watch sees both."""
    async with cell(OURS) as here:
        await activate(here, count)
        listed = await here.admin.get(names.pods_path(SPACE))
        gone_at: dict[str, float] = {}
        found: list[float] = []

        async def watch() -> None:
            async for kind, pod in watched(here.admin, names.pods_path(SPACE), listed):
                room = pod["metadata"].get("labels", {}).get(names.ROOM, "")
                if "deletionTimestamp" in pod["metadata"] or kind == "DELETED":
                    gone_at.setdefault(room, time.perf_counter())
                elif kind == "ADDED" and room in gone_at:
                    found.append(time.perf_counter() - gone_at[room])
                if len(found) == count:
                    return

        watching = asyncio.create_task(watch())
        for pod in listed["items"]:
            if names.ROOM in pod["metadata"]["labels"] and len(gone_at) < count:
                path = names.pods_path(SPACE, pod["metadata"]["name"])
                await here.admin.delete(path, uid=pod["metadata"]["uid"])
                await asyncio.sleep(0.1)
        async with asyncio.timeout(60):
            await watching
        return found


async def idle(count: int, seconds: float) -> tuple[float, dict[str, float], float]:
    """Share of a core while nothing happens, writes by resource, seconds until settled after a restart."""
    async with cell(OURS) as here:
        await activate(here, count)
        await here.quiet()
        writes, cpu = await here.writes(), here.cpu_s
        await asyncio.sleep(seconds)
        share = (here.cpu_s - cpu) / seconds
        after = await here.writes()
        grown = {
            each: after[each] - writes.get(each, 0) for each in after if after[each] > writes.get(each, 0)
        }
        # As an upgrade does. After a kill the next one waits for the end of the Lease besides (15 s).
        began = time.perf_counter()
        here.operator.terminate()
        here.operator.wait()
        here.start_operator(OURS)
        await here.until("dolmetsch_engines_heard", count)
        return share, grown, time.perf_counter() - began


async def pairs(count: int, times: int) -> tuple[list[float], list[float], float]:
    """Ours and the throw-away in turn: seconds each, and our largest memory in MB."""
    ours: list[float] = []
    other: list[float] = []
    memory = 0.0
    # The machine's caches fill in the first one, and whoever goes first in a pair is at a disadvantage.
    await fill(THROWAWAY, count)
    for number in range(times):
        for module in (OURS, THROWAWAY) if number % 2 else (THROWAWAY, OURS):
            seconds, used = await fill(module, count)
            (ours if module == OURS else other).append(seconds)
            memory = max(memory, used if module == OURS else 0)
        sys.stderr.write(f"  {count} Rooms: {ours[-1]:.1f} s beside {other[-1]:.1f} s, {used:.0f} MB\n")
    return ours, other, memory


def ratio(ours: list[float], other: list[float]) -> str:
    """Medians, and the ratio's median and spread."""
    each = [a / b for a, b in zip(ours, other, strict=True)]
    return (
        f"{statistics.median(ours):.1f} s beside {statistics.median(other):.1f} s; "
        f"ratio {statistics.median(each):.2f} ({min(each):.2f} to {max(each):.2f})"
    )
