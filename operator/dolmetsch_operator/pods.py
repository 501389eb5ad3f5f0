"""Engine pods as values: built from a pool, never mutated. Pure."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from dolmetsch_core.cluster import names
from dolmetsch_core.wire.room import EnginePoolSpec, PodSecurity, Room
from dolmetsch_operator.pod_security import refusals

Object = dict[str, Any]
LIVENESS_EVERY_S, LIVENESS_FAILURES = 2, 3
"""An engine that misses its health check for 6 s is lost."""
START_PROBES = 150
"""Health checks, one every 2 s, that the import of the model's libraries may take."""
PUBLIC_KEY = "DOLMETSCH_ENGINE_PUBLIC_KEY"
FLUSH_S = 10
"""What SIGTERM leaves an engine for its last words."""


class TemplateUnusable(Exception):
    """The pool's template makes no pod. Remedy: in the message, for whoever edits the EnginePool."""


@dataclass(frozen=True)
class PodMaker:
    """Builds the pods of one pool as it is now."""

    pool: EnginePoolSpec
    pool_uid: str
    namespace: str
    public_key: str = ""
    """PEM; engines let nobody else call them."""

    @cached_property
    def template_hash(self) -> str:
        """What a pod has to carry to be up to date: changes with everything that makes pods different.

        Raises TemplateUnusable.
        """
        try:
            template = _engine_pod(self, name="", labels={}, owner={})
        except (AttributeError, TypeError, KeyError) as error:
            # The API server keeps what is in a template as it is; what a part has to be, only a pod tells.
            raise TemplateUnusable(f"spec.template does not have the form of a pod: {error}") from error
        if self.pool.pod_security is PodSecurity.RESTRICTED and (refused := refusals(template)):
            raise TemplateUnusable(
                f"{'; '.join(refused)}. A pool whose engines need this says spec.podSecurity: unrestricted"
            )
        return hashlib.sha256(json.dumps(template, sort_keys=True).encode()).hexdigest()[:10]

    def of_room(self, room: Room, epoch: int) -> Object:
        """Return the pod of this epoch of a room. The name follows from both: created twice is one pod.

        Raises TemplateUnusable.
        """
        labels = {names.ROOM: room.name, names.EPOCH: str(epoch)}
        return self._pod(f"{room.name}-{room.uid[:5]}-e{epoch}", labels, room_owner(room))

    def warm(self, suffix: str) -> Object:
        """Return a pod that waits for a room. Raises TemplateUnusable."""
        owner = _owner("EnginePool", names.POOL, self.pool_uid)
        return self._pod(f"warm-{suffix}", {}, owner)

    def _pod(self, name: str, labels: Mapping[str, str], owner: Object) -> Object:
        """Raises TemplateUnusable, as `template_hash` does."""
        return _engine_pod(
            self, name=name, labels={names.TEMPLATE: self.template_hash, **labels}, owner=owner
        )


def room_owner(room: Room) -> Object:
    """Return the reference that lets a pod go with its Room, also when the finalizer was lost."""
    return _owner("Room", room.name, room.uid)


def _owner(kind: str, name: str, uid: str) -> Object:
    return {
        "apiVersion": names.API_VERSION,
        "kind": kind,
        "name": name,
        "uid": uid,
        "controller": True,
        "blockOwnerDeletion": False,
    }


def _engine_pod(maker: PodMaker, *, name: str, labels: Mapping[str, str], owner: Object) -> Object:
    pool = maker.pool
    metadata = pool.template.get("metadata") or {}
    given = pool.template.get("spec") or {}
    spec = merge(_defaults(maker), given)
    if [each.get("name") for each in spec["containers"]][:1] != [names.ENGINE_CONTAINER]:
        raise TemplateUnusable("spec.template.spec.containers: the engine's container is named `engine`")
    if not spec["containers"][0].get("image"):
        raise TemplateUnusable(
            "spec.template.spec.containers[engine].image is missing: the engine's container is named `engine`"
        )
    # These are what the operator counts on, whatever the template says: one pod, one life, one epoch.
    # And an engine has no business with the API server.
    spec |= {"restartPolicy": "Never", "automountServiceAccountToken": False}
    for account in ("serviceAccountName", "serviceAccount"):
        spec.pop(account, None)
    engine, *others = spec["containers"]
    engine = _without_key(merge(engine, _fixed(maker)), maker)
    spec["containers"] = [engine, *map(_secured, others)]
    if "initContainers" in spec:
        spec["initContainers"] = [_secured(each) for each in merge([], spec["initContainers"])]
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "name": name,
            "namespace": maker.namespace,
            "labels": {**(metadata.get("labels") or {}), names.APP: names.ENGINE_APP, **labels},
            "annotations": {
                # A node that is to be emptied waits for the end of a talk: moving costs the audience seconds.
                "cluster-autoscaler.kubernetes.io/safe-to-evict": "false",
                **(metadata.get("annotations") or {}),
            },
            "ownerReferences": [owner],
        },
        "spec": spec,
    }


def _defaults(maker: PodMaker) -> Object:
    return {
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "terminationGracePeriodSeconds": FLUSH_S,
        "securityContext": {
            "runAsNonRoot": True,
            "runAsUser": 10001,
            "runAsGroup": 10001,
            "fsGroup": 10001,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        # A dead node's pods are given up soon; the rooms have other engines by then.
        "tolerations": [
            _unless_gone("node.kubernetes.io/not-ready"),
            _unless_gone("node.kubernetes.io/unreachable"),
        ],
        "containers": [
            {
                "name": names.ENGINE_CONTAINER,
                "imagePullPolicy": "IfNotPresent",
                "ports": [{"name": "engine", "containerPort": names.ENGINE_PORT}],
                "startupProbe": _probe(failureThreshold=START_PROBES, periodSeconds=LIVENESS_EVERY_S),
                "livenessProbe": _probe(failureThreshold=LIVENESS_FAILURES, periodSeconds=LIVENESS_EVERY_S),
                "readinessProbe": _probe("/readyz", failureThreshold=1, periodSeconds=LIVENESS_EVERY_S),
                "terminationMessagePolicy": "FallbackToLogsOnError",
                **_container_security(),
                "volumeMounts": [{"name": "tmp", "mountPath": "/tmp"}],  # noqa: S108 (in the pod, its own)
                "env": [
                    _field("DOLMETSCH_ENGINE_HOST", "status.podIP"),
                    _field("DOLMETSCH_ENGINE_AUDIENCE", "metadata.uid"),
                ],
            }
        ],
        "volumes": [{"name": "tmp", "emptyDir": {}}],
    }


def _container_security() -> Object:
    return {
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }
    }


def _secured(container: Object) -> Object:
    """Return a container beside or before the engine's, no freer than that unless the template says so."""
    secured: Object = merge(_container_security(), container)
    return secured


def _fixed(maker: PodMaker) -> Object:
    pool = maker.pool
    amount = {pool.resource_name: str(pool.per_engine)}
    env = [{"name": "DOLMETSCH_ENGINE_PORT", "value": str(names.ENGINE_PORT)}]
    if maker.public_key:
        env.append({"name": PUBLIC_KEY, "value": maker.public_key})
    return {"env": env, "resources": {"limits": amount, "requests": amount}}


def _without_key(container: Object, maker: PodMaker) -> Object:
    """Whose calls an engine takes is the operator's to say, also where it has no key."""
    if maker.public_key:
        return container
    return container | {"env": [each for each in container["env"] if each["name"] != PUBLIC_KEY]}


def _probe(path: str = "/healthz", **settings: int) -> Object:
    return {"httpGet": {"path": path, "port": "engine"}, "timeoutSeconds": 2, **settings}


def _field(name: str, path: str) -> Object:
    return {"name": name, "valueFrom": {"fieldRef": {"fieldPath": path}}}


def _unless_gone(taint: str) -> Object:
    return {"key": taint, "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 10}


def merge(base: Any, over: Any) -> Any:
    """Return `base` with `over` laid on it: objects field by field, lists of named things by name.

    Other values and lists (of plain values) are replaced, None removes. Raises TemplateUnusable where an
    object would be replaced by something else.
    """
    if isinstance(base, dict):
        if not isinstance(over, Mapping):
            raise TemplateUnusable(f"spec.template: an object is expected instead of {over!r}")
        kept = {key: value for key, value in base.items() if key not in over}
        laid = {
            key: merge(base[key], value) if key in base else value
            for key, value in over.items()
            if value is not None
        }
        return {key: (kept | laid)[key] for key in [*base, *over] if key in kept or key in laid}
    if isinstance(base, list):
        if not isinstance(over, list):
            raise TemplateUnusable(f"spec.template: a list is expected instead of {over!r}")
        return _merge_named(base, over) if _named(base) and _named(over) else _appended(base, over)
    return over


def _named(items: list[Any]) -> bool:
    return all(isinstance(each, Mapping) and "name" in each for each in items)


def _merge_named(base: list[Any], over: list[Any]) -> list[Any]:
    by_name = {each["name"]: each for each in base}
    for each in over:
        known = by_name.get(each["name"])
        # A variable has a value or its source, never both.
        replaces = known is not None and ("value" in each or "valueFrom" in each)
        by_name[each["name"]] = each if known is None or replaces else merge(known, each)
    return list(by_name.values())


def _appended(base: list[Any], over: list[Any]) -> list[Any]:
    """Tolerations add up; nothing else that has a default is a list without names."""
    return [*base, *(each for each in over if each not in base)]
