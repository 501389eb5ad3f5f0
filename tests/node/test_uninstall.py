"""`helm uninstall` with live rooms, with the operator and without it."""

import asyncio
import time

import pytest

from tests.node.release import NAMESPACE, ROOMS, Release
from tests.node.speaking import ACTIVE_S, held
from tests.waiting import until

pytestmark = pytest.mark.timeout(900)
UNINSTALL_S = 90.0
KEPT = [
    "PersistentVolumeClaim/data-dolmetsch-postgresql-0",
    "PersistentVolumeClaim/packages",
    "Secret/dolmetsch-postgresql",
    "Secret/sh.helm.release.v1.dolmetsch-crds.v1",
]


@pytest.mark.parametrize("operator", ["at work", "gone"])
async def test_with_live_rooms_what_is_kept_on_purpose_is_left(release: Release, operator: str) -> None:
    async with held(release.address, ROOMS[:2]):
        await until(lambda: release.live_rooms() == set(ROOMS[:2]), "two rooms have engines", ACTIVE_S)
        if operator == "gone":
            await asyncio.to_thread(release.kubectl, "delete", "deployment", "dolmetsch-operator", "--wait")
            await asyncio.to_thread(
                release.wait, "--for=delete", "pod", "--selector=app.kubernetes.io/component=operator"
            )
        began = time.monotonic()
        await asyncio.to_thread(release.uninstall, UNINSTALL_S)
        print(f"operator {operator}: uninstalled after {time.monotonic() - began:.0f} s")
    left = await asyncio.to_thread(release.get, "all,rooms,enginepools,leases,secrets,configmaps,pvc")
    names = sorted(f"{each['kind']}/{each['metadata']['name']}" for each in left["items"])
    assert [name for name in names if not name.startswith("ConfigMap/kube-root-ca")] == KEPT, (
        f"in {NAMESPACE}"
    )
