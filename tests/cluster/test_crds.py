"""The CustomResourceDefinitions on a real API server: only that enforces what they say."""

import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pytest
import yaml

from dolmetsch_core.cluster import names
from dolmetsch_core.cluster.api import Cluster, Invalid
from dolmetsch_core.cluster.names import HOST_NAMESPACES
from tests.cluster.conftest import CRDS
from tests.cluster.control_plane import ControlPlane
from tests.cluster.tools import Kubectl

Json = dict[str, Any]
NAMESPACE = f"crds-{secrets.token_hex(4)}"
MISSING = object()
TIME = "2026-11-23T12:00:00Z"
CONDITION = {"type": "EngineReady", "status": "True", "reason": "Ready", "lastTransitionTime": TIME}
ENGINE = {
    "podName": "r1-e1",
    "podUID": "u",
    "address": "http://127.0.0.1:8100",
    "epoch": 1,
    "sourceLang": "en",
    "restart": 0,
}
ROOM = {"spec": {"roomId": "R1", "sourceLang": "en"}, "status": {}}
POOL: Json = {"spec": {}, "status": {}}
WORDS = {
    "minLength": "should be at least",
    "maxLength": "Too long",
    "minimum": "should be greater than or equal to",
    "maximum": "should be less than or equal to",
    "pattern": "should match",
    "enum": "Unsupported value",
    "required": "Required value",
    "maxItems": "Too many",
    "list-map": "Duplicate value",
    "format": "must be of type date-time",
    "nullable": "must be of type",
}
"""How the server tells that a rule is broken."""


@dataclass(frozen=True)
class Case:
    """A rule of a field, a value that keeps it and one that breaks it."""

    kind: str
    field: str
    rule: str
    keeps: object
    breaks: object

    @property
    def id(self) -> str:
        return f"{self.kind} {self.field} {self.rule}"


def between(kind: str, field: str, least: int, most: int) -> list[Case]:
    return [
        Case(kind, field, "minimum", least, least - 1),
        Case(kind, field, "maximum", most, most + 1),
    ]


def required(kind: str, field: str, value: object) -> Case:
    return Case(kind, field, "required", value, MISSING)


def times(kind: str, field: str) -> list[Case]:
    return [Case(kind, field, "format", TIME, "noon"), Case(kind, field, "nullable", None, 12)]


PHASES = ("Pending", "Starting", "Ready", "Active", "Recovering", "Draining", "Closed", "Failed")
CASES = [
    required("Room", "spec", ROOM["spec"]),
    required("Room", "spec.roomId", "R1"),
    Case("Room", "spec.roomId", "minLength", "R", ""),
    Case("Room", "spec.roomId", "maxLength", "R" * 200, "R" * 201),
    required("Room", "spec.sourceLang", "en"),
    Case("Room", "spec.sourceLang", "pattern", "yue", "en-GB"),
    Case("Room", "spec.title", "maxLength", "t" * 500, "t" * 501),
    Case("Room", "spec.owner", "maxLength", "o" * 200, "o" * 201),
    Case("Room", "spec.vocabulary", "maxItems", ["v"] * 200, ["v"] * 201),
    Case("Room", "spec.vocabulary[0]", "minLength", "v", ""),
    Case("Room", "spec.vocabulary[0]", "maxLength", "v" * 100, "v" * 101),
    *between("Room", "spec.closeAfterSeconds", 1, 86400),
    *between("Room", "spec.activationDeadlineSeconds", 1, 86400),
    *between("Room", "spec.activation", 1, 1_000_000),
    *between("Room", "spec.restart", 0, 1_000_000),
    *(
        Case("Room", f"spec.{each}", "nullable", None, "yes")
        for each in ("storeTranscript", "publicTranscript")
    ),
    *(Case("Room", "status.phase", "enum", phase, "Sleeping") for phase in PHASES),
    Case("Room", "status.delay", "enum", "late", "later"),
    Case("Room", "status.conditions[0].type", "enum", "Routable", "Happy"),
    Case("Room", "status.conditions[0].status", "enum", "False", "Unknown"),
    Case("Room", "status.conditions[0].reason", "enum", "NoCapacity", "Because"),
    Case("Room", "status.conditions[0].lastTransitionTime", "format", TIME, "noon"),
    *(required("Room", f"status.conditions[0].{field}", value) for field, value in CONDITION.items()),
    Case("Room", "status.conditions", "list-map", [CONDITION], [CONDITION, CONDITION]),
    Case("Room", "status.engine", "nullable", None, "r1-e1"),
    *(required("Room", f"status.engine.{field}", value) for field, value in ENGINE.items()),
    *times("Room", "status.host.since"),
    *times("Room", "status.closeAt"),
    *times("Room", "status.deadline"),
    *times("Room", "status.unplacedSince"),
    required("EnginePool", "spec", {}),
    Case("EnginePool", "spec.resourceName", "pattern", "amd.com/gpu", "no such/resource"),
    *between("EnginePool", "spec.perEngine", 1, 64),
    *between("EnginePool", "spec.warm", 0, 1000),
    *between("EnginePool", "spec.maxActiveRooms", 0, 10_000),
    *between("EnginePool", "spec.scheduleTimeoutSeconds", 1, 3600),
    *between("EnginePool", "spec.startTimeoutSeconds", 1, 7200),
    *between("EnginePool", "spec.rolloutGraceSeconds", 0, 604_800),
    Case("EnginePool", "spec.podSecurity", "enum", "unrestricted", "baseline"),
    *times("EnginePool", "status.templateSince"),
]
COUNTERS = ("activation", "restart")


@pytest.fixture(scope="module")
def held(control_plane: ControlPlane) -> Iterator[Kubectl]:
    """A namespace with one Room and one EnginePool, called `held`."""
    kubectl = Kubectl(control_plane.kubeconfig(namespace=NAMESPACE), NAMESPACE)
    kubectl("create", "namespace", NAMESPACE)
    for kind, base in (("Room", ROOM), ("EnginePool", POOL)):
        kubectl("create", "-f", "-", stdin=yaml.safe_dump(built(kind, {"spec": base["spec"]}, "held")))
    yield kubectl
    kubectl("delete", "namespace", NAMESPACE, "--wait=false")


def built(kind: str, parts: Mapping[str, Any], name: str) -> Json:
    return {"apiVersion": names.API_VERSION, "kind": kind, "metadata": {"name": name}, **parts}


def path_of(kind: str, name: str = "") -> str:
    return {"Room": names.rooms_path, "EnginePool": names.pools_path}[kind](NAMESPACE, name)


def with_value(case: Case, value: object) -> Json:
    """The least object of the kind, with this value in the case's field."""
    base = ROOM if case.kind == "Room" else POOL
    status: Json = {"conditions": [CONDITION], "engine": ENGINE} if case.kind == "Room" else {}
    found: Any = {"spec": {**base["spec"], "vocabulary": ["v"]}, "status": status}
    found = yaml.safe_load(yaml.safe_dump(found))
    place, (*way, last) = found, case.field.replace("[0]", ".0").split(".")
    for step in way:
        place = place[int(step)] if step.isdigit() else place.setdefault(step, {})
    if value is MISSING:
        del place[last]
    else:
        place[int(last) if last.isdigit() else last] = value
    return built(case.kind, found, "tried")


async def write(admin: Cluster, case: Case, value: object) -> None:
    """Have the server judge it, without storing anything."""
    obj = with_value(case, value)
    if case.field.startswith("spec"):
        await admin.create(f"{path_of(case.kind)}?dryRun=All", obj)
    else:
        present = await admin.get(path_of(case.kind, "held"))
        await admin.replace(
            f"{path_of(case.kind, 'held')}/status?dryRun=All", present | {"status": obj["status"]}
        )


@pytest.mark.usefixtures("held")
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
async def test_value_that_keeps_the_rule_is_accepted(admin: Cluster, case: Case) -> None:
    await write(admin, case, case.keeps)


@pytest.mark.usefixtures("held")
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
async def test_value_that_breaks_the_rule_is_rejected_by_name(admin: Cluster, case: Case) -> None:
    with pytest.raises(Invalid) as refused:
        await write(admin, case, case.breaks)
    assert case.field in str(refused.value)
    assert WORDS[case.rule] in str(refused.value)


def test_every_rule_of_the_schemas_has_a_case() -> None:
    crds = [yaml.safe_load((CRDS / name).read_text()) for name in ("rooms.yaml", "enginepools.yaml")]
    rules = {
        f"{crd['spec']['names']['kind']} {field} {rule}"
        for crd in crds
        for field, rule in rules_of(crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"])
    }
    changes = {f"Room spec.{field} x-kubernetes-validations" for field in ("roomId", *COUNTERS)}
    together = {"EnginePool spec x-kubernetes-validations"}
    assert rules == {case.id for case in CASES} | changes | together


def rules_of(schema: Json, field: str = "") -> Iterator[tuple[str, str]]:
    """All constraints, with the fields that they are on."""
    for rule in (*WORDS, "x-kubernetes-validations"):
        if rule in schema and rule != "required":
            yield field, rule
    if schema.get("x-kubernetes-list-type") == "map":
        yield field, "list-map"
    prefix = f"{field}." if field else ""
    yield from ((f"{prefix}{name}", "required") for name in schema.get("required", []))
    for name, child in schema.get("properties", {}).items():
        yield from rules_of(child, f"{prefix}{name}")
    if "items" in schema:
        yield from rules_of(schema["items"], f"{field}[0]")


async def test_room_id_is_immutable(admin: Cluster, held: Kubectl) -> None:
    path = path_of("Room", "held")
    await admin.merge(path, {"spec": {"roomId": "R1"}})
    with pytest.raises(Invalid, match=r"spec\.roomId.*immutable: delete the Room and create another one"):
        await admin.merge(path, {"spec": {"roomId": "R2"}})


@pytest.mark.parametrize("counter", COUNTERS)
async def test_counter_rises_and_never_falls(admin: Cluster, namespace: str, counter: str) -> None:
    spec = {**ROOM["spec"], counter: 3}
    await admin.create(names.rooms_path(namespace), built("Room", {"spec": spec}, "r1"))
    path = names.rooms_path(namespace, "r1")
    await admin.merge(path, {"spec": {counter: 4}})
    with pytest.raises(Invalid, match=rf"spec\.{counter}.*counts up and never falls"):
        await admin.merge(path, {"spec": {counter: 3}})


@pytest.mark.parametrize("field", HOST_NAMESPACES)
async def test_a_pool_has_to_say_that_its_engines_share_the_hosts_namespaces(
    admin: Cluster, namespace: str, field: str
) -> None:
    path = f"{names.pools_path(namespace)}?dryRun=All"

    async def write(spec: Json) -> Json:
        return await admin.create(path, built("EnginePool", {"spec": spec}, names.POOL))

    asks: Json = {"template": {"spec": {field: True}}}
    for spec in (asks, {"podSecurity": "restricted", **asks}):
        with pytest.raises(Invalid, match=rf"spec: .*{field}.* need podSecurity: unrestricted"):
            await write(spec)
    assert (await write({"podSecurity": "unrestricted", **asks}))["spec"]["template"] == asks["template"]
    assert (await write({"template": {"spec": {field: False}}}))["spec"]["podSecurity"] == "restricted"
    await write({"template": {}})


@pytest.mark.parametrize("crd", ["rooms.dolmetsch.dev", "enginepools.dolmetsch.dev"])
async def test_definition_is_structural_and_established(admin: Cluster, crd: str) -> None:
    found = await admin.get(f"/apis/apiextensions.k8s.io/v1/customresourcedefinitions/{crd}")
    told = {each["type"]: each["status"] for each in found["status"]["conditions"]}
    assert told["Established"] == told["NamesAccepted"] == "True"
    assert "NonStructuralSchema" not in told
    assert "KubernetesAPIApprovalPolicyConformant" not in told


async def test_spec_and_status_are_written_apart(admin: Cluster, namespace: str) -> None:
    made = built("Room", {"spec": ROOM["spec"], "status": {"phase": "Active"}}, "r1")
    stored = await admin.create(names.rooms_path(namespace), made)
    assert "status" not in stored

    path = names.rooms_path(namespace, "r1")
    both = {"spec": {"title": "new"}, "status": {"phase": "Active"}}
    by_status = await admin.merge(f"{path}/status", both)
    assert (by_status["spec"]["title"], by_status["status"]["phase"]) == ("", "Active")
    by_spec = await admin.merge(path, {"spec": {"title": "new"}, "status": {"phase": "Closed"}})
    assert (by_spec["spec"]["title"], by_spec["status"]["phase"]) == ("new", "Active")


async def test_generation_counts_changes_of_the_spec_alone(admin: Cluster, namespace: str) -> None:
    await admin.create(names.rooms_path(namespace), built("Room", {"spec": ROOM["spec"]}, "r1"))
    path = names.rooms_path(namespace, "r1")
    by_status = await admin.merge(f"{path}/status", {"status": {"phase": "Active"}})
    assert by_status["metadata"]["generation"] == 1
    by_spec = await admin.merge(path, {"spec": {"title": "new"}})
    assert by_spec["metadata"]["generation"] == 2


async def test_missing_fields_get_their_defaults(admin: Cluster, namespace: str) -> None:
    made = await admin.create(names.rooms_path(namespace), built("Room", {"spec": ROOM["spec"]}, "r1"))
    assert (made["spec"]["closeAfterSeconds"], made["spec"]["activation"]) == (300, 1)


async def test_a_consent_that_nobody_was_asked_for_stays_open(admin: Cluster, namespace: str) -> None:
    made = await admin.create(names.rooms_path(namespace), built("Room", {"spec": ROOM["spec"]}, "r1"))
    assert "storeTranscript" not in made["spec"]


async def test_unknown_field_is_pruned(admin: Cluster, namespace: str) -> None:
    odd = built("Room", {"spec": {**ROOM["spec"], "sampleRate": 8000}}, "r1")
    assert "sampleRate" not in (await admin.create(names.rooms_path(namespace), odd))["spec"]


async def test_template_of_a_pool_keeps_what_a_pod_may_have(admin: Cluster, namespace: str) -> None:
    template = {"metadata": {"labels": {"a": "b"}}, "spec": {"nodeSelector": {"accelerator": "nvidia"}}}
    pool = built("EnginePool", {"spec": {"template": template}}, "default")
    assert (await admin.create(names.pools_path(namespace), pool))["spec"]["template"] == template
