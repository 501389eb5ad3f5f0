"""A real API server takes every object of the chart, and every pod under the restricted standard."""

import json

import pytest
import yaml

from dolmetsch_core.tokens import EngineKey
from dolmetsch_core.wire.room import EnginePoolSpec
from dolmetsch_operator.pods import PodMaker
from tests.chart.rendering import SETS, Object, pod_templates, render
from tests.cluster.tools import Kubectl


@pytest.mark.parametrize("values", SETS)
def test_server_takes_every_object(kubectl: Kubectl, values: str) -> None:
    """Unknown and doubled fields are refused, too."""
    objects = render(values, kubectl.namespace)
    said = kubectl(
        *("apply", "--server-side", "--dry-run=server", "--validate=strict", "-f", "-"),
        stdin=yaml.safe_dump_all(objects),
    )
    assert said.count("serverside-applied") == len(objects)


@pytest.mark.parametrize("values", SETS)
def test_every_pod_passes_the_restricted_standard(kubectl: Kubectl, values: str) -> None:
    """As pods, in a namespace that enforces it: of their owners only warnings would come."""
    objects = render(values, kubectl.namespace)
    pods = [pod(owner, template) for owner, template in pod_templates(objects)]
    pods += [engine(each, kubectl.namespace) for each in objects if each["kind"] == "EnginePool"]
    said = kubectl(*("create", "--dry-run=server", "-f", "-"), stdin=yaml.safe_dump_all(pods))
    assert said.count("created (server dry run)") == len(pods)


def pod(owner: str, template: Object) -> Object:
    """Return the pod of a template, without what has to be there first: account, classes."""
    spec = {**template["spec"], "serviceAccountName": "default"}
    spec.pop("runtimeClassName", None)
    # Claims of a StatefulSet become volumes.
    known = {each["name"] for each in spec.get("volumes", ())}
    mounted = {mount["name"] for each in spec["containers"] for mount in each.get("volumeMounts", ())}
    volumes = [{"name": each, "emptyDir": {}} for each in sorted(mounted - known)]
    spec["volumes"] = [*spec.get("volumes", ()), *volumes]
    name = owner.lower().replace(" ", "-")
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name}, "spec": spec}


def engine(pool: Object, namespace: str) -> Object:
    """Return an engine's pod as the operator makes it."""
    spec = EnginePoolSpec.model_validate(pool["spec"])
    made = PodMaker(spec, "uid", namespace, EngineKey.generate().public_pem).warm("check")
    for missing in ("priorityClassName", "runtimeClassName"):
        made["spec"].pop(missing, None)
    return json.loads(json.dumps(made))
