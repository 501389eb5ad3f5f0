"""What a template may not ask for while its pool's podSecurity is `restricted`. Pure.

These are the rules of the Pod Security Standard of that name as of Kubernetes 1.36. Three are stricter: an
engine gets no files from Secrets, and no token or certificate for the API server; root is refused with
`hostUsers: false` too, which older clusters drop unseen; Windows is no exception.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from dolmetsch_core.cluster import names

Object = dict[str, Any]
CONTAINERS = ("containers", "initContainers", "ephemeralContainers")
PROFILES = ("RuntimeDefault", "Localhost")
"""Of seccomp and AppArmor."""
APPARMOR_ANNOTATION = "container.apparmor.security.beta.kubernetes.io/"
SELINUX_TYPES = ("", "container_t", "container_init_t", "container_kvm_t", "container_engine_t")
VOLUMES = (
    "configMap",
    "csi",
    "downwardAPI",
    "emptyDir",
    "ephemeral",
    "image",
    "persistentVolumeClaim",
    "projected",
)
PROJECTED = ("configMap", "downwardAPI", "clusterTrustBundle")
SYSCTLS = (
    "kernel.shm_rmid_forced",
    "net.ipv4.ip_local_port_range",
    "net.ipv4.ip_local_reserved_ports",
    "net.ipv4.ip_unprivileged_port_start",
    "net.ipv4.ping_group_range",
    "net.ipv4.tcp_fin_timeout",
    "net.ipv4.tcp_keepalive_intvl",
    "net.ipv4.tcp_keepalive_probes",
    "net.ipv4.tcp_keepalive_time",
    "net.ipv4.tcp_rmem",
    "net.ipv4.tcp_syncookies",
    "net.ipv4.tcp_wmem",
)


@dataclass(frozen=True)
class Field:
    """A part of a pod, with the path by which the pool's author knows it. What is not set is None."""

    path: str
    value: Any

    def __getitem__(self, name: str) -> "Field":
        value = self.value.get(name) if isinstance(self.value, dict) else None
        return Field(f"{self.path}.{name}", value)

    @property
    def items(self) -> Iterator["Field"]:
        """A list's items, called by their names where they have one."""
        for index, item in enumerate(self.value if isinstance(self.value, list) else ()):
            name = item.get("name", index) if isinstance(item, dict) else index
            yield Field(f"{self.path}[{name}]", item)

    @property
    def names(self) -> tuple[str, ...]:
        """Which fields of an object are set."""
        fields = self.value if isinstance(self.value, dict) else {}
        return tuple(name for name, value in fields.items() if value is not None)


def refusals(pod: Object) -> list[str]:
    """Return what is refused of a pod: the paths in the pool, and what has to be there."""
    spec = Field("spec.template.spec", pod["spec"])
    found = [
        *_of_pod(spec),
        *_of_annotations(Field("spec.template.metadata", pod["metadata"])["annotations"]),
    ]
    for kind in CONTAINERS:
        for container in spec[kind].items:
            found += _of_container(container, spec["securityContext"])
    return found


def _of_pod(spec: Field) -> Iterator[str]:
    for namespace in names.HOST_NAMESPACES:
        yield from _one_of(spec[namespace], False)
    yield from _of_context(spec["securityContext"])
    for sysctl in spec["securityContext"]["sysctls"].items:
        yield from _one_of(sysctl["name"], *SYSCTLS)
    for volume in spec["volumes"].items:
        yield from _kinds(volume, "name", *VOLUMES)
        for source in volume["projected"]["sources"].items:
            yield from _kinds(source, *PROJECTED)


def _of_annotations(annotations: Field) -> Iterator[str]:
    for name in annotations.names:
        value = str(annotations[name].value)
        if name.startswith(APPARMOR_ANNOTATION) and not value.startswith("localhost/"):
            profile = Field(f"{annotations.path}[{name}]", value)
            yield from _one_of(profile, "", "runtime/default")


def _of_container(container: Field, of_pod: Field) -> Iterator[str]:
    context = container["securityContext"]
    yield from _one_of(context["privileged"], False)
    yield from _one_of(context["procMount"], "Default")
    yield from _has_to_be(context["allowPrivilegeEscalation"], False)
    yield from _of_capabilities(context["capabilities"])
    yield from _of_context(context)
    # A container may leave these two to its pod, but one of both has to say them.
    if of_pod["runAsNonRoot"].value is None:
        yield from _has_to_be(context["runAsNonRoot"], True)
    if of_pod["seccompProfile"].value is None and context["seccompProfile"].value is None:
        yield from _has_to_be(context["seccompProfile"]["type"], *PROFILES)
    for port in container["ports"].items:
        yield from _one_of(port["hostPort"], 0)
    yield from _of_calls(container)


def _of_capabilities(capabilities: Field) -> Iterator[str]:
    if "ALL" not in (each.value for each in capabilities["drop"].items):
        yield f"{capabilities['drop'].path} has to have ALL"
    for added in capabilities["add"].items:
        yield from _one_of(added, "NET_BIND_SERVICE")


def _of_context(context: Field) -> Iterator[str]:
    """Rules that pods and containers share."""
    yield from _one_of(context["runAsNonRoot"], True)
    if context["runAsUser"].value == 0:
        yield f"{context['runAsUser'].path} has to be another user than root"
    for profile in (context["seccompProfile"], context["appArmorProfile"]):
        if profile.value is not None:
            yield from _has_to_be(profile["type"], *PROFILES)
    selinux = context["seLinuxOptions"]
    yield from _one_of(selinux["type"], *SELINUX_TYPES)
    yield from _one_of(selinux["user"], "")
    yield from _one_of(selinux["role"], "")
    yield from _one_of(context["windowsOptions"]["hostProcess"], False)


def _of_calls(container: Field) -> Iterator[str]:
    """Probes and hooks call the pod itself: the kubelet would call any other host for it."""
    probes = (container[f"{kind}Probe"] for kind in ("liveness", "readiness", "startup"))
    hooks = (container["lifecycle"][when] for when in ("postStart", "preStop"))
    for call in (*probes, *hooks):
        for kind in ("httpGet", "tcpSocket"):
            yield from _one_of(call[kind]["host"], "")


def _one_of(field: Field, *allowed: object) -> Iterator[str]:
    """A field that may be left out."""
    if field.value is not None:
        yield from _has_to_be(field, *allowed)


def _has_to_be(field: Field, *allowed: object) -> Iterator[str]:
    if field.value not in allowed:
        words = (str(each).lower() if isinstance(each, bool) else str(each) for each in allowed if each != "")
        yield f"{field.path} has to be {' or '.join(words) or 'left out'}"


def _kinds(field: Field, *allowed: str) -> Iterator[str]:
    """An object that is one of several kinds, by which of its fields is set."""
    for name in field.names:
        if name not in allowed:
            yield f"{field[name].path} has to be left out"
