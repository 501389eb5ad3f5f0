"""What the chart's service accounts may and may not do, as the real API server decides."""

from pathlib import Path

import pytest

from dolmetsch_core.cluster import names
from dolmetsch_core.cluster.api import Cluster, Forbidden, connect
from tests.cluster.nodes import NODES

REVIEWS = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
READ = {"get", "list", "watch"}
EVERY = READ | {"create", "update", "patch", "delete", "deletecollection"}
OPERATOR = {
    "rooms.dolmetsch.dev": READ | {"patch", "delete"},
    "rooms.dolmetsch.dev/status": {"patch"},
    "enginepools.dolmetsch.dev": READ,
    "enginepools.dolmetsch.dev/status": {"patch"},
    "pods": READ | {"create", "patch", "delete"},
    "events": {"create"},
    "leases.coordination.k8s.io": {"get", "create", "update"},
    "nodes": READ,
}
API = {
    "rooms.dolmetsch.dev": READ | {"create", "patch", "delete"},
    "enginepools.dolmetsch.dev": READ,
}
ELSEWHERE = {"nodes": READ}
"""What the operator may do in all namespaces."""
ASKED = sorted(
    {*OPERATOR, *API}
    | {"secrets", "configmaps", "serviceaccounts", "serviceaccounts/token", "services", "namespaces"}
    | {"rooms.dolmetsch.dev/finalizers", "events.events.k8s.io", "pods/log"}
    | {"pods/exec", "pods/status", "pods/eviction", "nodes/status", "persistentvolumeclaims"}
    | {"deployments.apps", "roles.rbac.authorization.k8s.io", "clusterroles.rbac.authorization.k8s.io"}
    | {"customresourcedefinitions.apiextensions.k8s.io"}
)


async def may(cluster: Cluster, namespace: str, resource: str, verb: str) -> bool:
    """Ask the server about one's own rights; `resource` is `plural.group/subresource`."""
    plain, _, subresource = resource.partition("/")
    plural, _, group = plain.partition(".")
    asked = {"namespace": namespace, "verb": verb, "group": group, "resource": plural}
    review = {
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SelfSubjectAccessReview",
        "spec": {"resourceAttributes": asked | {"subresource": subresource}},
    }
    allowed: bool = (await cluster.create(REVIEWS, review))["status"]["allowed"]
    return allowed


async def rights(kubeconfig: Path, namespace: str) -> dict[str, set[str]]:
    """All that an account may do, of what is asked for here."""
    cluster = await connect(kubeconfig)
    try:
        return {
            resource: verbs
            for resource in ASKED
            if (verbs := {verb for verb in EVERY if await may(cluster, namespace, resource, verb)})
        }
    finally:
        await cluster.close()


async def test_operator_may_do_what_it_needs_and_nothing_more(
    operator_kubeconfig: Path, namespace: str
) -> None:
    assert await rights(operator_kubeconfig, namespace) == OPERATOR


async def test_operator_sees_nodes_and_nothing_else_of_other_namespaces(operator_kubeconfig: Path) -> None:
    assert await rights(operator_kubeconfig, "default") == ELSEWHERE


async def test_api_may_do_what_it_needs_and_nothing_more(api_kubeconfig: Path, namespace: str) -> None:
    assert await rights(api_kubeconfig, namespace) == API


async def test_api_may_do_nothing_in_other_namespaces(api_kubeconfig: Path) -> None:
    assert await rights(api_kubeconfig, "default") == {}


async def test_forbidden_calls_are_refused(
    operator_kubeconfig: Path, api_kubeconfig: Path, namespace: str
) -> None:
    room = {
        "apiVersion": names.API_VERSION,
        "kind": "Room",
        "metadata": {"name": "r1"},
        "spec": {"roomId": "R1", "sourceLang": "en"},
    }
    operator, api = await connect(operator_kubeconfig), await connect(api_kubeconfig)
    try:
        with pytest.raises(Forbidden):
            await operator.create(names.rooms_path(namespace), room)
        with pytest.raises(Forbidden):
            await operator.get(f"/api/v1/namespaces/{namespace}/secrets")
        with pytest.raises(Forbidden):
            await operator.get(names.pods_path("default"))
        assert "items" in await operator.get(NODES)
        await api.create(names.rooms_path(namespace), room)
        with pytest.raises(Forbidden):
            await api.merge(f"{names.rooms_path(namespace, 'r1')}/status", {"status": {"phase": "Active"}})
        with pytest.raises(Forbidden):
            await api.get(names.pods_path(namespace))
    finally:
        await operator.close()
        await api.close()
