"""KWOK against the control plane: nodes and pods that only exist in the API, by the hundred.

It plays the kubelet of the nodes that `add_hollow_nodes` makes, and of no others. Their pods are Ready at
once, each with an address of its own in 127.0.0.0/8; `stand_in_engine --many` answers at all of these.
"""

from pathlib import Path

from dolmetsch_core.cluster.api import Cluster
from tests.cluster.control_plane import NODE_GRACE_S, ControlPlane, Part, last_words
from tests.cluster.nodes import BY_TESTS, NODES, node_object
from tests.cluster.waiting import object_where

BY_KWOK = "kwok"
STAGES = """\
apiVersion: kwok.x-k8s.io/v1alpha1
kind: Stage
metadata:
  name: node-initialize
spec:
  resourceRef: {apiGroup: v1, kind: Node}
  selector:
    matchExpressions:
      - key: '.status.conditions.[] | select( .type == "Ready" ) | .status'
        operator: NotIn
        values: ["True"]
  next:
    statusTemplate: |
      {{ $now := Now }}
      conditions:
      - {type: Ready, status: "True", reason: KubeletReady, lastHeartbeatTime: {{ $now | Quote }}, \
lastTransitionTime: {{ $now | Quote }}}
---
apiVersion: kwok.x-k8s.io/v1alpha1
kind: Stage
metadata:
  name: pod-ready
spec:
  resourceRef: {apiGroup: v1, kind: Pod}
  selector:
    matchExpressions:
      - {key: '.metadata.deletionTimestamp', operator: DoesNotExist}
      - {key: '.status.podIP', operator: DoesNotExist}
  next:
    statusTemplate: |
      {{ $now := Now | Quote }}
      phase: Running
      startTime: {{ $now }}
      {{ $ip := PodIPWith .spec.nodeName false .metadata.uid .metadata.name .metadata.namespace }}
      podIP: {{ $ip | Quote }}
      podIPs: [{ip: {{ $ip | Quote }}}]
      conditions:
      - {type: Initialized, status: "True", lastTransitionTime: {{ $now }}}
      - {type: ContainersReady, status: "True", lastTransitionTime: {{ $now }}}
      - {type: Ready, status: "True", lastTransitionTime: {{ $now }}}
      containerStatuses:
      {{ range .spec.containers }}
      - name: {{ .name | Quote }}
        image: {{ .image | Quote }}
        imageID: ""
        ready: true
        started: true
        restartCount: 0
        state: {running: {startedAt: {{ $now }}}}
      {{ end }}
---
apiVersion: kwok.x-k8s.io/v1alpha1
kind: Stage
metadata:
  name: pod-delete
spec:
  resourceRef: {apiGroup: v1, kind: Pod}
  selector:
    matchExpressions:
      - {key: '.metadata.deletionTimestamp', operator: Exists}
  next:
    delete: true
"""


class Kwok:
    """The process."""

    def __init__(self, control_plane: ControlPlane, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._stages = folder / "stages.yaml"
        flags = {
            "kubeconfig": control_plane.kubeconfig(),
            "config": self._stages,
            "manage-nodes-with-label-selector": f"{BY_TESTS}={BY_KWOK}",
            # The pods' addresses; those of process nodes lie below.
            "cidr": "127.192.0.1/10",
            "node-ip": "127.0.0.1",
            # Leases are the heartbeats. They are renewed four times as often.
            "node-lease-duration-seconds": NODE_GRACE_S,
        }
        arguments = [f"--{flag}={value}" for flag, value in flags.items()]
        self._part = Part("kwok", arguments, folder / "kwok.log")

    def start(self) -> None:
        """Start it; pods on hollow nodes become Ready from now on."""
        self._stages.write_text(STAGES)
        self._part.start()

    def stop(self) -> None:
        """End it."""
        self._part.kill()

    def logs(self) -> str:
        """The end of its log."""
        return last_words(self._part.log)


async def add_hollow_nodes(
    admin: Cluster, count: int, gpus_each: int, *, prefix: str = "hollow"
) -> list[str]:
    """Make nodes that KWOK keeps Ready; return their names once pods can be put on them."""
    made = []
    for number in range(count):
        node = node_object(f"{prefix}-{number}", gpus_each, {BY_TESTS: BY_KWOK})
        await admin.create(NODES, node)
        made.append(node["metadata"]["name"])
    for name in made:
        await object_where(
            admin, f"{NODES}/{name}", lambda node: not node["spec"].get("taints"), "takes pods"
        )
    return made


async def remove_hollow_nodes(admin: Cluster, made: list[str]) -> None:
    """Take them away again."""
    for name in made:
        node = await admin.get(f"{NODES}/{name}")
        await admin.delete(f"{NODES}/{name}", uid=node["metadata"]["uid"])
