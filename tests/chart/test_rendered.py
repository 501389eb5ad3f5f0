"""Rules that hold for all that the chart renders, whatever the values."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from dolmetsch_api.settings import ApiSettings
from dolmetsch_engine.models.settings import ModelSettings
from dolmetsch_engine.service_settings import ServiceSettings
from dolmetsch_engine.settings import EngineSettings
from dolmetsch_operator.settings import OperatorSettings
from dolmetsch_worker.settings import WorkerSettings
from tests.chart.rendering import SETS, Object, named, pod_templates, render

OURS = ("dolmetsch/platform", "dolmetsch/operator", "dolmetsch/engine")
SETTINGS: dict[str, Callable[[], object]] = {
    "api": ApiSettings,
    "operator": OperatorSettings,
    "worker": WorkerSettings,
    "engine": EngineSettings,
}
MADE_UP = {"url": "https://example.org/schedule.json", "key": "key"}
WITH_TOKEN = {"api", "operator", "uninstall"}
"""Components that talk to the API server."""


@pytest.fixture(scope="module", params=SETS)
def objects(request: pytest.FixtureRequest) -> list[Object]:
    return render(request.param)


def component(template: Object) -> str:
    label: str = template["metadata"]["labels"]["app.kubernetes.io/component"]
    return label


def selects(selector: Object, template: Object) -> bool:
    return selector.items() <= template["metadata"]["labels"].items()


def templates(objects: list[Object]) -> list[Object]:
    """Return what pods are made of, engines included."""
    pools = [each["spec"]["template"] for each in objects if each["kind"] == "EnginePool"]
    for pool in pools:
        # The operator adds it.
        pool["metadata"]["labels"]["app.kubernetes.io/name"] = "dolmetsch-engine"
    return [*(template for _, template in pod_templates(objects)), *pools]


def test_every_pod_has_a_policy_and_is_denied_all_else(objects: list[Object]) -> None:
    policies = [each["spec"] for each in objects if each["kind"] == "NetworkPolicy"]
    if not policies:
        pytest.skip("networkPolicy.enabled is false in these values")
    for template in templates(objects):
        found = [each for each in policies if selects(each["podSelector"]["matchLabels"], template)]
        own = [each for each in found if each.get("ingress") or each.get("egress")]
        assert len(found) - len(own) == 1, "one denies everything"
        assert len(own) == 1, f"{component(template)} has a policy of its own"
        assert all(each["policyTypes"] == ["Ingress", "Egress"] for each in found)


def test_every_service_leads_to_pods_and_their_ports(objects: list[Object]) -> None:
    for service in (each for each in objects if each["kind"] == "Service"):
        chosen = [each for each in templates(objects) if selects(service["spec"]["selector"], each)]
        assert len(chosen) == 1, service["metadata"]["name"]
        if component(chosen[0]) == "engine":
            continue
        ports = [port for each in chosen[0]["spec"]["containers"] for port in each.get("ports", ())]
        known = {port["name"] for port in ports} | {port["containerPort"] for port in ports}
        assert {port["targetPort"] for port in service["spec"]["ports"]} <= known


def test_no_pod_gets_addresses_of_services_as_variables(objects: list[Object]) -> None:
    """A Service dolmetsch-worker would set DOLMETSCH_WORKER_PORT. Of engines the operator sees to it.

    Valkey's knows nothing of such settings, and finds the one before it by them.
    """
    links = {owner for owner, template in pod_templates(objects) if template["spec"]["enableServiceLinks"]}
    assert all(owner.endswith("-valkey") for owner in links)


def test_only_three_components_get_a_token(objects: list[Object]) -> None:
    tokens = {component(t) for _, t in pod_templates(objects) if t["spec"]["automountServiceAccountToken"]}
    assert tokens <= WITH_TOKEN
    accounts = {each["metadata"]["name"] for each in objects if each["kind"] == "ServiceAccount"}
    assert {template["spec"]["serviceAccountName"] for _, template in pod_templates(objects)} <= accounts


def test_our_images_run_as_10001_with_a_read_only_root(objects: list[Object]) -> None:
    for _, template in pod_templates(objects):
        for container in template["spec"]["containers"]:
            if any(name in container["image"] for name in OURS):
                assert container["securityContext"]["readOnlyRootFilesystem"] is True
                assert template["spec"]["securityContext"]["runAsUser"] == 10001
                assert {"name": "tmp", "mountPath": "/tmp"} in container["volumeMounts"]


def test_every_container_says_what_it_needs(objects: list[Object]) -> None:
    for template in templates(objects):
        for container in [*template["spec"]["containers"], *template["spec"].get("initContainers", ())]:
            assert container["resources"]["requests"].keys() >= {"cpu", "memory"}
            assert "memory" in container["resources"]["limits"]


def test_every_image_has_a_version(objects: list[Object]) -> None:
    for template in templates(objects):
        for container in [*template["spec"]["containers"], *template["spec"].get("initContainers", ())]:
            assert re.search(r"(:[\w.-]+|@sha256:[0-9a-f]{64})$", container["image"])
            assert not container["image"].endswith(":latest")


def test_every_variable_is_a_setting(objects: list[Object]) -> None:
    known = {
        "api": {f"DOLMETSCH_{name.upper()}" for name in ApiSettings.model_fields},
        "operator": {f"DOLMETSCH_OPERATOR_{name.upper()}" for name in OperatorSettings.model_fields},
        "engine": {f"DOLMETSCH_ENGINE_{name.upper()}" for name in EngineSettings.model_fields}
        | {f"DOLMETSCH_{name.upper()}" for name in ServiceSettings.model_fields},
        "worker": {f"DOLMETSCH_WORKER_{name.upper()}" for name in WorkerSettings.model_fields}
        | {"DOLMETSCH_STORE_URL", "DOLMETSCH_ARCHIVE_URL", "DOLMETSCH_TRANSCRIPT_KEEP_DAYS"},
    }
    for template in templates(objects):
        settings = known.get(component(template))
        if settings is None:
            continue
        for container in template["spec"]["containers"]:
            names = [each["name"] for each in container["env"]]
            assert {name for name in names if name.startswith("DOLMETSCH_")} <= settings
            assert len(names) == len(set(names)), "no variable is set twice"
        for container in template["spec"].get("initContainers", ()):
            asked = {f"DOLMETSCH_{name.upper()}" for name in ModelSettings.model_fields}
            assert {each["name"] for each in container["env"]} <= asked | {"HOME"}


@pytest.mark.parametrize("values", SETS)
def test_the_parts_can_read_their_settings(
    values: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """As text in an environment: numbers, lists, addresses with passwords in them."""
    for part in ("model.bin", "config.json", "tokenizer.json", "vocabulary.json"):
        (tmp_path / part).touch()
    found = {component(each): each for each in templates(render(values))}
    for name, settings in SETTINGS.items():
        with monkeypatch.context() as environment:
            for variable, value in environment_of(found[name]).items():
                environment.setenv(variable, value)
            # It is looked for.
            environment.setenv("DOLMETSCH_ENGINE_MODEL", str(tmp_path))
            settings()


def environment_of(template: Object) -> dict[str, str]:
    """Return a container's variables, what comes from elsewhere made up."""
    env: dict[str, str] = {}
    for each in template["spec"]["containers"][0]["env"]:
        key = each.get("valueFrom", {}).get("secretKeyRef", {}).get("key", "")
        value = each.get("value", MADE_UP.get(key, "x" * 40))
        env[each["name"]] = re.sub(r"\$\((\w+)\)", lambda match: env[match[1]], value)
    return env


def test_a_variable_stands_before_those_that_it_is_a_part_of(objects: list[Object]) -> None:
    for template in templates(objects):
        for container in template["spec"]["containers"]:
            before: set[str] = set()
            for each in container.get("env", ()):
                assert set(re.findall(r"\$\((\w+)\)", each.get("value", ""))) <= before
                before.add(each["name"])


def test_routes_lead_to_the_api_alone(objects: list[Object]) -> None:
    """Umami has one of its own host, where it is switched on."""
    for each in (each for each in objects if each["kind"] in ("Ingress", "HTTPRoute")):
        backends = set(re.findall(r"'name': '(dolmetsch-[a-z-]+)'", str(each["spec"])))
        assert backends == {each["metadata"]["name"]}
        assert backends <= {"dolmetsch-api", "dolmetsch-umami"}


def test_routes_of_a_base_path_take_nothing_but_it() -> None:
    ingress = named(render("ingress"), "Ingress", "dolmetsch-api")
    (path,) = ingress["spec"]["rules"][0]["http"]["paths"]
    assert (path["path"], path["pathType"]) == ("/backend", "Prefix")
    route = named(render("httproute"), "HTTPRoute", "dolmetsch-api")
    (match,) = route["spec"]["rules"][0]["matches"]
    assert match["path"] == {"type": "PathPrefix", "value": "/backend"}
