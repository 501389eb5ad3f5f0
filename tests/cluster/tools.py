"""kubectl and Helm as tests call them."""

import subprocess
from pathlib import Path

from tests.cluster.binaries import find
from tests.cluster.control_plane import die_with_parent
from tests.cluster.waiting import PATIENCE_S

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
