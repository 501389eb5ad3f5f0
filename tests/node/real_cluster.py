"""Real nodes with a control plane, a name server, service addresses and a registry, all on this machine."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path
from typing import Final

from tests.cluster.control_plane import START_S, ControlPlane, Part
from tests.cluster.tools import Kubectl
from tests.node import addresses
from tests.node.addresses import MACHINE, PODS
from tests.node.real_node import RealNode
from tests.node.registry import Registry

PROXY: Final = "kube-proxy"


class RealCluster:
    """A cluster whose pods really run."""

    def __init__(self, folder: Path, nodes: int = 2) -> None:
        self.folder = folder
        users = {RealNode.user(number): "system:nodes" for number in range(nodes)} | {PROXY: ""}
        self.plane = ControlPlane(folder / "plane", address=MACHINE, users=users)
        self.registry = Registry(folder)
        self.nodes = [
            RealNode(number, self.plane, folder / f"node-{number}", self.registry.address, MACHINE)
            for number in range(nodes)
        ]
        self._dns = Part("coredns", ["-conf", str(folder / "Corefile")], folder / "coredns.log")
        self._proxy = Part(PROXY, [f"--config={folder / 'proxy.json'}"], folder / "kube-proxy.log")

    @property
    def kubectl(self) -> Kubectl:
        """kubectl as admin."""
        return Kubectl(self.plane.kubeconfig(), "default")

    def start(self) -> None:
        """Start all of it; return when the nodes are Ready. Raises NotStarted, CommandFailed."""
        # Not within: what another cluster has made is not taken down.
        addresses.claim()
        try:
            addresses.set_up(len(self.nodes))
            self.registry.start()
            self.plane.start()
            self._write_settings()
            self._dns.start()
            self._proxy.start()
            for node in self.nodes:
                node.start()
        except BaseException:
            self.stop()
            raise

    def wait_for_nodes(self) -> None:
        """Wait until all nodes are Ready."""
        for node in self.nodes:
            self.kubectl("wait", "--for=create", f"node/{node.name}", f"--timeout={START_S:.0f}s")
        self.kubectl("wait", "--for=condition=Ready", "node", "--all", f"--timeout={START_S:.0f}s")

    def give_gpus(self, node: RealNode, count: int) -> None:
        """Say that a node has GPUs: the way in which Kubernetes lets anybody advertise a resource."""
        path = [{"op": "add", "path": "/status/capacity/nvidia.com~1gpu", "value": str(count)}]
        self.kubectl(
            "patch", "node", node.name, "--subresource=status", "--type=json", "-p", json.dumps(path)
        )

    def stop(self) -> None:
        """End all of it; nothing is left but the folder."""
        with contextlib.ExitStack() as ends:
            ends.callback(addresses.tear_down)
            ends.callback(self.registry.stop)
            ends.callback(self.plane.stop)
            ends.callback(self._dns.kill)
            ends.callback(self._proxy.kill)
            for node in self.nodes:
                ends.callback(node.stop)

    def logs(self) -> list[Path]:
        """Logs of all processes but the control plane's."""
        return [self._dns.log, self._proxy.log, *(log for node in self.nodes for log in node.logs())]

    def _write_settings(self) -> None:
        admin = self.plane.folder / "admin-default.kubeconfig"
        (self.folder / "Corefile").write_text(
            f".:53 {{\n bind {MACHINE}\n errors\n"
            f" kubernetes cluster.local {{\n  kubeconfig {admin}\n }}\n}}\n"
        )
        proxy = {
            "apiVersion": "kubeproxy.config.k8s.io/v1alpha1",
            "kind": "KubeProxyConfiguration",
            "mode": "nftables",
            "clientConnection": {"kubeconfig": str(self.plane.folder / f"{PROXY}-default.kubeconfig")},
            "clusterCIDR": str(PODS),
            "hostnameOverride": self.nodes[0].name,
            "bindAddress": MACHINE,
            "healthzBindAddress": f"{MACHINE}:10256",
            "metricsBindAddress": f"{MACHINE}:10249",
            "conntrack": {"maxPerCore": 0},
        }
        (self.folder / "proxy.json").write_text(json.dumps(proxy))
