"""Names, labels and addresses in the cluster: each is spelled here and nowhere else."""

import hashlib
import re
from functools import lru_cache

GROUP = "dolmetsch.dev"
HOST_NAMESPACES = ("hostNetwork", "hostPID", "hostIPC")
"""Of a pod: refused unless a pool says that its engines may have them."""
VERSION = "v1alpha1"
API_VERSION = f"{GROUP}/{VERSION}"
ROOMS, POOLS = "rooms", "enginepools"
POOL = "default"
"""The one EnginePool."""

FINALIZER = "dolmetsch.dev/drain"
"""Keeps a deleted Room until what was said is written and its engine is gone."""
ORIGIN = "dolmetsch.dev/origin"
"""`api`: made by a host's activation, deleted by the operator when it ends."""
APP, ENGINE_APP = "app.kubernetes.io/name", "dolmetsch-engine"
"""What tells engine pods from all others."""
ROOM = "dolmetsch.dev/room"
"""On an engine pod: the name of the Room that it serves; a warm engine has none."""
EPOCH = "dolmetsch.dev/epoch"
TEMPLATE = "dolmetsch.dev/template"
"""On an engine pod: the hash of the template that it was made from."""
ENGINE_PORT = 8100
ENGINE_CONTAINER = "engine"

_LABEL = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")
_HASHED = re.compile(r".*-[0-9a-f]{8}")
_SLUG_LENGTH = 40
"""Room for the epoch in the names of the engine pods, which are labels too."""


@lru_cache(maxsize=4096)
def room_name(room_id: str) -> str:
    """Return the one name that the Room of this room id can have.

    A schedule's codes (capitals, digits, hyphens) become their lower case, which can be read back.
    Any other id becomes a slug and the beginning of its SHA-256: two ids never share an object.
    """
    lower = room_id.lower()
    reversible = lower.upper() == room_id and not _HASHED.fullmatch(lower)
    if reversible and _LABEL.fullmatch(lower) and len(lower) <= _SLUG_LENGTH:
        return lower
    slug = re.sub(r"[^a-z0-9]+", "-", lower)[:_SLUG_LENGTH].strip("-") or "room"
    return f"{slug}-{hashlib.sha256(room_id.encode()).hexdigest()[:8]}"


def rooms_path(namespace: str, name: str = "") -> str:
    """Return the address of a namespace's Rooms, or of one."""
    return _path(f"apis/{API_VERSION}", namespace, ROOMS, name)


def pools_path(namespace: str, name: str = "") -> str:
    """Return the address of a namespace's EnginePools, or of one."""
    return _path(f"apis/{API_VERSION}", namespace, POOLS, name)


def pods_path(namespace: str, name: str = "") -> str:
    """Return the address of a namespace's pods, or of one."""
    return _path("api/v1", namespace, "pods", name)


def _path(api: str, namespace: str, plural: str, name: str) -> str:
    return f"/{api}/namespaces/{namespace}/{plural}" + (f"/{name}" if name else "")
