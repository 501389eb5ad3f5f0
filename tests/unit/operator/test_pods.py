"""Engine pods as whole objects, and what a template can and can't change."""

from typing import Any

import pytest

from dolmetsch_core.wire.room import EnginePoolSpec
from dolmetsch_operator.pods import PodMaker, TemplateUnusable, merge
from tests.unit.core.rooms import room

IMAGE = {"containers": [{"name": "engine", "image": "engine:1"}]}


def maker(template_spec: Any = None, **pool: Any) -> PodMaker:
    spec = EnginePoolSpec(template={"spec": IMAGE if template_spec is None else template_spec}, **pool)
    return PodMaker(spec, pool_uid="pool-uid", namespace="talks", public_key="PEM")


def test_an_engine_pod_as_it_is_sent() -> None:
    pods = maker()
    assert pods.of_room(room("RJ8"), 3) == {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "name": "RJ8-uid-R-e3",
            "namespace": "talks",
            "labels": {
                "app.kubernetes.io/name": "dolmetsch-engine",
                "dolmetsch.dev/template": pods.template_hash,
                "dolmetsch.dev/room": "RJ8",
                "dolmetsch.dev/epoch": "3",
            },
            "annotations": {"cluster-autoscaler.kubernetes.io/safe-to-evict": "false"},
            "ownerReferences": [
                {
                    "apiVersion": "dolmetsch.dev/v1alpha1",
                    "kind": "Room",
                    "name": "RJ8",
                    "uid": "uid-RJ8",
                    "controller": True,
                    "blockOwnerDeletion": False,
                }
            ],
        },
        "spec": {
            "automountServiceAccountToken": False,
            "enableServiceLinks": False,
            "terminationGracePeriodSeconds": 10,
            "securityContext": {
                "runAsNonRoot": True,
                "runAsUser": 10001,
                "runAsGroup": 10001,
                "fsGroup": 10001,
                "seccompProfile": {"type": "RuntimeDefault"},
            },
            "tolerations": [
                {
                    "key": f"node.kubernetes.io/{taint}",
                    "operator": "Exists",
                    "effect": "NoExecute",
                    "tolerationSeconds": 10,
                }
                for taint in ("not-ready", "unreachable")
            ],
            "containers": [
                {
                    "name": "engine",
                    "imagePullPolicy": "IfNotPresent",
                    "ports": [{"name": "engine", "containerPort": 8100}],
                    "startupProbe": probe(failureThreshold=150, periodSeconds=2),
                    "livenessProbe": probe(failureThreshold=3, periodSeconds=2),
                    "readinessProbe": probe("/readyz", failureThreshold=1, periodSeconds=2),
                    "terminationMessagePolicy": "FallbackToLogsOnError",
                    "securityContext": {
                        "allowPrivilegeEscalation": False,
                        "readOnlyRootFilesystem": True,
                        "capabilities": {"drop": ["ALL"]},
                    },
                    "volumeMounts": [{"name": "tmp", "mountPath": "/tmp"}],
                    "env": [
                        field("DOLMETSCH_ENGINE_HOST", "status.podIP"),
                        field("DOLMETSCH_ENGINE_AUDIENCE", "metadata.uid"),
                        {"name": "DOLMETSCH_ENGINE_PORT", "value": "8100"},
                        {"name": "DOLMETSCH_ENGINE_PUBLIC_KEY", "value": "PEM"},
                    ],
                    "image": "engine:1",
                    "resources": {"limits": {"nvidia.com/gpu": "1"}, "requests": {"nvidia.com/gpu": "1"}},
                }
            ],
            "volumes": [{"name": "tmp", "emptyDir": {}}],
            "restartPolicy": "Never",
        },
    }


def probe(path: str = "/healthz", **settings: int) -> dict[str, Any]:
    return {"httpGet": {"path": path, "port": "engine"}, "timeoutSeconds": 2, **settings}


def field(name: str, path: str) -> dict[str, Any]:
    return {"name": name, "valueFrom": {"fieldRef": {"fieldPath": path}}}


def test_a_warm_pod_belongs_to_the_pool_and_to_no_room() -> None:
    pod = maker().warm("abc123")
    assert pod["metadata"]["name"] == "warm-abc123"
    assert pod["metadata"]["ownerReferences"][0]["kind"] == "EnginePool"
    assert "dolmetsch.dev/room" not in pod["metadata"]["labels"]


def test_the_same_epoch_of_a_room_is_the_same_pod_and_of_another_room_another_one() -> None:
    pods = maker()
    assert pods.of_room(room(), 1) == pods.of_room(room(), 1)
    again = room().model_copy(update={"uid": "another"})
    assert pods.of_room(room(), 1)["metadata"]["name"] != pods.of_room(again, 1)["metadata"]["name"]


def test_a_template_adds_and_replaces_by_name() -> None:
    engine = {
        "name": "engine",
        "image": "engine:2",
        "env": [{"name": "DOLMETSCH_ENGINE_HOST", "value": "0.0.0.0"}, {"name": "EXTRA", "value": "1"}],
        "resources": {"requests": {"cpu": "2"}, "limits": {"memory": "8Gi"}},
    }
    toleration = {"key": "nvidia.com/gpu", "operator": "Exists"}
    spec = maker(
        {
            "nodeSelector": {"gpu": "yes"},
            "tolerations": [toleration],
            "containers": [engine, {"name": "log"}],
        },
        per_engine=2,
    ).warm("x")["spec"]
    built = spec["containers"][0]
    assert [each["name"] for each in spec["containers"]] == ["engine", "log"]
    assert {"name": "DOLMETSCH_ENGINE_HOST", "value": "0.0.0.0"} in built["env"]
    assert {"name": "EXTRA", "value": "1"} in built["env"]
    assert built["resources"]["limits"] == {"memory": "8Gi", "nvidia.com/gpu": "2"}
    assert spec["tolerations"][-1] == toleration
    assert spec["nodeSelector"] == {"gpu": "yes"}


def test_a_template_can_not_take_the_gpu_limit_or_the_one_life_away() -> None:
    engine = {"name": "engine", "image": "e", "resources": {"limits": {"nvidia.com/gpu": "0"}}}
    spec = maker({"restartPolicy": "Always", "containers": [engine]}).warm("x")["spec"]
    assert spec["restartPolicy"] == "Never"
    assert spec["containers"][0]["resources"]["limits"]["nvidia.com/gpu"] == "1"


def test_a_template_can_not_give_an_engine_rights_in_the_cluster() -> None:
    account = {"automountServiceAccountToken": True, "serviceAccountName": "admin", "serviceAccount": "admin"}
    spec = maker(IMAGE | account).warm("x")["spec"]
    assert spec["automountServiceAccountToken"] is False
    assert not {"serviceAccountName", "serviceAccount"} & spec.keys()


@pytest.mark.parametrize(("key", "expected"), [("PEM", ["PEM"]), ("", [])])
def test_a_template_can_not_say_whose_calls_an_engine_takes(key: str, expected: list[str]) -> None:
    env = [{"name": "DOLMETSCH_ENGINE_PUBLIC_KEY", "value": "mine"}]
    pool = EnginePoolSpec(template={"spec": {"containers": [{"name": "engine", "image": "e", "env": env}]}})
    pod = PodMaker(pool, pool_uid="pool-uid", namespace="talks", public_key=key).warm("x")
    given = pod["spec"]["containers"][0]["env"]
    assert [each["value"] for each in given if each["name"] == "DOLMETSCH_ENGINE_PUBLIC_KEY"] == expected


def test_a_value_of_none_removes_a_default() -> None:
    engine = {"name": "engine", "image": "e", "startupProbe": None}
    assert "startupProbe" not in maker({"containers": [engine]}).warm("x")["spec"]["containers"][0]


@pytest.mark.parametrize(
    ("template", "says"),
    [
        ({}, "image is missing"),
        ({"containers": []}, "image is missing"),
        ({"containers": [{"name": "engine"}]}, "image is missing"),
        ({"containers": "none"}, "a list is expected"),
        ({"securityContext": "root"}, "an object is expected"),
        ("nonsense", "an object is expected"),
    ],
)
def test_a_template_that_makes_no_pod_says_why(template: Any, says: str) -> None:
    with pytest.raises(TemplateUnusable, match=says):
        maker(template).warm("x")


def test_the_hash_changes_with_what_makes_pods_different_and_with_nothing_else() -> None:
    hashes = {
        maker().template_hash,
        maker(per_engine=2).template_hash,
        maker({"containers": [{"name": "engine", "image": "engine:2"}]}).template_hash,
    }
    assert len(hashes) == 3
    assert maker(warm=5, max_active_rooms=9).template_hash == maker().template_hash


def test_merging_leaves_both_sides_as_they_are() -> None:
    base: dict[str, Any] = {"a": {"b": [1]}}
    over = {"a": {"b": [2]}}
    assert merge(base, over) == {"a": {"b": [1, 2]}}
    assert (base, over) == ({"a": {"b": [1]}}, {"a": {"b": [2]}})
