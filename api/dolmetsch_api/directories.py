"""Which Directory a process of the api works with, as its settings say."""

from redis.asyncio import Redis

from dolmetsch_api.settings import ApiSettings
from dolmetsch_core.directory import Directory
from dolmetsch_core.live.directory import LocalDirectory


def directory_of(settings: ApiSettings, store: Redis) -> Directory:
    """Return the directory, not started; a cluster's connects when it is."""
    if settings.directory == "local":
        return LocalDirectory(store)
    # Here: importing `kubernetes` takes half a second and 20 MB, and only a cluster's api needs it.
    from dolmetsch_api.cluster.kubernetes_directory import KubernetesDirectory  # noqa: PLC0415
    from dolmetsch_core.cluster.api import cluster_of  # noqa: PLC0415
    from dolmetsch_core.cluster.config import own_namespace  # noqa: PLC0415

    return KubernetesDirectory(cluster_of(), settings.namespace or own_namespace())
