"""A real control plane on loopback: etcd, API server, controller manager and scheduler, without any node.

RBAC, validation, garbage collection and scheduling are Kubernetes' own. Waiting is shortened where it can be
(NODE_GRACE_S, EVICTION_S), and what is stored need not survive a power cut.
"""

from __future__ import annotations

import contextlib
import json
import os
import random
import signal
import socket
import ssl
import subprocess
import time
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from urllib.error import HTTPError, URLError

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from dolmetsch_local import processes
from tests.cluster.binaries import find

REPOSITORY = Path(__file__).parent.parent.parent
NODE_GRACE_S = 30
"""A node that was silent for so long is taken for lost (a cluster's default: 50 s).

Heartbeats come from a test that has other things to do as well. `Node.be_missed` does not wait for it.
"""
EVICTION_S = 3
"""Pods on a lost node are deleted after so long (300 s)."""
SERVICES = "198.18.240.0/20"
"""Addresses of services, from the range that is reserved for tests."""
CONTROLLERS, SCHEDULER = "kube-controller-manager", "kube-scheduler"
USERS = {"admin": "system:masters", CONTROLLERS: "", SCHEDULER: ""}
"""Who has a token, and the group; the last two have built-in roles."""
die_with_parent = partial(processes.die_with_parent, signal.SIGKILL)
"""In a child, before it runs: tests that are killed leave no process behind."""
# "Parent" means the thread that started the child: one that lives as long as the tests.
_SPAWNER = ThreadPoolExecutor(1, thread_name_prefix="spawner")


START_S = 300.0
"""What a part may take for its start on a busy machine."""
PORTS = range(16000, 32000)
"""Below those that the kernel gives to outgoing connections: what is started again finds its port free."""


def steady_port() -> int:
    """Return a port of loopback that nobody listens on, and that no connection gets meanwhile."""
    while True:
        port = random.SystemRandom().choice(PORTS)
        with contextlib.suppress(OSError), socket.socket() as probe:
            probe.bind(("127.0.0.1", port))
            return port


class NotStarted(Exception):
    """A part of the control plane ended, or does not answer. The message has its last words."""


def last_words(log: Path, lines: int = 30) -> str:
    """Return the end of a log."""
    try:
        return "\n".join(log.read_text(errors="replace").splitlines()[-lines:])
    except OSError as error:
        return f"({error.strerror})"


class Part:
    """One process of the control plane; started again, it has the same arguments."""

    def __init__(
        self, name: str, arguments: Sequence[str], log: Path, *, program: Path | None = None
    ) -> None:
        """`program`: what to run where it is none of the built tools."""
        self.name = name
        self.log = log
        self._program = program
        self._arguments = arguments
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, its output appended to its log; Ctrl-C in the terminal does not reach it."""
        self._process = _SPAWNER.submit(self._spawn).result()

    def _spawn(self) -> subprocess.Popen[bytes]:
        with self.log.open("ab") as output:
            return subprocess.Popen(
                [self._program or find(self.name), *self._arguments],
                cwd=REPOSITORY,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
                preexec_fn=die_with_parent,
            )

    @property
    def running(self) -> bool:
        """Whether it was started and has not ended."""
        return self._process is not None and self._process.poll() is None

    def wait(self, ready: Callable[[], bool], timeout: float = START_S) -> None:
        """Wait until it is ready. Raises NotStarted."""
        deadline = time.monotonic() + timeout
        while not ready():
            if not self.running or time.monotonic() > deadline:
                why = f"not ready after {timeout:g} s" if self.running else "it ended"
                raise NotStarted(f"{self.name}: {why}\n{last_words(self.log)}")
            time.sleep(0.05)

    def kill(self) -> None:
        """End it at once: nothing here has anything to save."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None


class ControlPlane:
    """The four processes, their keys and kubeconfigs in one folder."""

    def __init__(
        self, folder: Path, *, address: str = "127.0.0.1", users: Mapping[str, str] | None = None
    ) -> None:
        """`address`: where it listens; real nodes and pods need one that is not loopback.

        `users`: more of them, with their groups.
        """
        self.folder = folder
        self.port = steady_port()
        self.address = address
        self.url = f"https://{address}:{self.port}"
        self._users = USERS | dict(users or {})
        self._etcd_url = f"http://127.0.0.1:{steady_port()}"
        self._tokens = {user: os.urandom(16).hex() for user in self._users}
        self._trust: ssl.SSLContext | None = None
        self._etcd = self._part("etcd", self._etcd_flags())
        self._apiserver = self._part("kube-apiserver", self._apiserver_flags())
        self._controllers = self._part(CONTROLLERS, self._controllers_flags())
        self._scheduler = self._part(SCHEDULER, self._scheduler_flags())

    @property
    def certificate(self) -> Path:
        """The API server's own, which its clients trust."""
        return self.folder / "certificates" / "apiserver.crt"

    def start(self, timeout: float = START_S) -> None:
        """Start all; return when objects can be read, written and scheduled. Raises NotStarted."""
        (self.folder / "certificates").mkdir(parents=True)
        self._write_keys()
        try:
            self._etcd.start()
            self.start_apiserver(timeout)
            # Made by a controller once it works.
            account = "/api/v1/namespaces/default/serviceaccounts/default"
            self._controllers.wait(lambda: self._answers(account), timeout)
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """End all; nothing is left but the folder."""
        for part in (self._scheduler, self._controllers, self._apiserver, self._etcd):
            part.kill()

    def stop_apiserver(self) -> None:
        """Cut everybody off, as when the API server's machine fails, controllers and scheduler with it."""
        for part in (self._scheduler, self._controllers, self._apiserver):
            part.kill()

    def start_apiserver(self, timeout: float = START_S) -> None:
        """Start it (again), at the same address with the same data and keys; return when it is ready."""
        self._apiserver.start()
        self._apiserver.wait(lambda: self._answers("/readyz"), timeout)
        # Anew, for those that lived through an outage act on what they knew before it for some seconds more.
        self._controllers.start()
        self._scheduler.start()

    def restart_apiserver(self) -> None:
        """Stop and start it."""
        self.stop_apiserver()
        self.start_apiserver()

    def kubeconfig(self, user: str = "admin", *, namespace: str = "default", token: str = "") -> Path:
        """Return a kubeconfig file: for one of its users, or for anybody with a token."""
        path = self.folder / f"{user}-{namespace}.kubeconfig"
        cluster = {"server": self.url, "certificate-authority": str(self.certificate)}
        context = {"cluster": "tests", "user": user, "namespace": namespace}
        content = {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": "tests", "cluster": cluster}],
            "users": [{"name": user, "user": {"token": token or self._tokens[user]}}],
            "contexts": [{"name": "tests", "context": context}],
            "current-context": "tests",
        }
        path.write_text(json.dumps(content))
        return path

    def logs(self, lines: int = 15) -> str:
        """Return the ends of all logs."""
        parts = (self._etcd, self._apiserver, self._controllers, self._scheduler)
        return "\n".join(f"--- {part.name}\n{last_words(part.log, lines)}" for part in parts)

    def _part(self, name: str, flags: dict[str, object]) -> Part:
        return Part(name, [f"--{flag}={value}" for flag, value in flags.items()], self.folder / f"{name}.log")

    def _etcd_flags(self) -> dict[str, object]:
        peers = f"http://127.0.0.1:{steady_port()}"
        return {
            "data-dir": self.folder / "etcd",
            "unsafe-no-fsync": "true",
            "log-level": "warn",
            "listen-client-urls": self._etcd_url,
            "advertise-client-urls": self._etcd_url,
            "listen-peer-urls": peers,
            "initial-advertise-peer-urls": peers,
            "initial-cluster": f"default={peers}",
        }

    def _apiserver_flags(self) -> dict[str, object]:
        # Loopback may not be published as the endpoint of the API server's service.
        endpoint = {"endpoint-reconciler-type": "none"} if self.address == "127.0.0.1" else {}
        return endpoint | {
            "etcd-servers": self._etcd_url,
            "bind-address": self.address,
            "advertise-address": self.address,
            # Nodes have names that no name server knows.
            "kubelet-preferred-address-types": "InternalIP",
            "secure-port": self.port,
            "cert-dir": self.certificate.parent,
            "service-cluster-ip-range": SERVICES,
            "service-account-issuer": "https://kubernetes.default.svc",
            "service-account-key-file": self._account_key,
            "service-account-signing-key-file": self._account_key,
            "token-auth-file": self.folder / "tokens.csv",
            "authorization-mode": "Node,RBAC",
            "enable-admission-plugins": "NodeRestriction",
            "default-not-ready-toleration-seconds": EVICTION_S,
            "default-unreachable-toleration-seconds": EVICTION_S,
        }

    def _controllers_flags(self) -> dict[str, object]:
        return self._client_flags(CONTROLLERS) | {
            "use-service-account-credentials": "true",
            "root-ca-file": self.certificate,
            "service-account-private-key-file": self._account_key,
            "node-monitor-period": "1s",
            "node-monitor-grace-period": f"{NODE_GRACE_S}s",
            "node-eviction-rate": "10",
            "kube-api-qps": "200",
            "kube-api-burst": "400",
        }

    def _scheduler_flags(self) -> dict[str, object]:
        return self._client_flags(SCHEDULER) | {"kube-api-qps": "200", "kube-api-burst": "400"}

    def _client_flags(self, user: str) -> dict[str, object]:
        kubeconfig = self.folder / f"{user}-default.kubeconfig"
        # One of each needs no election, which would end it when the API server is away.
        return {"kubeconfig": kubeconfig, "leader-elect": "false", "secure-port": "0"}

    @property
    def _account_key(self) -> Path:
        return self.folder / "accounts.key"

    def _write_keys(self) -> None:
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        private = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        self._account_key.write_bytes(private)
        lines = [
            f'{self._tokens[user]},{user if group else f"system:{user}"},{user},"{group}"\n'
            for user, group in self._users.items()
        ]
        (self.folder / "tokens.csv").write_text("".join(lines))
        for user in self._users:
            self.kubeconfig(user)

    def _answers(self, path: str) -> bool:
        if self._trust is None:
            if not self.certificate.exists():
                return False
            try:
                self._trust = ssl.create_default_context(cafile=str(self.certificate))
            except ssl.SSLError:
                return False  # it is being written
        request = urllib.request.Request(self.url + path)
        request.add_header("Authorization", f"Bearer {self._tokens['admin']}")
        handler = urllib.request.HTTPSHandler(context=self._trust)
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), handler)
        try:
            with opener.open(request, timeout=10) as answer:
                return bool(answer.status == 200)
        except HTTPError as error:
            error.close()  # it has the connection, which nothing else closes for certain
            return False
        except (URLError, TimeoutError, OSError):
            return False
