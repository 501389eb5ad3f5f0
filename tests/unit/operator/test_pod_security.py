"""What a pool's template may not ask for, field by field.

`tests/cluster/test_pod_security.py` holds the same tables against the API server's own judgement.
"""

from typing import Any

import pytest

from dolmetsch_core.wire.room import EnginePoolSpec, PodSecurity
from dolmetsch_operator.pod_security import SYSCTLS, refusals
from dolmetsch_operator.pods import PodMaker, TemplateUnusable

Json = dict[str, Any]
IMAGE = "engine:1"
SPEC = "spec.template.spec"
ENGINE = f"{SPEC}.containers[engine]"
CONTEXT = f"{ENGINE}.securityContext"
APPARMOR = "container.apparmor.security.beta.kubernetes.io/engine"


def pod(**fields: Any) -> Json:
    return {"spec": {"containers": [{"name": "engine", "image": IMAGE}], **fields}}


def engine(**fields: Any) -> Json:
    return pod(containers=[{"name": "engine", "image": IMAGE, **fields}])


def context(**fields: Any) -> Json:
    return engine(securityContext=fields)


def fetching(**fields: Any) -> Json:
    """With an init container that brings the model."""
    return pod(initContainers=[{"name": "fetch", "image": "fetch:1", **fields}])


def volume(**source: Any) -> Json:
    return pod(volumes=[{"name": "models", **source}])


def projected(**source: Any) -> Json:
    return volume(projected={"sources": [source]})


FALSE, LEFT_OUT = "has to be false", "has to be left out"
PROFILES = "has to be RuntimeDefault or Localhost"
ROOT = "has to be another user than root"
REFUSED: dict[str, tuple[Json, list[str]]] = {
    "host network": (pod(hostNetwork=True), [f"{SPEC}.hostNetwork {FALSE}"]),
    "host processes": (pod(hostPID=True), [f"{SPEC}.hostPID {FALSE}"]),
    "host memory": (pod(hostIPC=True), [f"{SPEC}.hostIPC {FALSE}"]),
    "privileged": (
        context(privileged=True, allowPrivilegeEscalation=None),
        [f"{CONTEXT}.privileged {FALSE}", f"{CONTEXT}.allowPrivilegeEscalation {FALSE}"],
    ),
    "escalation": (
        context(allowPrivilegeEscalation=True),
        [f"{CONTEXT}.allowPrivilegeEscalation {FALSE}"],
    ),
    "no word of escalation": (
        context(allowPrivilegeEscalation=None),
        [f"{CONTEXT}.allowPrivilegeEscalation {FALSE}"],
    ),
    "capability": (
        context(capabilities={"add": ["NET_BIND_SERVICE", "SYS_ADMIN"]}),
        [f"{CONTEXT}.capabilities.add[1] has to be NET_BIND_SERVICE"],
    ),
    "kept capabilities": (
        context(capabilities=None),
        [f"{CONTEXT}.capabilities.drop has to have ALL"],
    ),
    "procMount": (
        pod(
            hostUsers=False,
            containers=[{"name": "engine", "image": IMAGE, "securityContext": {"procMount": "Unmasked"}}],
        ),
        [f"{CONTEXT}.procMount has to be Default"],
    ),
    "root": (pod(securityContext={"runAsUser": 0}), [f"{SPEC}.securityContext.runAsUser {ROOT}"]),
    "root in the engine": (context(runAsUser=0), [f"{CONTEXT}.runAsUser {ROOT}"]),
    "any user": (
        pod(securityContext={"runAsNonRoot": False}),
        [f"{SPEC}.securityContext.runAsNonRoot has to be true"],
    ),
    "any user in the engine": (context(runAsNonRoot=False), [f"{CONTEXT}.runAsNonRoot has to be true"]),
    "no word of users": (
        pod(securityContext={"runAsNonRoot": None}),
        [f"{CONTEXT}.runAsNonRoot has to be true"],
    ),
    "seccomp": (
        pod(securityContext={"seccompProfile": {"type": "Unconfined"}}),
        [f"{SPEC}.securityContext.seccompProfile.type {PROFILES}"],
    ),
    "seccomp of the engine": (
        context(seccompProfile={"type": "Unconfined"}),
        [f"{CONTEXT}.seccompProfile.type {PROFILES}"],
    ),
    "no word of seccomp": (
        pod(securityContext={"seccompProfile": None}),
        [f"{CONTEXT}.seccompProfile.type {PROFILES}"],
    ),
    "AppArmor": (
        context(appArmorProfile={"type": "Unconfined"}),
        [f"{CONTEXT}.appArmorProfile.type {PROFILES}"],
    ),
    "AppArmor by annotation": (
        engine() | {"metadata": {"annotations": {APPARMOR: "unconfined"}}},
        [f"spec.template.metadata.annotations[{APPARMOR}] has to be runtime/default"],
    ),
    "SELinux type": (
        pod(securityContext={"seLinuxOptions": {"type": "spc_t"}}),
        [
            f"{SPEC}.securityContext.seLinuxOptions.type has to be "
            "container_t or container_init_t or container_kvm_t or container_engine_t"
        ],
    ),
    "SELinux user": (
        context(seLinuxOptions={"user": "system_u"}),
        [f"{CONTEXT}.seLinuxOptions.user {LEFT_OUT}"],
    ),
    "SELinux role": (
        context(seLinuxOptions={"role": "system_r"}),
        [f"{CONTEXT}.seLinuxOptions.role {LEFT_OUT}"],
    ),
    "sysctl": (
        pod(securityContext={"sysctls": [{"name": "kernel.msgmax", "value": "1"}]}),
        [f"{SPEC}.securityContext.sysctls[kernel.msgmax].name has to be {' or '.join(SYSCTLS)}"],
    ),
    "hostPath": (volume(hostPath={"path": "/"}), [f"{SPEC}.volumes[models].hostPath {LEFT_OUT}"]),
    "NFS": (
        volume(nfs={"server": "files", "path": "/"}),
        [f"{SPEC}.volumes[models].nfs {LEFT_OUT}"],
    ),
    "host port": (
        engine(ports=[{"name": "engine", "containerPort": 8100, "hostPort": 8100}]),
        [f"{ENGINE}.ports[engine].hostPort has to be 0"],
    ),
    "probe of another host": (
        engine(livenessProbe={"httpGet": {"host": "metadata"}}),
        [f"{ENGINE}.livenessProbe.httpGet.host {LEFT_OUT}"],
    ),
    "hook to another host": (
        engine(lifecycle={"preStop": {"httpGet": {"host": "metadata", "port": 80}}}),
        [f"{ENGINE}.lifecycle.preStop.httpGet.host {LEFT_OUT}"],
    ),
    "privileged init container": (
        fetching(securityContext={"privileged": True, "allowPrivilegeEscalation": True}),
        [
            f"{SPEC}.initContainers[fetch].securityContext.privileged {FALSE}",
            f"{SPEC}.initContainers[fetch].securityContext.allowPrivilegeEscalation {FALSE}",
        ],
    ),
    "root beside the engine": (
        pod(
            containers=[
                {"name": "engine", "image": IMAGE},
                {"name": "log", "image": "log:1", "securityContext": {"runAsUser": 0}},
            ]
        ),
        [f"{SPEC}.containers[log].securityContext.runAsUser {ROOT}"],
    ),
}
"""Templates that the standard refuses, and what is said of them."""
NOT_MADE_AT_ALL: dict[str, tuple[Json, list[str]]] = {
    "Windows host process": (
        pod(securityContext={"windowsOptions": {"hostProcess": True}}),
        [f"{SPEC}.securityContext.windowsOptions.hostProcess {FALSE}"],
    ),
    "added later": (
        pod(ephemeralContainers=[{"name": "debug", "image": "debug:1"}]),
        [
            f"{SPEC}.ephemeralContainers[debug].securityContext.allowPrivilegeEscalation {FALSE}",
            f"{SPEC}.ephemeralContainers[debug].securityContext.capabilities.drop has to have ALL",
        ],
    ),
}
"""Templates that make no valid pod of Linux either."""
STRICTER: dict[str, tuple[Json, list[str]]] = {
    "Secret as files": (
        volume(secret={"secretName": "keys"}),
        [f"{SPEC}.volumes[models].secret {LEFT_OUT}"],
    ),
    "Secret among files": (
        projected(secret={"name": "keys"}),
        [f"{SPEC}.volumes[models].projected.sources[0].secret {LEFT_OUT}"],
    ),
    "service account token": (
        projected(serviceAccountToken={"path": "token"}),
        [f"{SPEC}.volumes[models].projected.sources[0].serviceAccountToken {LEFT_OUT}"],
    ),
    "certificate for the API server": (
        projected(
            podCertificate={
                "signerName": "kubernetes.io/kube-apiserver-client-pod",
                "keyType": "ED25519",
                "credentialBundlePath": "bundle.pem",
            }
        ),
        [f"{SPEC}.volumes[models].projected.sources[0].podCertificate {LEFT_OUT}"],
    ),
    "root in a user namespace": (
        pod(hostUsers=False, securityContext={"runAsUser": 0, "runAsNonRoot": False}),
        [
            f"{SPEC}.securityContext.runAsNonRoot has to be true",
            f"{SPEC}.securityContext.runAsUser {ROOT}",
        ],
    ),
}
"""Templates that the standard lets through."""
TAKEN: dict[str, Json] = {
    "the least": pod(),
    "a model fetched into a volume that stays": pod(
        initContainers=[
            {
                "name": "fetch",
                "image": "fetch:1",
                "env": [
                    {"name": "TOKEN", "valueFrom": {"secretKeyRef": {"name": "hub", "key": "token"}}},
                ],
                "volumeMounts": [{"name": "models", "mountPath": "/models"}],
            }
        ],
        containers=[
            {
                "name": "engine",
                "image": IMAGE,
                "volumeMounts": [{"name": "models", "mountPath": "/models", "readOnly": True}],
            }
        ],
        volumes=[{"name": "models", "persistentVolumeClaim": {"claimName": "models"}}],
    ),
    "variables from Secrets": engine(envFrom=[{"secretRef": {"name": "store"}}]),
    "files of settings": projected(configMap={"name": "settings"}),
    "a volume without a source": volume(),
    "a model as an image": volume(image={"reference": "models:1"}),
    "a port under 1024": context(capabilities={"add": ["NET_BIND_SERVICE"]}),
    "another user": pod(securityContext={"runAsUser": 1000, "fsGroup": 1000}),
    "words of its own": pod(
        securityContext={"runAsNonRoot": None, "seccompProfile": None},
        containers=[
            {
                "name": "engine",
                "image": IMAGE,
                "securityContext": {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}},
            }
        ],
    ),
    "a root that can be written": context(readOnlyRootFilesystem=False),
    "a container beside the engine": pod(
        containers=[{"name": "engine", "image": IMAGE}, {"name": "log", "image": "log:1"}]
    ),
    "safe sysctl": pod(securityContext={"sysctls": [{"name": "net.ipv4.tcp_keepalive_time", "value": "60"}]}),
    "profiles of the node": context(
        seccompProfile={"type": "Localhost", "localhostProfile": "engine.json"},
        appArmorProfile={"type": "Localhost", "localhostProfile": "engine"},
    ),
    "SELinux as it is meant": pod(securityContext={"seLinuxOptions": {"level": "s0:c1,c2"}}),
}
"""Templates that the standard and the operator let through."""


def maker(template: Json, security: PodSecurity = PodSecurity.RESTRICTED) -> PodMaker:
    pool = EnginePoolSpec(template=template, pod_security=security)
    return PodMaker(pool, pool_uid="pool-uid", namespace="talks", public_key="PEM")


def unrestricted(template: Json) -> Json:
    """The pod of a template that is taken as it is."""
    return maker(template, PodSecurity.UNRESTRICTED).warm("x")


@pytest.mark.parametrize("case", [*REFUSED, *NOT_MADE_AT_ALL, *STRICTER])
def test_a_template_that_is_not_restricted_is_refused_with_fields_and_remedy(case: str) -> None:
    template, expected = (REFUSED | NOT_MADE_AT_ALL | STRICTER)[case]
    assert refusals(unrestricted(template)) == expected
    with pytest.raises(TemplateUnusable) as refused:
        maker(template).warm("x")
    assert str(refused.value) == (
        f"{'; '.join(expected)}. A pool whose engines need this says spec.podSecurity: unrestricted"
    )


@pytest.mark.parametrize("case", TAKEN)
def test_a_template_that_keeps_to_the_standard_makes_the_same_pod_with_and_without_the_check(
    case: str,
) -> None:
    assert refusals(unrestricted(TAKEN[case])) == []
    assert maker(TAKEN[case]).warm("x") == unrestricted(TAKEN[case])


@pytest.mark.parametrize("kind", ["containers", "initContainers"])
def test_containers_beside_and_before_the_engine_are_as_little_free_as_it_is(kind: str) -> None:
    other = {"name": "other", "image": "other:1", "securityContext": {"readOnlyRootFilesystem": False}}
    engine = {"name": "engine", "image": IMAGE}
    template = {"containers": [engine], "initContainers": [other]}
    template = template if kind == "initContainers" else {"containers": [engine, other]}
    spec = maker({"spec": template}).warm("x")["spec"]
    assert spec[kind][-1]["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": False,
        "capabilities": {"drop": ["ALL"]},
    }
    assert "resources" not in spec[kind][-1], "the GPU is the engine's"


def test_what_a_later_release_calls_a_pools_security_opens_nothing() -> None:
    pool = EnginePoolSpec.model_validate({"podSecurity": "baseline", "template": pod(hostNetwork=True)})
    with pytest.raises(TemplateUnusable, match="hostNetwork"):
        PodMaker(pool, pool_uid="pool-uid", namespace="talks").warm("x")


@pytest.mark.parametrize(
    "spec",
    [
        {"initContainers": "fetch"},
        {"initContainers": [1]},
        {"containers": [{"name": "engine", "image": IMAGE}, 1]},
    ],
)
def test_containers_that_are_none_make_no_pod(spec: Json) -> None:
    with pytest.raises(TemplateUnusable, match=r"expected instead|form of a pod"):
        maker({"spec": {"containers": [{"name": "engine", "image": IMAGE}], **spec}}).warm("x")
