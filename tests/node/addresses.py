"""Addresses of the test's nodes, pods and services, all from 198.18.0.0/15, which is reserved for tests."""

from __future__ import annotations

import ipaddress
import subprocess
from pathlib import Path
from typing import Final

TEST_NETWORK: Final = ipaddress.ip_network("198.18.0.0/15")
BRIDGE: Final = "dolmetsch"
"""The network of the nodes; the machine itself is the first of them."""
NODES: Final = ipaddress.ip_network("198.18.0.0/24")
MACHINE: Final = "198.18.0.1"
PODS: Final = ipaddress.ip_network("198.18.64.0/18")
"""Each node has a /24 of it."""


def node_address(number: int) -> str:
    """Return the address of a node, counted from 0."""
    return str(NODES[1 + number])


def pod_range(number: int) -> str:
    """Return the pods' addresses of a node."""
    return str(list(PODS.subnets(new_prefix=24))[number])


def claim() -> None:
    """Make the bridge. Raises CommandFailed where it is there: another cluster is at work on this machine."""
    run("ip", "link", "add", BRIDGE, "type", "bridge")


def set_up(nodes: int) -> None:
    """Give the bridge an address for each node. Raises CommandFailed."""
    for number in range(nodes):
        run("ip", "address", "add", f"{node_address(number)}/{NODES.prefixlen}", "dev", BRIDGE)
    run("ip", "link", "set", BRIDGE, "up")
    # Pods of two nodes reach each other through this machine. It stays: other containers may need it.
    Path("/proc/sys/net/ipv4/ip_forward").write_text("1\n")


def tear_down() -> None:
    """Remove what `set_up` and the nodes have made, and nothing else."""
    for link in (BRIDGE, *(f"{BRIDGE}-{number}" for number in range(8))):
        subprocess.run(["ip", "link", "delete", link], capture_output=True, check=False)
    for family in ("ip", "ip6"):
        subprocess.run(["nft", "delete", "table", family, "kube-proxy"], capture_output=True, check=False)


class CommandFailed(Exception):
    """A command ended with an error, which is the message."""


def run(*command: str, timeout: float = 300.0) -> str:
    """Run a command; what it printed. Raises CommandFailed with its last words."""
    done = subprocess.run(command, capture_output=True, text=True, timeout=timeout, check=False)
    if done.returncode != 0:
        last_words = "\n".join((done.stdout + done.stderr).splitlines()[-15:])
        raise CommandFailed(f"{' '.join(command)}\n{last_words}")
    return done.stdout
