"""The real Traefik, as a process on this machine: a Gateway for HTTPRoutes, and a class for Ingresses.

It runs beside the cluster, where a controller is a pod; it reads the API server and calls pods as that one
does. It is built without ACME and password middlewares (tests/cluster/binaries/traefik/stand-ins).
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

import httpx

from tests.chart import kinds
from tests.cluster.binaries import find
from tests.cluster.control_plane import START_S, Part, steady_port
from tests.cluster.tools import Kubectl, kinds_ready
from tests.cluster.waiting import wait_for
from tests.node.addresses import MACHINE

GATEWAY: Final = "public"
CLASS: Final = "traefik"
PROVIDERS: Final = {"HTTPRoute": "kubernetesgateway", "Ingress": "kubernetes"}
"""How Traefik calls who reads an object of that kind; entry points have the kinds' names in lower case."""


class Traefik:
    """One process with an entry point for each kind of route: a request takes the route that is meant."""

    def __init__(self, folder: Path, kubectl: Kubectl) -> None:
        """`kubectl`: as somebody who may make cluster-wide objects, and whom Traefik is."""
        folder.mkdir()
        self._kubectl = kubectl
        self._ports = {kind: steady_port() for kind in PROVIDERS}
        self._api = f"127.0.0.1:{steady_port()}"
        # Nothing of the environment: a proxy that is set in it would be asked for the pods.
        environment = ["-i", f"KUBECONFIG={kubectl.kubeconfig}"]
        self._part = Part(
            "traefik",
            [*environment, str(find("traefik")), *self._flags()],
            folder / "traefik.log",
            program=Path("/usr/bin/env"),
        )
        self.log = self._part.log

    @property
    def values(self) -> dict[str, Any]:
        """The chart's values for both of its routes."""
        return {
            "httpRoute": {"enabled": True, "parentRefs": [{"name": GATEWAY, "namespace": "default"}]},
            "ingress": {"enabled": True, "className": CLASS, "tls": {"enabled": False}},
        }

    def address(self, kind: str) -> str:
        """Where the entry point of a kind of routes is."""
        return f"http://{MACHINE}:{self._ports[kind]}"

    def start(self) -> None:
        """Make what it serves by, and start it. Raises NotStarted."""
        for path in kinds.files(kinds.ROUTES):
            self._kubectl("apply", "--server-side", "--filename", str(path))
        group = "gateway.networking.k8s.io"
        kinds_ready(
            self._kubectl, [f"{each}.{group}" for each in ("gatewayclasses", "gateways", "httproutes")]
        )
        for manifest in self._objects():
            self._kubectl("apply", "--filename=-", stdin=json.dumps(manifest))
        self._part.start()
        self._part.wait(lambda: self._asked("version") is not None, START_S)

    def stop(self) -> None:
        """End it."""
        self._part.kill()

    def wait_for_route(self, kind: str) -> None:
        """Wait until a route of a kind is served, at its own entry point and at no other."""
        wait_for(
            lambda: self._entry_points(kind), f"Traefik serves the {kind}\n{self._asked('http/routers')}"
        )
        assert self._entry_points(kind) == {kind.lower()}

    def _entry_points(self, kind: str) -> set[str]:
        """Where the routers are that an object of this kind has led to."""
        routers = self._asked("http/routers") or []
        of_the_kind = [each for each in routers if each["provider"] == PROVIDERS[kind]]
        return {name for each in of_the_kind if each["status"] == "enabled" for name in each["using"]}

    def _asked(self, what: str) -> Any:
        try:
            answer = httpx.get(f"http://{self._api}/api/{what}", params={"per_page": 100}, trust_env=False)
        except httpx.HTTPError:
            return None
        return answer.json() if answer.is_success else None

    def _flags(self) -> list[str]:
        entry_points = [
            f"--entrypoints.{kind.lower()}.address={MACHINE}:{port}" for kind, port in self._ports.items()
        ]
        return [
            *entry_points,
            # A Gateway's listener finds its entry point by the port, an Ingress takes the default ones.
            "--entrypoints.ingress.asdefault=true",
            "--providers.kubernetesgateway=true",
            "--providers.kubernetesingress=true",
            f"--entrypoints.traefik.address={self._api}",
            "--api.insecure=true",
            "--api.dashboard=false",
            "--global.checknewversion=false",
            "--global.sendanonymoususage=false",
            "--log.level=INFO",
            "--log.nocolor=true",
        ]

    def _objects(self) -> list[dict[str, Any]]:
        """What the chart's users have of a controller already: classes, and a Gateway for all namespaces."""
        gateway_api = "gateway.networking.k8s.io/v1"
        listener = {
            "name": "http",
            "protocol": "HTTP",
            "port": self._ports["HTTPRoute"],
            "allowedRoutes": {"namespaces": {"from": "All"}},
        }
        return [
            {
                "apiVersion": "networking.k8s.io/v1",
                "kind": "IngressClass",
                "metadata": {"name": CLASS},
                "spec": {"controller": "traefik.io/ingress-controller"},
            },
            {
                "apiVersion": gateway_api,
                "kind": "GatewayClass",
                "metadata": {"name": CLASS},
                "spec": {"controllerName": "traefik.io/gateway-controller"},
            },
            {
                "apiVersion": gateway_api,
                "kind": "Gateway",
                "metadata": {"name": GATEWAY},
                "spec": {"gatewayClassName": CLASS, "listeners": [listener]},
            },
        ]
