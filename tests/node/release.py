"""An installation of the charts on real nodes, and what a person with kubectl and Helm does with it."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sysconfig
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from dolmetsch_local.state import Address
from tests.cluster.tools import Kubectl, ToolFailed, helm
from tests.cluster.waiting import wait_for
from tests.conftest import REPOSITORY
from tests.node import translator
from tests.node.addresses import TEST_NETWORK
from tests.node.images import TAG
from tests.node.real_cluster import RealCluster
from tests.node.route import Route

CHARTS: Final = REPOSITORY / "charts"
NAMESPACE: Final = "captions"
BASE_PATH: Final = "/backend"
PATIENCE_S: Final = 240.0
ROOMS: Final = ("HALLA", "HALLB", "HALLC", "HALLD", "HALLE")
ENGINES: Final = "app.kubernetes.io/name=dolmetsch-engine"
BEAM: Final = [{"name": "ARGOS_BEAM_SIZE", "value": "1"}]
"""As `make run` has it for the demonstration's packages."""
COMPONENTS: Final = ("api", "worker", "operator", "engine", "valkey", "postgresql", "libretranslate")
SMALL: Final = {"requests": {"cpu": "10m", "memory": "64Mi"}}
"""Five engines and all the rest have to find a place on two cores."""


class Release:
    """The release `dolmetsch` in its namespace."""

    def __init__(self, cluster: RealCluster, values: Mapping[str, Any] | None = None) -> None:
        """`values`: more of them, for all installations and upgrades."""
        self._cluster = cluster
        self._more = dict(values or {})
        self._kubeconfig = str(cluster.plane.kubeconfig())
        self._route: Route | None = None
        self.kubectl = Kubectl(cluster.plane.kubeconfig(), NAMESPACE)

    def prepare(self) -> None:
        """What is there before the release: its namespace, for restricted pods only; volumes; the kinds."""
        self._cluster.kubectl("create", "namespace", NAMESPACE)
        restricted = "pod-security.kubernetes.io/enforce=restricted"
        self._cluster.kubectl("label", "namespace", NAMESPACE, restricted)
        self._make_volumes()
        self.helm("install", "dolmetsch-crds", str(CHARTS / "dolmetsch-crds"))

    def install(self) -> None:
        """Install the chart, wait until everything is ready, and lead a route to it."""
        self._make_language_volume()
        self._set({})
        cluster_ip = self.get("service", "dolmetsch-api")["spec"]["clusterIP"]
        self._route = Route(self._cluster.folder / f"route-{cluster_ip}", BASE_PATH, f"http://{cluster_ip}")
        self._route.start()

    def upgrade(self, values: Mapping[str, Any]) -> None:
        """Upgrade with more values, and wait until everything is replaced and ready."""
        self._set(values)

    def uninstall(self, seconds: float) -> None:
        """Uninstall, and wait until no pod is left. Raises ToolFailed after so many seconds, twice."""
        self.helm("uninstall", "dolmetsch", "--wait", f"--timeout={seconds:.0f}s")
        self.wait("--for=delete", "pod", "--all", seconds=seconds)
        self.leave()

    @property
    def installed(self) -> bool:
        """Whether it was installed, and not uninstalled since."""
        return self._route is not None

    def end_rooms(self) -> None:
        """Delete all Rooms, and wait until their engines' places are free."""
        self.kubectl("delete", "rooms", "--all", "--wait=false")
        wait_for(lambda: not self.get("rooms")["items"], "no rooms")

    def leave(self) -> None:
        """End the route."""
        if self._route is not None:
            self._route.stop()
            self._route = None

    def _set(self, more: Mapping[str, Any]) -> None:
        values = self._cluster.folder / "values.json"
        values.write_text(json.dumps(_merged(_merged(self._values(), self._more), more)))
        self.helm("upgrade", "--install", "dolmetsch", str(CHARTS / "dolmetsch"), "--values", str(values))
        try:
            for each in self.get("deployments,statefulsets")["items"]:
                name = f"{each['kind'].lower()}/{each['metadata']['name']}"
                self.kubectl("rollout", "status", name, timeout=PATIENCE_S)
        except (ToolFailed, subprocess.TimeoutExpired) as error:
            raise ToolFailed(f"{error}\n{self.seen()}") from error
        self.wait_for_warm_engine()

    def wait(self, *arguments: str, seconds: float = PATIENCE_S) -> None:
        """Wait by kubectl. Raises ToolFailed."""
        self.kubectl("wait", *arguments, f"--timeout={seconds:.0f}s", timeout=seconds + 60)

    def helm(self, *arguments: str) -> str:
        """Run Helm in the namespace."""
        return helm(
            *arguments, "--kubeconfig", self._kubeconfig, "--namespace", NAMESPACE, timeout=PATIENCE_S
        )

    @property
    def address(self) -> Address:
        """Where the route is, and the speakers' password."""
        secret = self.get("secret", "dolmetsch-logins")["data"]["host-password"]
        return Address(url=self.url, host_password=base64.b64decode(secret).decode(), pid=0)

    @property
    def url(self) -> str:
        """Address of the route, with the base path."""
        assert self._route is not None, "it is not installed"
        return self._route.url

    def pods(self) -> set[tuple[str, str]]:
        """Names and uids of all pods but engines."""
        pods = self.get("pods", f"--selector={ENGINES.replace('=', '!=')}")["items"]
        return {(each["metadata"]["name"], each["metadata"]["uid"]) for each in pods}

    def put_engine_beside(self, component: str) -> str:
        """See to it that the next room's engine is on the node of a component; that node."""
        (pod,) = self.get("pods", f"--selector=app.kubernetes.io/component={component}")["items"]
        node = str(pod["spec"]["nodeName"])
        others = [each.name for each in self._cluster.nodes if each.name != node]
        self.kubectl("cordon", *others)
        try:
            self.kubectl("delete", "pods", f"--selector={ENGINES}", "--wait")
            self.wait_for_warm_engine()
            wait_for(lambda: self._engine_nodes() == {node}, "an engine on that node")
        finally:
            self.kubectl("uncordon", *others)
        return node

    def _engine_nodes(self) -> set[str]:
        pods = self.get("pods", f"--selector={ENGINES}")["items"]
        ready = [each for each in pods if _is_ready(each)]
        return {str(each["spec"]["nodeName"]) for each in ready}

    def live_rooms(self) -> set[str]:
        """Rooms that have an engine."""
        rooms = self.get("rooms")["items"]
        live = [each for each in rooms if each.get("status", {}).get("phase") in ("Ready", "Active")]
        return {each["spec"]["roomId"] for each in live}

    def make_secret(self, name: str, values: Mapping[str, str]) -> None:
        """Make a Secret, or change it."""
        self._apply(
            {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name}, "stringData": dict(values)}
        )

    def get(self, *what: str) -> Any:
        """Objects as kubectl gets them."""
        return json.loads(self.kubectl("get", *what, "--output=json"))

    def room(self, room: str) -> Any:
        """The Room of a room."""
        return self.get("room", room.lower())

    def node_of(self, room: str) -> str:
        """The node of the engine that serves a room."""
        pod = self.room(room)["status"]["engine"]["podName"]
        return str(self.get("pod", pod)["spec"]["nodeName"])

    def wait_for_warm_engine(self) -> None:
        """Wait until an engine has loaded its model."""
        wait_for(lambda: self.get("enginepool", "default").get("status", {}).get("warm"), "a warm engine")

    def seen(self) -> str:
        """What a person would look at when something is wrong."""
        found = [self._look("get", "pods,enginepools,rooms", "-o", "wide")]
        found.append(self._look("get", "events", "--sort-by=.lastTimestamp"))
        pods = [word for word in self._look("get", "pods", "-o", "name").split() if word.startswith("pod/")]
        found += [self._look("logs", pod, "--all-containers", "--tail=30") for pod in pods]
        return "\n".join(found)

    def _look(self, *look: str) -> str:
        try:
            return f"--- {' '.join(look)}\n{self.kubectl(*look)[-6000:]}"
        except (ToolFailed, subprocess.TimeoutExpired) as error:
            return f"--- {' '.join(look)}\n{error}"

    def _make_volumes(self) -> None:
        """What a storage class would provide, and the engine's packages: those of this machine."""
        data = self._cluster.folder / "postgresql"
        data.mkdir()
        os.chown(data, 999, 999)
        self._volume("data-dolmetsch-postgresql-0", data, "ReadWriteOnce")
        self._volume("packages", Path(sysconfig.get_paths()["purelib"]), "ReadOnlyMany")
        self._apply(
            {
                "apiVersion": "v1",
                "kind": "PersistentVolumeClaim",
                "metadata": {"name": "packages"},
                "spec": {"accessModes": ["ReadOnlyMany"], "resources": {"requests": {"storage": "1Gi"}}},
            }
        )

    def _make_language_volume(self) -> None:
        """LibreTranslate's, which goes with the release: a new one for each."""
        name, folder = "languages-dolmetsch-libretranslate-0", self._cluster.folder / "languages"
        if not folder.exists():
            folder.mkdir()
            translator.fill(folder, self._cluster.folder)
        self.kubectl("delete", "persistentvolume", name, "--ignore-not-found")
        self._volume(name, folder, "ReadWriteOnce")

    def _volume(self, claim: str, folder: Path, mode: str) -> None:
        spec = {
            "capacity": {"storage": "10Gi"},
            "accessModes": [mode],
            "hostPath": {"path": str(folder)},
            "persistentVolumeReclaimPolicy": "Retain",
            "claimRef": {"namespace": NAMESPACE, "name": claim},
        }
        self._apply(
            {"apiVersion": "v1", "kind": "PersistentVolume", "metadata": {"name": claim}, "spec": spec}
        )

    def _apply(self, manifest: dict[str, Any]) -> None:
        self.kubectl("apply", "--filename=-", stdin=json.dumps(manifest))

    def _values(self) -> dict[str, Any]:
        registry, tag = self._cluster.registry.address, {"tag": TAG}
        part = {"image": tag, "resources": SMALL}
        packages = {"name": "packages", "mountPath": "/packages", "readOnly": True}
        return {
            "image": {"registry": registry, "mirror": registry},
            "basePath": BASE_PATH,
            "trustedProxies": [str(TEST_NETWORK)],
            "rooms": [{"id": room, "title": f"Talks in {room}", "source_lang": "en"} for room in ROOMS],
            # Two nodes and all that they run on two cores: engines take their time to catch up.
            "api": part | {"drainSeconds": 90},
            "worker": part | {"replicas": 1},
            "operator": part,
            "engine": part
            | {
                "model": {"source": "baked"},
                "pool": {"warm": 1},
                "extraVolumes": [{"name": "packages", "persistentVolumeClaim": {"claimName": "packages"}}],
                "extraVolumeMounts": [packages],
                "extraEnv": [
                    {"name": "DOLMETSCH_ENGINE_LANGUAGES", "value": '["en","de"]'},
                    {"name": "DOLMETSCH_ENGINE_THREADS", "value": "1"},
                ],
            },
            "translation": {"fastTranslate": False},
            "libretranslate": part | {"languages": ["en", "de"], "threads": 1, "extraEnv": BEAM},
            "valkey": part,
            "postgresql": part,
        }


def _is_ready(pod: Mapping[str, Any]) -> bool:
    conditions = pod["status"].get("conditions", [])
    return any(each["type"] == "Ready" and each["status"] == "True" for each in conditions)


def _merged(values: Mapping[str, Any], more: Mapping[str, Any]) -> dict[str, Any]:
    """Values with others over them, as Helm lays them."""
    both = dict(values)
    for key, value in more.items():
        below = both.get(key)
        both[key] = (
            _merged(below, value) if isinstance(below, Mapping) and isinstance(value, Mapping) else value
        )
    return both
