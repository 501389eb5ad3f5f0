"""kubectl and Helm as tests call them."""

import subprocess
from collections.abc import Iterable
from pathlib import Path

from tests.cluster.binaries import find
from tests.cluster.control_plane import START_S, die_with_parent
from tests.cluster.waiting import PATIENCE_S, wait_for

CHART = Path(__file__).parent.parent.parent / "charts" / "dolmetsch"


class ToolFailed(Exception):
    """A command ended with an error, which is the message."""


class Kubectl:
    """`kubectl("get", "rooms")` returns what it printed; as one user, in one namespace.

    It blocks: where nodes live in the test's own loop, use `await asyncio.to_thread(kubectl, ...)`.
    """

    def __init__(self, kubeconfig: Path, namespace: str) -> None:
        self.kubeconfig = kubeconfig
        self.namespace = namespace

    def __call__(self, *arguments: str, stdin: str | None = None, timeout: float = PATIENCE_S) -> str:
        """Run it. Raises ToolFailed with what it said on stderr."""
        own = ("--kubeconfig", str(self.kubeconfig), "-n", self.namespace)
        return _run([str(find("kubectl")), *own, *arguments], stdin, timeout)


def kinds_ready(kubectl: Kubectl, kinds: Iterable[str]) -> None:
    """Wait until objects of these kinds can be made.

    An Established kind answers 429, `storage is (re)initializing`, for a moment; kubectl tries on.
    """
    names = list(kinds)
    kubectl(
        "wait", "--for=condition=Established", "crd", *names, f"--timeout={START_S:.0f}s", timeout=2 * START_S
    )

    def served() -> bool:
        try:
            kubectl("get", ",".join(names), "--all-namespaces")
        except ToolFailed:
            return False
        return True

    wait_for(served, "the kinds are served", START_S)


def helm(*arguments: str, stdin: str | None = None, timeout: float = PATIENCE_S) -> str:
    """Run the pinned Helm. Raises ToolFailed."""
    return _run([str(find("helm")), *arguments], stdin, timeout)


def rendered(template: str, namespace: str, *arguments: str, release: str = "dolmetsch") -> str:
    """Return one template of the chart as Helm would apply it."""
    where = ("--namespace", namespace, "--show-only", f"templates/{template}")
    return helm("template", release, str(CHART), *where, *arguments)


def _run(command: list[str], stdin: str | None, timeout: float) -> str:
    # Without `input` it would read the terminal's.
    done = subprocess.run(
        command,
        input=stdin or "",
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
        preexec_fn=die_with_parent,
    )
    if done.returncode != 0:
        raise ToolFailed(f"{' '.join(command[-6:])}\n{done.stderr.strip()}")
    return done.stdout
