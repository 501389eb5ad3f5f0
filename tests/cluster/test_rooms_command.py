"""`dolmetsch rooms` and `dolmetsch close ROOM` in a cluster, with the rights that the api has."""

import asyncio
import os
import subprocess
import sys
from pathlib import Path

from dolmetsch_core.cluster import names
from dolmetsch_core.cluster.api import Cluster
from dolmetsch_core.cluster.objects import room_object, room_of, status_patch
from dolmetsch_core.wire.room import EnginePoolStatus, Origin, Phase, RoomSpec, RoomStatus
from tests.cluster.control_plane import die_with_parent
from tests.cluster.waiting import PATIENCE_S, object_where


async def dolmetsch(kubeconfig: Path, *args: str) -> subprocess.CompletedProcess[str]:
    env = {**os.environ, "COLUMNS": "200", "KUBECONFIG": str(kubeconfig)}
    return await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-m", "dolmetsch_local", *args, "--kubernetes"],
        env=env,
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
        preexec_fn=die_with_parent,
    )


async def test_a_clusters_rooms_are_listed_and_closed(
    admin: Cluster, namespace: str, api_kubeconfig: Path
) -> None:
    rooms, pools = names.rooms_path(namespace), names.pools_path(namespace)
    spec = RoomSpec(room_id="R1", title="On [bold] things", source_lang="en")
    room = room_of(await admin.create(rooms, room_object(spec, namespace, Origin.API)))
    status = RoomStatus(phase=Phase.STARTING, message="waiting for its engine")
    await admin.merge(f"{rooms}/{room.name}/status", status_patch(status))
    pool = {
        "apiVersion": names.API_VERSION,
        "kind": "EnginePool",
        "metadata": {"name": names.POOL},
        "spec": {},
    }
    await admin.create(pools, pool)
    told = EnginePoolStatus(capacity=3, active=1, available=2)
    await admin.merge(f"{pools}/{names.POOL}/status", status_patch(told))

    # The kubeconfig's own namespace.
    listed = await dolmetsch(api_kubeconfig, "rooms")
    lines = listed.stdout.splitlines()
    assert (listed.returncode, listed.stderr) == (0, "")
    assert "R1" in lines[1] and "On [bold] things" in lines[1] and "waiting for its engine" in lines[1]
    assert lines[-1].startswith("1 of 3 active, 2 more can be")

    closing = asyncio.create_task(dolmetsch(api_kubeconfig, "close", "R1", "--namespace", namespace))
    await object_where(
        admin, f"{rooms}/{room.name}", lambda obj: "deletionTimestamp" in obj["metadata"], "being deleted"
    )
    await admin.merge(f"{rooms}/{room.name}", {"metadata": {"finalizers": None}})
    closed = await closing
    assert (closed.returncode, closed.stderr) == (0, "")
    assert closed.stdout.splitlines()[-1] == "Room <R1> is gone"


async def test_what_is_wrong_is_one_line(namespace: str, api_kubeconfig: Path, tmp_path: Path) -> None:
    unknown = await dolmetsch(api_kubeconfig, "close", "NOWHERE")
    assert unknown.stderr == "There is no room <NOWHERE>: `dolmetsch rooms` lists them\n"
    nowhere = await dolmetsch(tmp_path / "missing", "rooms")
    assert (nowhere.returncode, nowhere.stderr.count("\n")) == (1, 1)
    assert "name one in KUBECONFIG" in nowhere.stderr
