"""`helm install`, `upgrade` and `uninstall` on a real API server, without nodes."""

import base64
import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import pytest

from dolmetsch_core.tokens import EngineKey
from dolmetsch_operator.lease import NAME
from tests.chart.rendering import CHART, CRDS_CHART, RELEASE, values_of
from tests.cluster.control_plane import ControlPlane
from tests.cluster.tools import Kubectl, ToolFailed, helm
from tests.cluster.waiting import PATIENCE_S, wait_for

ADOPT = ("--set", "adopt=true", "--take-ownership", "--force-conflicts")
ROOM = {
    "apiVersion": "dolmetsch.dev/v1alpha1",
    "kind": "Room",
    "metadata": {"name": "r1", "finalizers": ["dolmetsch.dev/drain"]},
    "spec": {"roomId": "R1", "sourceLang": "en"},
}
SMALL = values_of("no-translation")
"""Half as many objects, for tests of a single one."""
SECRETS = ("logins", "engine-key", "valkey", "postgresql")


class Helm:
    """Helm as admin in a test's namespace."""

    def __init__(self, kubectl: Kubectl) -> None:
        self._where = ("--kubeconfig", str(kubectl.kubeconfig), "-n", kubectl.namespace)

    def __call__(self, *arguments: str) -> str:
        return helm(*arguments, *self._where)


@pytest.fixture
def run(kubectl: Kubectl) -> Helm:
    """`run("install", ...)`."""
    return Helm(kubectl)


def secret(kubectl: Kubectl, name: str) -> dict[str, str]:
    data = json.loads(kubectl("get", "secret", f"{RELEASE}-{name}", "-o", "json"))["data"]
    return {key: base64.b64decode(value).decode() for key, value in data.items()}


def test_passwords_and_keys_are_made_once_and_kept_over_upgrades(kubectl: Kubectl, run: Helm) -> None:
    run("install", RELEASE, str(CHART))
    made = {name: secret(kubectl, name) for name in SECRETS}
    assert len(made["logins"]["host-password"]) == 16
    assert len(made["logins"]["signing-key"]) >= 32
    EngineKey.from_pem(made["engine-key"]["engine-key"])
    run("upgrade", RELEASE, str(CHART), *values_of("autoscaling"))
    assert {name: secret(kubectl, name) for name in SECRETS} == made
    run("rollback", RELEASE, "1")
    assert {name: secret(kubectl, name) for name in SECRETS} == made


def test_the_archive_s_password_outlives_the_release_as_its_volume_does(kubectl: Kubectl, run: Helm) -> None:
    run("install", RELEASE, str(CHART), *SMALL)
    made = secret(kubectl, "postgresql")
    run("uninstall", RELEASE, "--no-hooks")
    left = kubectl("get", "secrets,deployments,statefulsets,services,roles", "-o", "name")
    assert left.split() == [f"secret/{RELEASE}-postgresql"]
    run("install", RELEASE, str(CHART), *SMALL)
    assert secret(kubectl, "postgresql") == made


def test_notes_say_what_is_missing_on_a_cluster_without_gpus_routes_and_storage(run: Helm) -> None:
    said = run("install", RELEASE, str(CHART))
    assert "No node has nvidia.com/gpu now" in said
    assert "No route: " in said
    assert "This cluster has no storage class" in said
    assert f"get secret {RELEASE}-logins" in said


def test_notes_name_secrets_that_do_not_exist(run: Helm) -> None:
    said = run("install", RELEASE, str(CHART), *values_of("restricted"))
    for name in ("logins", "engine-key", "valkey", "postgresql"):
        assert f"The Secret {name} does not exist" in said


def test_a_second_release_in_one_namespace_is_refused(run: Helm) -> None:
    run("install", RELEASE, str(CHART), *SMALL)
    with pytest.raises(ToolFailed, match="a namespace holds one"):
        run("install", "another", str(CHART))


def test_two_releases_of_one_name_in_two_namespaces_do_not_meet(kubectl: Kubectl, run: Helm) -> None:
    run("install", RELEASE, str(CHART), *values_of("gpu-sharing"))
    other = f"{kubectl.namespace}-b"
    elsewhere = ("--kubeconfig", str(kubectl.kubeconfig), "-n", other)
    kubectl("create", "namespace", other)
    try:
        helm("install", RELEASE, str(CHART), *values_of("gpu-sharing"), *elsewhere)
        helm("uninstall", RELEASE, "--no-hooks", *elsewhere)
    finally:
        kubectl("delete", "namespace", other, "--wait=false")
    assert kubectl("get", "clusterrole", f"{RELEASE}-{kubectl.namespace}-nodes", "-o", "name")


def test_a_pool_that_a_person_made_is_left_alone(kubectl: Kubectl, run: Helm) -> None:
    kubectl("apply", "-f", str(CHART.parent.parent / "crds" / "examples" / "enginepool.yaml"))
    with pytest.raises(ToolFailed, match=r"set engine\.pool\.create=false"):
        run("install", RELEASE, str(CHART))
    without_pool = ("--set", "engine.pool.create=false")
    run("install", RELEASE, str(CHART), *SMALL, *without_pool)
    with pytest.raises(ToolFailed, match="a namespace holds one"):
        run("install", "another", str(CHART), *without_pool)
    run("uninstall", RELEASE, "--no-hooks")
    assert kubectl("get", "enginepool", "default", "-o", "name")


def test_another_size_of_a_volume_is_refused_with_what_to_do(run: Helm) -> None:
    run("install", RELEASE, str(CHART), *SMALL)
    with pytest.raises(ToolFailed, match=r"enlarge the claims .* --cascade=orphan"):
        run("upgrade", RELEASE, str(CHART), *SMALL, "--set", "postgresql.volume.size=20Gi")


def test_kinds_of_another_release_are_left_alone_when_they_are_as_new(kubectl: Kubectl, run: Helm) -> None:
    said = run("install", "kinds", str(CRDS_CHART))
    assert said.count("it was left as it is") == 2
    run("upgrade", "kinds", str(CRDS_CHART))
    run("uninstall", "kinds")
    assert kubectl("get", "crd", "rooms.dolmetsch.dev", "enginepools.dolmetsch.dev", "-o", "name")


def test_kinds_of_an_older_release_are_refused_or_adopted(
    control_plane: ControlPlane, kubectl: Kubectl, run: Helm
) -> None:
    kinds = ("rooms.dolmetsch.dev", "enginepools.dolmetsch.dev")
    kubectl("annotate", "--overwrite", "crd", *kinds, "dolmetsch.dev/crds-version=0.0.9")
    try:
        with pytest.raises(ToolFailed, match=r'belongs to the release "kinds" in the namespace "default"'):
            run("install", "other-kinds", str(CRDS_CHART))
        run("install", "other-kinds", str(CRDS_CHART), *ADOPT)
    finally:
        # The other tests' release takes them back.
        owner = ("--kubeconfig", str(control_plane.kubeconfig()), "-n", "default")
        helm("upgrade", "kinds", str(CRDS_CHART), *ADOPT, *owner)
    run("uninstall", "other-kinds", "--no-hooks")
    assert kubectl("get", "crd", *kinds, "-o", "name")


def test_uninstall_closes_rooms_first_without_an_operator_and_with_its_own_rights_alone(
    control_plane: ControlPlane, kubectl: Kubectl, run: Helm
) -> None:
    run("install", RELEASE, str(CHART), "--set", "uninstall.waitSeconds=1")
    kubectl("create", "-f", "-", stdin=json.dumps(ROOM))
    with ThreadPoolExecutor(1) as thread:
        uninstalling = thread.submit(run, "uninstall", RELEASE)
        pod = _pod_of_the_hook(kubectl)
        # No node runs it: the test does what a kubelet would.
        said = _run_as_process(control_plane, kubectl, pod["spec"]["containers"][0]["command"])
        assert "cut off: r1" in said
        assert not kubectl("get", "rooms", "-o", "name").strip()
        replicas = kubectl("get", "deployment", f"{RELEASE}-api", "-o", "jsonpath={.spec.replicas}")
        places = kubectl("get", "enginepool", "default", "-o", "jsonpath={.spec.maxActiveRooms}")
        assert (replicas, places) == ("0", "0")
        account = f"system:serviceaccount:{kubectl.namespace}:{RELEASE}-uninstall"
        for forbidden in ("get secrets", "list pods", "create pods"):
            with pytest.raises(ToolFailed):
                kubectl("auth", "can-i", *forbidden.split(), f"--as={account}")
        _succeed(kubectl, pod["metadata"]["name"])
        uninstalling.result()
    kinds = "secrets,deployments,statefulsets,services,jobs,roles,networkpolicies,enginepools,leases"
    assert kubectl("get", kinds, "-o", "name").split() == [f"secret/{RELEASE}-postgresql"]


def _pod_of_the_hook(kubectl: Kubectl) -> Any:
    """Helm makes the Job in `uninstall`, a controller the Job's pod, in a namespace that enforces."""
    chosen = ("get", "pods", "-l", f"app.kubernetes.io/name={RELEASE}-uninstall", "-o", "json")
    wait_for(lambda: bool(json.loads(kubectl(*chosen))["items"]), "the hook's pod is there")
    (pod,) = json.loads(kubectl(*chosen))["items"]
    return pod


def _run_as_process(control_plane: ControlPlane, kubectl: Kubectl, command: list[str]) -> str:
    token = kubectl("create", "token", f"{RELEASE}-uninstall").strip()
    kubeconfig = control_plane.kubeconfig("uninstall", namespace=kubectl.namespace, token=token)
    done = subprocess.run(
        [sys.executable, *command[1:]],
        env={"KUBECONFIG": str(kubeconfig), "PATH": ""},
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def _succeed(kubectl: Kubectl, pod: str) -> None:
    patch = json.dumps({"status": {"phase": "Succeeded"}})
    kubectl("patch", "pod", pod, "--subresource=status", "--type=merge", "-p", patch)


def test_a_lease_that_an_operator_holds_is_not_touched_by_an_upgrade(kubectl: Kubectl, run: Helm) -> None:
    run("install", RELEASE, str(CHART), *SMALL)
    held = {"spec": {"holderIdentity": "a", "leaseDurationSeconds": 15}}
    kubectl("patch", "lease", NAME, "--type=merge", "-p", json.dumps(held))
    run("upgrade", RELEASE, str(CHART), *SMALL, "--set", "operator.replicas=2")
    assert json.loads(kubectl("get", "lease", NAME, "-o", "json"))["spec"] == held["spec"]


def test_an_upgrade_leaves_the_autoscaler_s_number_of_replicas_alone(kubectl: Kubectl, run: Helm) -> None:
    scaled = (RELEASE, str(CHART), *SMALL, "--set", "api.autoscaling.enabled=true")

    def replicas() -> str:
        return kubectl("get", "deployment", f"{RELEASE}-api", "-o", "jsonpath={.spec.replicas}")

    run("install", RELEASE, str(CHART), *SMALL)
    run("upgrade", *scaled)
    assert replicas() == "2", "not one, while people listen"
    kubectl("scale", f"deployment/{RELEASE}-api", "--replicas=5")
    run("upgrade", *scaled)
    assert replicas() == "5"


def test_people_with_kubernetes_own_roles_know_rooms_and_pools(kubectl: Kubectl, run: Helm) -> None:
    run("install", RELEASE, str(CHART), *SMALL, "--set", "aggregateRoles=true")
    expected = {
        "view": {"get rooms", "list enginepools"},
        "edit": {"get rooms", "list enginepools", "create rooms", "delete rooms"},
        "admin": {"get rooms", "list enginepools", "create rooms", "delete rooms", "patch enginepools"},
    }
    for role, rights in expected.items():
        kubectl("create", "rolebinding", role, f"--clusterrole={role}", f"--user={role}er")
        # A controller adds up the roles, in its time.
        wait_for(partial(may, kubectl, f"{role}er", "get rooms"), f"{role} sees Rooms")
        found = {right for right in expected["admin"] if may(kubectl, f"{role}er", right)}
        assert found == rights, role


def may(kubectl: Kubectl, user: str, right: str) -> bool:
    verb, what = right.split()
    try:
        kubectl("auth", "can-i", verb, f"{what}.dolmetsch.dev", f"--as={user}")
    except ToolFailed:
        return False
    return True


def test_everything_can_be_installed_upgraded_and_uninstalled(kubectl: Kubectl, run: Helm) -> None:
    run("install", RELEASE, str(CHART), *values_of("everything"))
    run("upgrade", RELEASE, str(CHART))
    run("upgrade", RELEASE, str(CHART), *values_of("external-stores"))
    run("uninstall", RELEASE, "--no-hooks")
    left = kubectl("get", "deployments,statefulsets,daemonsets,httproutes,ingresses,jobs", "-o", "name")
    assert not left.strip()
