"""The operator's rules for templates beside the API server's, whose admission enforces the same standard."""

from typing import Any

import pytest

from dolmetsch_core.cluster import names
from dolmetsch_core.cluster.api import Cluster, Forbidden, Invalid
from tests.cluster.conftest import NAMESPACES, AddProcessNode
from tests.cluster.operator_process import (
    IMAGE,
    OperatorProcess,
    edit_pool,
    engine_of,
    make_pool,
    make_room,
    phase,
    pool_where,
    until_capacity,
)
from tests.cluster.waiting import room_where
from tests.unit.operator.test_pod_security import NOT_MADE_AT_ALL, REFUSED, STRICTER, TAKEN, unrestricted

ENFORCE = {"pod-security.kubernetes.io/enforce": "restricted"}
REFUSES = 'violates PodSecurity "restricted|privileged: Forbidden: disallowed by cluster policy'
"""The second: a server without --allow-privileged, as that of the tests is."""


@pytest.fixture
async def enforcing(admin: Cluster, namespace: str) -> str:
    """A namespace that takes pods of the standard only."""
    await admin.merge(f"{NAMESPACES}/{namespace}", {"metadata": {"labels": ENFORCE}})
    return namespace


async def judge(admin: Cluster, namespace: str, template: dict[str, Any]) -> None:
    """Have the server look at a template's pod without making it."""
    pod = unrestricted(template)
    pod["metadata"]["namespace"] = namespace
    await admin.create(names.pods_path(namespace), pod, dryRun="All")


async def test_the_server_refuses_what_the_operator_refuses(admin: Cluster, enforcing: str) -> None:
    for case, (template, _) in REFUSED.items():
        with pytest.raises((Forbidden, Invalid), match=REFUSES):
            await judge(admin, enforcing, template)
            pytest.fail(f"{case}: taken")
    for case, (template, _) in NOT_MADE_AT_ALL.items():
        with pytest.raises(Invalid):
            await judge(admin, enforcing, template)
            pytest.fail(f"{case}: taken")


async def test_the_server_takes_what_the_operator_takes_and_that_in_which_it_is_stricter(
    admin: Cluster, enforcing: str
) -> None:
    for template in TAKEN.values():
        await judge(admin, enforcing, template)
    for template, _ in STRICTER.values():
        await judge(admin, enforcing, template)


async def test_a_template_that_is_not_restricted_is_told_with_its_field_and_the_key_that_allows_it(
    admin: Cluster, namespace: str, operator: OperatorProcess, add_process_node: AddProcessNode
) -> None:
    await add_process_node("a", gpus=3)
    await make_pool(admin, namespace)
    await until_capacity(admin, namespace, 3)
    root = {"securityContext": {"runAsUser": 0, "runAsNonRoot": False}}
    template = {"spec": {"containers": [{"name": "engine", "image": "engine:2", **root}]}}
    await edit_pool(admin, namespace, template=template)
    status = await pool_where(admin, namespace, lambda status: "root" in status["message"])
    assert status["message"].startswith(
        "Engines can't be made of spec.template, mend it: "
        "spec.template.spec.containers[engine].securityContext.runAsNonRoot has to be true; "
        "spec.template.spec.containers[engine].securityContext.runAsUser has to be another user than root. "
    )
    assert status["message"].endswith("says spec.podSecurity: unrestricted")
    await make_room(admin, namespace, "R1")
    await room_where(admin, namespace, "r1", phase("Ready"), "Ready")
    before = await engine_of(admin, namespace, "R1")
    assert before["spec"]["containers"][0]["image"] == IMAGE, "of the last template that can be used"

    await edit_pool(admin, namespace, podSecurity="unrestricted")
    await pool_where(admin, namespace, lambda status: not status["message"])
    await make_room(admin, namespace, "R2")
    await room_where(admin, namespace, "r2", phase("Ready"), "Ready")
    after = await engine_of(admin, namespace, "R2")
    assert after["spec"]["containers"][0]["securityContext"]["runAsUser"] == 0


async def test_an_engine_whose_model_is_fetched_serves_where_the_standard_is_enforced(
    admin: Cluster, enforcing: str, operator: OperatorProcess, add_process_node: AddProcessNode
) -> None:
    await add_process_node("a", gpus=1)
    mount = {"name": "models", "mountPath": "/models"}
    spec = {
        "initContainers": [{"name": "fetch", "image": "fetch:1", "volumeMounts": [mount]}],
        "containers": [{"name": "engine", "image": IMAGE, "volumeMounts": [mount]}],
        "volumes": [{"name": "models", "emptyDir": {}}],
    }
    await make_pool(admin, enforcing, template={"spec": spec})
    await make_room(admin, enforcing, "R1")
    await room_where(admin, enforcing, "r1", phase("Ready"), "Ready")
    pod = await engine_of(admin, enforcing, "R1")
    contexts = [
        each["securityContext"] for kind in ("containers", "initContainers") for each in pod["spec"][kind]
    ]
    assert contexts[0] == contexts[1]
    assert contexts[0]["capabilities"] == {"drop": ["ALL"]}
