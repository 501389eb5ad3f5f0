"""A real node on this machine: containerd, kubelet and its pods' network, beside others of its kind.

Each has folders, sockets, ports, addresses and a control group of its own. What it starts ends with it.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import time
from pathlib import Path
from typing import Any, Final

from tests.cluster.control_plane import START_S, ControlPlane, Part
from tests.node.addresses import BRIDGE, CommandFailed, node_address, pod_range, run

CONTAINERD: Final = Path("/usr/bin/containerd")
CNI_PROGRAMS: Final = "/usr/lib/cni"
HIERARCHIES: Final = Path("/sys/fs/cgroup")


class RealNode:
    """One node. `start` returns when its kubelet is at work; Ready it is seconds later."""

    def __init__(self, number: int, plane: ControlPlane, folder: Path, registry: str, dns: str) -> None:
        """`registry`: HOST:PORT that images come from, without TLS. `dns`: address of the name server."""
        self.number = number
        self.name = f"node-{'abcdefgh'[number]}"
        self.address = node_address(number)
        self._plane = plane
        self._folder = folder
        self._registry = registry
        self._dns = dns
        self._group = f"dolmetsch-{self.name}"
        self._socket = folder / "containerd.sock"
        self._containerd = Part(
            "containerd",
            ["--config", str(folder / "containerd.toml")],
            folder / "containerd.log",
            program=CONTAINERD,
        )
        self._kubelet = Part("kubelet", self._kubelet_flags(), folder / "kubelet.log")

    @staticmethod
    def user(number: int) -> str:
        """Return the name by which a node's kubelet knows the API server."""
        return f"system:node:node-{'abcdefgh'[number]}"

    def start(self) -> None:
        """Start both. Raises NotStarted."""
        for part in ("root", "state", "kubelet", "logs", "cni", "certs"):
            (self._folder / part).mkdir(parents=True)
        self._write_settings()
        _make_group(self._group)
        self._containerd.start()
        self._containerd.wait(self._socket.exists, START_S)
        self._kubelet.start()

    def stop(self) -> None:
        """End both, their containers, mounts, network namespaces and control groups."""
        self._kubelet.kill()
        self._end_containers()
        self._containerd.kill()
        _unmount_below(self._folder)
        _remove_group(self._group)

    def logs(self) -> list[Path]:
        """Logs of both."""
        return [self._containerd.log, self._kubelet.log]

    def ctr(self, *arguments: str) -> str:
        """Run containerd's own client. Raises CommandFailed."""
        return run("ctr", "--address", str(self._socket), "--namespace", "k8s.io", *arguments)

    def _end_containers(self) -> None:
        """Kill what the kubelet has left running, its shims and its pods' network namespaces."""
        spaces = self._network_namespaces()
        with contextlib.suppress(CommandFailed):
            for task in self.ctr("tasks", "list", "--quiet").split():
                with contextlib.suppress(CommandFailed):
                    self.ctr("tasks", "delete", "--force", task)
        for pid in _shims(self._socket):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        for space in spaces:
            with contextlib.suppress(CommandFailed):
                run("ip", "netns", "delete", space)

    def _network_namespaces(self) -> set[str]:
        found = set()
        with contextlib.suppress(CommandFailed):
            for container in self.ctr("containers", "list", "--quiet").split():
                spec = json.loads(self.ctr("containers", "info", container))["Spec"]
                paths = (space.get("path", "") for space in spec["linux"]["namespaces"])
                found |= {Path(path).name for path in paths if "/netns/" in path}
        return found

    def _kubelet_flags(self) -> list[str]:
        return [
            f"--config={self._folder / 'kubelet.json'}",
            f"--kubeconfig={self._plane.folder / f'{self.user(self.number)}-default.kubeconfig'}",
            f"--root-dir={self._folder / 'kubelet'}",
            f"--cert-dir={self._folder / 'certs'}",
            f"--hostname-override={self.name}",
            f"--node-ip={self.address}",
        ]

    def _write_settings(self) -> None:
        (self._folder / "containerd.toml").write_text(self._containerd_settings())
        (self._folder / "kubelet.json").write_text(json.dumps(self._kubelet_settings()))
        (self._folder / "cni" / "10-dolmetsch.conflist").write_text(json.dumps(self._network()))
        hosts = self._folder / "registries" / self._registry
        hosts.mkdir(parents=True)
        (hosts / "hosts.toml").write_text(
            f'server = "http://{self._registry}"\n[host."http://{self._registry}"]\n'
            'capabilities = ["pull", "resolve"]\n'
        )

    def _containerd_settings(self) -> str:
        cri = 'plugins."io.containerd.grpc.v1.cri"'
        return f"""version = 2
root = "{self._folder / "root"}"
state = "{self._folder / "state"}"
[grpc]
address = "{self._socket}"
[{cri}]
sandbox_image = "{self._registry}/pause:1"
# The machine gives no right to lower it.
restrict_oom_score_adj = true
stream_server_address = "{self.address}"
[{cri}.cni]
bin_dir = "{CNI_PROGRAMS}"
conf_dir = "{self._folder / "cni"}"
[{cri}.registry]
config_path = "{self._folder / "registries"}"
"""

    def _kubelet_settings(self) -> dict[str, Any]:
        return {
            "apiVersion": "kubelet.config.k8s.io/v1beta1",
            "kind": "KubeletConfiguration",
            "address": self.address,
            "port": 10250 + self.number * 10,
            "healthzPort": 10258 + self.number * 10,
            "containerRuntimeEndpoint": f"unix://{self._socket}",
            "podLogsDir": str(self._folder / "logs"),
            "cgroupDriver": "cgroupfs",
            "cgroupRoot": f"/{self._group}",
            "cgroupsPerQOS": True,
            "enforceNodeAllocatable": [],
            "failCgroupV1": False,
            "failSwapOn": False,
            "clusterDNS": [self._dns],
            "clusterDomain": "cluster.local",
            "evictionHard": {
                "memory.available": "100Mi",
                "nodefs.available": "1%",
                "imagefs.available": "1%",
            },
            "imageGCHighThresholdPercent": 100,
            "nodeStatusUpdateFrequency": "4s",
            # Tests alone reach it.
            "authentication": {"anonymous": {"enabled": True}, "webhook": {"enabled": False}},
            "authorization": {"mode": "AlwaysAllow"},
        }

    def _network(self) -> dict[str, Any]:
        bridge = {
            "type": "bridge",
            "bridge": f"{BRIDGE}-{self.number}",
            "isGateway": True,
            "hairpinMode": True,
            "ipam": {
                "type": "host-local",
                "dataDir": str(self._folder / "addresses"),
                "ranges": [[{"subnet": pod_range(self.number)}]],
                "routes": [{"dst": "0.0.0.0/0"}],
            },
        }
        return {
            "cniVersion": "0.4.0",
            "name": self._group,
            "plugins": [bridge, {"type": "portmap", "capabilities": {"portMappings": True}}],
        }


def _make_group(name: str) -> None:
    """The kubelet looks for its control group in every hierarchy."""
    for hierarchy in _hierarchies():
        group = hierarchy / name
        group.mkdir(exist_ok=True)
        for setting in ("cpuset.cpus", "cpuset.mems"):
            if (group / setting).exists() and not (group / setting).read_text().strip():
                (group / setting).write_text((hierarchy / setting).read_text())


def _remove_group(name: str) -> None:
    for hierarchy in _hierarchies():
        top = hierarchy / name
        for group in sorted(top.rglob("*"), key=lambda path: -len(path.parts)):
            if group.is_dir():
                _remove_when_empty(group)
        if top.exists():
            _remove_when_empty(top)


def _remove_when_empty(group: Path) -> None:
    for _ in range(50):
        try:
            group.rmdir()
        except FileNotFoundError:
            return
        except OSError:
            for pid in (group / "cgroup.procs").read_text().split():
                with contextlib.suppress(ProcessLookupError):
                    os.kill(int(pid), signal.SIGKILL)
            time.sleep(0.1)
        else:
            return


def _hierarchies() -> list[Path]:
    """Return the control group hierarchies: one of version 2, or each of version 1."""
    if (HIERARCHIES / "cgroup.controllers").exists():
        return [HIERARCHIES]
    return [path for path in HIERARCHIES.iterdir() if path.is_dir() and not path.is_symlink()]


def _shims(socket: Path) -> list[int]:
    found = []
    for process in Path("/proc").iterdir():
        if process.name.isdigit():
            with contextlib.suppress(OSError):
                command = (process / "cmdline").read_bytes().split(b"\0")
                if b"containerd-shim" in command[0] and str(socket).encode() in command:
                    found.append(int(process.name))
    return found


def _unmount_below(folder: Path) -> None:
    mounts = [line.split()[1] for line in Path("/proc/mounts").read_text().splitlines()]
    for mount in sorted((each for each in mounts if each.startswith(f"{folder}/")), key=len, reverse=True):
        subprocess.run(["umount", "--lazy", mount], capture_output=True, check=False)
