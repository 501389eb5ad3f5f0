"""A registry on the nodes' network."""

from __future__ import annotations

import json
import socket
from pathlib import Path

from tests.cluster.control_plane import START_S, Part, steady_port
from tests.node.addresses import MACHINE, run


class Registry:
    """Debian's docker-registry, without TLS."""

    def __init__(self, folder: Path) -> None:
        self.address = f"{MACHINE}:{steady_port()}"
        self._folder = folder
        self._part = Part(
            "docker-registry",
            ["serve", str(folder / "registry.yaml")],
            folder / "registry.log",
            program=Path("/usr/bin/docker-registry"),
        )

    def start(self) -> None:
        """Start it. Raises NotStarted."""
        settings = {
            "version": "0.1",
            "log": {"level": "warn"},
            "storage": {"filesystem": {"rootdirectory": str(self._folder / "images")}},
            "http": {"addr": self.address},
        }
        # JSON is YAML.
        (self._folder / "registry.yaml").write_text(json.dumps(settings))
        self._part.start()
        self._part.wait(self._listens, START_S)

    def stop(self) -> None:
        """End it; its folder stays."""
        self._part.kill()

    def push(self, image: str, name: str) -> str:
        """Push a local image; its reference."""
        reference = f"{self.address}/{name}"
        run("buildah", "push", "--tls-verify=false", image, f"docker://{reference}", timeout=1200)
        return reference

    def _listens(self) -> bool:
        host, port = self.address.split(":")
        with socket.socket() as probe:
            return probe.connect_ex((host, int(port))) == 0
