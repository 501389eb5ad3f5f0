"""The binaries of the test cluster: built from pinned Go modules, kept in a cache outside the checkout.

`python -m tests.cluster.binaries` makes those of tests/cluster ready (eleven minutes on two cores the first
time), with `chart` or `node` after it those of tests/chart or tests/node (three minutes more), with `routes`
those of tests/routes (ten more).

`find("etcd")` gives one's path. Those in `KUBEBUILDER_ASSETS`, or of the same version on PATH, are used too.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
KUBERNETES = "v1.36.3"


class BinaryMissing(Exception):
    """A tool of the test cluster is neither at hand nor can it be built here."""


@dataclass(frozen=True)
class Tool:
    """One command: what is built, where its pin stands, and how it tells its version."""

    package: str
    version: str
    module: Path | None = None
    """The folder whose go.mod pins it; None: `go install package@version`."""
    version_command: tuple[str, ...] = ("--version",)
    ldflags: str = ""


def _kubernetes(command: str, *version_command: str) -> Tool:
    major, minor, _ = KUBERNETES.lstrip("v").split(".")
    told = "k8s.io/component-base/version"
    return Tool(
        f"k8s.io/kubernetes/cmd/{command}",
        KUBERNETES,
        HERE / "kubernetes",
        version_command or ("--version",),
        # Without these, clients see v0.0.0.
        f"-X {told}.gitVersion={KUBERNETES} -X {told}.gitMajor={major} -X {told}.gitMinor={minor}",
    )


# kube-apiserver first: it compiles what the other three share.
TOOLS = {
    "kube-apiserver": _kubernetes("kube-apiserver"),
    "etcd": Tool("go.etcd.io/etcd/server/v3", "v3.6.8", HERE / "etcd"),
    "kube-controller-manager": _kubernetes("kube-controller-manager"),
    "kube-scheduler": _kubernetes("kube-scheduler"),
    "kubectl": _kubernetes("kubectl", "version", "--client"),
    "helm": Tool("helm.sh/helm/v4/cmd/helm", "v4.3.1", version_command=("version", "--short")),
    "kwok": Tool("sigs.k8s.io/kwok/cmd/kwok", "v0.8.0"),
}
# Not for the cluster: what tests/chart needs besides (`make chart-binaries`).
CHART_TOOLS = {
    "helm-unittest": Tool(
        "github.com/helm-unittest/helm-unittest/cmd/helm-unittest", "v1.1.2", HERE / "helm-unittest"
    ),
}
# What real nodes need besides (`make node-binaries`).
NODE_TOOLS = {
    "kubelet": _kubernetes("kubelet"),
    "kube-proxy": _kubernetes("kube-proxy"),
    "coredns": Tool("github.com/coredns/coredns", "v1.15.0", version_command=("-version",)),
}
# What routes through a real controller need besides (`make routes-binaries`).
ROUTES_TOOLS = {
    "traefik": Tool(
        "github.com/traefik/traefik/v3/cmd/traefik",
        "v3.7.13",
        HERE / "traefik",
        version_command=("version",),
        ldflags="-X github.com/traefik/traefik/v3/pkg/version.Version=3.7.13",
    ),
}
ALL_TOOLS = TOOLS | CHART_TOOLS | NODE_TOOLS | ROUTES_TOOLS
CONTROL_PLANE = ("kube-apiserver", "etcd", "kube-controller-manager", "kube-scheduler", "kubectl", "helm")
NEEDED_BY = {
    "cluster": tuple(TOOLS),
    "chart": (*CONTROL_PLANE, *CHART_TOOLS),
    "node": (*CONTROL_PLANE, *NODE_TOOLS),
    "routes": (*CONTROL_PLANE, *NODE_TOOLS, *ROUTES_TOOLS),
}
"""What each suite runs."""


def find(name: str) -> Path:
    """The path of a tool that is at hand.

    Raises BinaryMissing, naming the command that builds it.
    """
    found = at_hand(name)
    if found is None:
        raise BinaryMissing(
            f"{name} {ALL_TOOLS[name].version} is missing: run `make {_target(name)}` (needs Go)"
        )
    return found


def missing(suite: str = "cluster") -> list[str]:
    """Return the tools of a suite that are not at hand."""
    return [name for name in NEEDED_BY[suite] if at_hand(name) is None]


def _target(name: str) -> str:
    suites = {"chart": CHART_TOOLS, "node": NODE_TOOLS, "routes": ROUTES_TOOLS}
    suite = next((suite for suite, tools in suites.items() if name in tools), "cluster")
    return f"{suite}-binaries"


def build(name: str) -> Path:
    """Build a tool into the cache, unless another run did so in the meantime.

    Raises BinaryMissing without Go, or with the build's last words.
    """
    if shutil.which("go") is None:
        raise BinaryMissing(
            f"{name} is missing and there is no Go to build it with: install Go 1.26 or newer"
        )
    with _one_build_at_a_time():
        if found := at_hand(name):
            return found
        tool, target = ALL_TOOLS[name], _cached(name)
        target.parent.mkdir(parents=True, exist_ok=True)
        unfinished = target.parent / f".{name}"
        _go_build(name, tool, unfinished)
        return unfinished.rename(target)


def _go_build(name: str, tool: Tool, target: Path) -> None:
    settings = os.environ | {"CGO_ENABLED": "0", "GOFLAGS": ""}
    command = ["go", "build", "-trimpath", "-buildvcs=false", "-tags", "osusergo,netgo"]
    command += ["-ldflags", f"-s -w {tool.ldflags}"]
    if tool.module is None:
        # An installed binary takes its name from its package's folder, which is the tool's.
        command = ["go", "install", *command[2:], f"{tool.package}@{tool.version}"]
        settings["GOBIN"] = str(target.parent / f".{name}.d")
        folder = HERE
    else:
        command += ["-mod=readonly", "-o", str(target), tool.package]
        folder = tool.module
    done = subprocess.run(command, cwd=folder, env=settings, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        last_words = "\n".join(done.stderr.splitlines()[-8:])
        raise BinaryMissing(f"{name} could not be built: {' '.join(command)}\n{last_words}")
    if tool.module is None:
        installed = Path(settings["GOBIN"])
        (installed / name).rename(target)
        installed.rmdir()


def at_hand(name: str) -> Path | None:
    """The path of a tool, or None where it has to be built."""
    assets = os.environ.get("KUBEBUILDER_ASSETS")
    if assets and (given := Path(assets) / name).exists():
        return given
    if (cached := _cached(name)).exists():
        return cached
    on_path = shutil.which(name)
    return Path(on_path) if on_path and _has_version(on_path, ALL_TOOLS[name]) else None


def _has_version(path: str, tool: Tool) -> bool:
    told = subprocess.run([path, *tool.version_command], capture_output=True, text=True, check=False)
    return tool.version.lstrip("v") in told.stdout


def _cached(name: str) -> Path:
    """A file whose folder names the version: a new pin is a new file, and an old checkout finds its own."""
    return cache() / f"{name}-{ALL_TOOLS[name].version}" / name


def cache() -> Path:
    """The folder of what was built or fetched, outside of the checkout."""
    home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(home) / "dolmetsch" / "cluster"


@contextmanager
def _one_build_at_a_time() -> Iterator[None]:
    cache().mkdir(parents=True, exist_ok=True)
    with (cache() / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def main() -> None:
    """Make every tool of a suite ready, saying which one is being built and how long it took."""
    lacking = missing(sys.argv[1] if len(sys.argv) > 1 else "cluster")
    for number, name in enumerate(lacking, 1):
        print(f"building {name} {ALL_TOOLS[name].version} ({number} of {len(lacking)})", flush=True)
        started = time.monotonic()
        try:
            path = build(name)
        except BinaryMissing as problem:
            sys.exit(str(problem))
        print(f"  {path} after {time.monotonic() - started:.0f} s", flush=True)
