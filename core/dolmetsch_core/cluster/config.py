"""Where the cluster is and who we are there: the pod's service account, or a kubeconfig."""

import os
from pathlib import Path

import yaml
from kubernetes.aio.client import Configuration
from kubernetes.aio.config import (
    ConfigException,
    list_kube_config_contexts,
    load_incluster_config,
    load_kube_config,
)

NAMESPACE_FILE = Path("/var/run/secrets/kubernetes.io/serviceaccount/namespace")
_BROKEN = (ConfigException, OSError, TypeError, AttributeError, KeyError, yaml.YAMLError)
"""What the library raises for files that are no kubeconfigs."""


class NoCluster(Exception):
    """There is no service account and no usable kubeconfig. Remedy: in the message."""


async def load(kubeconfig: Path | None = None) -> Configuration:
    """Return the configuration of the kubeconfig, or of this pod, or of KUBECONFIG. Raises NoCluster."""
    configuration = Configuration()
    if kubeconfig is None:
        try:
            load_incluster_config(client_configuration=configuration)  # type: ignore[no-untyped-call]
        except ConfigException:
            kubeconfig = _default()
        else:
            return configuration
    if not _files(kubeconfig):
        raise NoCluster(f"No kubeconfig at {kubeconfig}: run inside a cluster, or name one in KUBECONFIG")
    try:
        await load_kube_config(  # type: ignore[no-untyped-call]
            str(kubeconfig), client_configuration=configuration, persist_config=False
        )
    except _BROKEN as error:
        raise NoCluster(f"The kubeconfig {kubeconfig} can't be used: {error}") from error
    return configuration


def own_namespace() -> str:
    """Return this pod's namespace; outside of a cluster the kubeconfig's, or `default`."""
    try:
        return NAMESPACE_FILE.read_text().strip() or "default"
    except OSError:
        pass
    if not _files(_default()):
        return "default"
    try:
        _, current = list_kube_config_contexts(str(_default()))  # type: ignore[no-untyped-call]
        return str(current["context"].get("namespace") or "default")
    except _BROKEN:
        return "default"


def _default() -> Path:
    """KUBECONFIG as it is now; the library remembers how it was when it was imported."""
    return Path(os.environ.get("KUBECONFIG") or Path("~/.kube/config").expanduser())


def _files(kubeconfig: Path) -> list[str]:
    """Several files in one variable are merged, and may be missing in part."""
    return [part for part in str(kubeconfig).split(os.pathsep) if part and Path(part).expanduser().exists()]
