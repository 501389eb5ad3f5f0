"""`dolmetsch rooms` and `dolmetsch close ROOM`: this machine's rooms, or with `--kubernetes` a cluster's."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from datetime import UTC, datetime
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from dolmetsch_core.directory import Directory
from dolmetsch_core.live import store as live_store
from dolmetsch_core.live.directory import LocalDirectory
from dolmetsch_core.wire.room import EnginePoolStatus, Phase, Room
from dolmetsch_local.settings import StateSettings
from dolmetsch_local.state import StateFolder

LOOK_S = 10.0
"""How long the first look at the rooms may take."""
POOL_S = 1.0
GONE_S = 90.0
"""How long a room may take to drain."""
console = Console(highlight=False)
Kubernetes = Annotated[bool, typer.Option("--kubernetes", help="In the cluster that the kubeconfig names.")]
Namespace = Annotated[str, typer.Option(help="With --kubernetes; without it, the kubeconfig's own.")]


class RoomsUnknown(Exception):
    """What was asked of the rooms is not to be had. Remedy: in the message."""


def rooms(kubernetes: Kubernetes = False, namespace: Namespace = "") -> None:
    """List the active rooms, and how many more there can be."""

    async def show() -> None:
        async with _directory(kubernetes=kubernetes, namespace=namespace) as directory:
            found = sorted(directory.view.rooms.values(), key=lambda room: room.created)
            console.print(_table(found, datetime.now(UTC)) if found else "No rooms.")
            console.print(_capacity(await directory.capacity()))

    asyncio.run(show())


def close(
    room: Annotated[str, typer.Argument(help="Id of the room.")],
    kubernetes: Kubernetes = False,
    namespace: Namespace = "",
) -> None:
    """Close a room; what was said is written before it is gone."""

    async def end() -> None:
        async with _directory(kubernetes=kubernetes, namespace=namespace) as directory:
            await _close(directory, room)

    asyncio.run(end())


async def _close(directory: Directory, room_id: str) -> None:
    known = directory.view.rooms.get(room_id)
    if not await directory.close(room_id):
        raise RoomsUnknown(f"There is no room <{room_id}>: `dolmetsch rooms` lists them")
    console.print(escape(f"Room <{room_id}> is closing: its last words are being written"))
    try:
        async with asyncio.timeout(GONE_S), aclosing(directory.view.changes(room_id)) as changes:
            async for room in changes:
                if room is None or (known is not None and room.uid != known.uid):
                    console.print(escape(f"Room <{room_id}> is gone"))
                    return
    except TimeoutError:
        raise RoomsUnknown(
            f"Room <{room_id}> is still closing after {GONE_S:.0f} s: `dolmetsch rooms` says how it is"
        ) from None


@asynccontextmanager
async def _directory(*, kubernetes: bool, namespace: str) -> AsyncIterator[Directory]:
    """The directory, once it has had a look. Raises NotRunning, RoomsUnknown."""
    async with _in_cluster(namespace) if kubernetes else _on_this_machine() as directory:
        await directory.start()
        try:
            await _first_look(directory, "The cluster" if kubernetes else "The platform's live store")
            yield directory
        finally:
            await directory.stop()


async def _first_look(directory: Directory, who: str) -> None:
    try:
        async with asyncio.timeout(LOOK_S):
            while not directory.view.seen:  # noqa: ASYNC110 (nothing tells of it)
                await asyncio.sleep(0.02)
        # A cluster's pool comes by a way of its own, and there may be none.
        async with asyncio.timeout(POOL_S):
            while await directory.capacity() == EnginePoolStatus():  # noqa: ASYNC110
                await asyncio.sleep(0.02)
    except TimeoutError:
        if not directory.view.seen:
            raise RoomsUnknown(f"{who} does not say which rooms there are: is it running?") from None


@asynccontextmanager
async def _in_cluster(namespace: str) -> AsyncIterator[Directory]:
    # Here: importing `kubernetes` takes half a second and 20 MB, which no other command needs.
    from dolmetsch_api.cluster.kubernetes_directory import KubernetesDirectory  # noqa: PLC0415
    from dolmetsch_core.cluster.api import Away, connect  # noqa: PLC0415
    from dolmetsch_core.cluster.config import own_namespace  # noqa: PLC0415

    try:
        cluster = await connect()
    except Away as error:
        raise RoomsUnknown(str(error)) from error
    yield KubernetesDirectory(cluster, namespace or own_namespace())


@asynccontextmanager
async def _on_this_machine() -> AsyncIterator[Directory]:
    address = StateFolder(StateSettings().state_dir).address()
    if not address.store_url:
        raise RoomsUnknown("The platform that is running is of an older version: start it again")
    async with live_store.connect(address.store_url) as store:
        yield LocalDirectory(store)


def _table(found: list[Room], now: datetime) -> Table:
    table = Table("Room", "Title", "Phase", "Language", "Host", "Delay", "Engine", "Age", "Message", box=None)
    for room in found:
        status = room.status
        cells = (
            room.spec.room_id,
            room.spec.title,
            Phase.DRAINING if room.deleted else status.phase,
            room.spec.source_lang,
            "yes" if status.host.connected else "no",
            status.delay,
            status.engine.pod_name if status.engine else "",
            _age((now - room.created).total_seconds()),
            status.message,
        )
        table.add_row(*map(escape, cells))
    return table


def _age(seconds: float) -> str:
    """As kubectl tells it: in the largest unit of which there are two."""
    for unit, size in (("d", 86_400), ("h", 3600), ("m", 60)):
        if seconds >= 2 * size:
            return f"{seconds / size:.0f}{unit}"
    return f"{max(seconds, 0):.0f}s"


def _capacity(pool: EnginePoolStatus) -> str:
    line = f"{pool.active} of {pool.capacity} active, {pool.available} more can be, {pool.warm} engines warm."
    return escape(f"{line} {pool.message}".rstrip())
