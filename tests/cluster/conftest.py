"""Fixtures of the cluster tests: one control plane for the run, a namespace of its own for each test."""

import asyncio
import contextlib
import os
import subprocess
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Generator, Iterator, Mapping
from pathlib import Path

import pytest
import yaml

from dolmetsch_core.cluster import names
from dolmetsch_core.cluster.api import Cluster, Conflict, NotFound, connect
from dolmetsch_core.tokens import EngineKey
from tests.cluster.control_plane import ControlPlane, last_words
from tests.cluster.fork_server import ForkServer
from tests.cluster.nodes import Node
from tests.cluster.operator_process import OperatorProcess
from tests.cluster.process_node import ProcessNode
from tests.cluster.tools import Kubectl, ToolFailed, kinds_ready, rendered
from tests.cluster.waiting import Json, object_where, until_so
from tests.conftest import REPOSITORY

CRDS = REPOSITORY / "crds"
NAMESPACES = "/api/v1/namespaces"
RBAC = "/apis/rbac.authorization.k8s.io/v1"
REVIEWS = "/apis/authorization.k8s.io/v1/subjectaccessreviews"
COMPONENTS = ("operator", "api")
SOME_NAMESPACE = "namespace-of-a-test"
TEST_S = 900
"""The end of a test that hangs; whatever it waits for has a deadline of its own."""
AddNode = Callable[..., Awaitable[Node]]
AddProcessNode = Callable[..., Awaitable[ProcessNode]]


@pytest.fixture(scope="session", autouse=True)
def bytecode() -> Iterator[None]:
    """Hundreds of Python processes are started: none has to compile what another one did.

    They would, which is most of a start, where the environment keeps Python from writing beside its sources.
    """
    with pytest.MonkeyPatch.context() as environment:
        if os.environ.get("PYTHONDONTWRITEBYTECODE"):
            environment.delenv("PYTHONDONTWRITEBYTECODE")
            environment.setenv("PYTHONPYCACHEPREFIX", str(REPOSITORY / "build" / "bytecode"))
        yield


@pytest.fixture(scope="session")
def control_plane(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ControlPlane]:
    """A control plane that knows Rooms and EnginePools."""
    plane = ControlPlane(tmp_path_factory.mktemp("control-plane"))
    plane.start()
    try:
        kubectl = Kubectl(plane.kubeconfig(), "default")
        kubectl(
            "apply", "--server-side", "-f", str(CRDS / "rooms.yaml"), "-f", str(CRDS / "enginepools.yaml")
        )
        kinds_ready(kubectl, (f"{kind}.{names.GROUP}" for kind in (names.ROOMS, names.POOLS)))
        yield plane
    finally:
        plane.stop()


@pytest.fixture
async def admin(control_plane: ControlPlane) -> AsyncIterator[Cluster]:
    """A client that may do everything."""
    cluster = await connect(control_plane.kubeconfig())
    yield cluster
    await cluster.close()


@pytest.fixture
async def namespace(admin: Cluster) -> AsyncIterator[str]:
    """An empty namespace; deleted afterwards with all that is in it, which is not waited for."""
    made = await admin.create(
        NAMESPACES, {"kind": "Namespace", "metadata": {"name": f"test-{uuid.uuid4().hex[:8]}"}}
    )
    name = made["metadata"]["name"]
    # Pods are refused until a controller has made it.
    account = f"{NAMESPACES}/{name}/serviceaccounts/default"
    await object_where(admin, account, lambda _: True, "the default account")
    yield name
    await free_rooms(admin, name)
    with contextlib.suppress(NotFound, Conflict):
        await admin.delete(f"{NAMESPACES}/{name}", uid=made["metadata"]["uid"])
    await free_rooms(admin, name)
    await _remove_pods(admin, name)


async def free_rooms(admin: Cluster, namespace: str) -> None:
    """Take the finalizers off all Rooms, for no operator is there any more to do it."""
    for room in (await admin.get(names.rooms_path(namespace)))["items"]:
        if room["metadata"].get("finalizers"):
            with contextlib.suppress(NotFound):
                path = names.rooms_path(namespace, room["metadata"]["name"])
                await admin.merge(path, {"metadata": {"finalizers": None}})


async def _remove_pods(admin: Cluster, namespace: str) -> None:
    """No kubelet is left to confirm their end."""
    for pod in (await admin.get(names.pods_path(namespace)))["items"]:
        with contextlib.suppress(NotFound, Conflict):
            path = names.pods_path(namespace, pod["metadata"]["name"])
            await admin.delete(path, uid=pod["metadata"]["uid"], grace_seconds=0)


@pytest.fixture
def kubectl(control_plane: ControlPlane, namespace: str) -> Kubectl:
    """kubectl as admin in the test's namespace."""
    return Kubectl(control_plane.kubeconfig(namespace=namespace), namespace)


@pytest.fixture(scope="session")
def accounts_and_rights() -> str:
    """What the chart makes of service accounts and their rights in SOME_NAMESPACE."""
    return rendered("rbac.yaml", SOME_NAMESPACE)


@pytest.fixture
async def service_accounts(
    control_plane: ControlPlane, admin: Cluster, namespace: str, accounts_and_rights: str
) -> AsyncIterator[Mapping[str, Path]]:
    """Kubeconfigs of the chart's service accounts, by component: `operator` and `api`."""
    objects = list(yaml.safe_load_all(accounts_and_rights.replace(SOME_NAMESPACE, namespace)))
    made = [await admin.create(_path_of(each), each, fieldValidation="Strict") for each in objects]
    await until_so(lambda: _have_their_rights(admin, namespace), "the accounts have their rights")
    request = {
        "apiVersion": "authentication.k8s.io/v1",
        "kind": "TokenRequest",
        "spec": {"expirationSeconds": 3600},
    }
    found = {}
    for component in COMPONENTS:
        path = f"{NAMESPACES}/{namespace}/serviceaccounts/dolmetsch-{component}/token"
        token = (await admin.create(path, request))["status"]["token"]
        found[component] = control_plane.kubeconfig(component, namespace=namespace, token=token)
    yield found
    for each in made:
        # All else goes with the namespace.
        if each["kind"].startswith("Cluster"):
            meta = each["metadata"]
            await admin.delete(f"{_path_of(each)}/{meta['name']}", uid=meta["uid"])


def _path_of(obj: Json) -> str:
    """Where objects of this kind and namespace are made."""
    group = "/api/v1" if obj["kind"] == "ServiceAccount" else RBAC
    namespace = obj["metadata"].get("namespace")
    return f"{group}{f'/namespaces/{namespace}' if namespace else ''}/{obj['kind'].lower()}s"


async def _have_their_rights(admin: Cluster, namespace: str) -> bool:
    """Whether the API server has heard of them: one right of each role, and that on nodes."""
    asked = {
        "operator": [("patch", names.GROUP, names.ROOMS, namespace), ("list", "", "nodes", "")],
        "api": [("create", names.GROUP, names.ROOMS, namespace)],
    }
    for component, rights in asked.items():
        user = f"system:serviceaccount:{namespace}:dolmetsch-{component}"
        for right in rights:
            wanted = dict(zip(("verb", "group", "resource", "namespace"), right, strict=True))
            review = {
                "apiVersion": "authorization.k8s.io/v1",
                "kind": "SubjectAccessReview",
                "spec": {"user": user, "resourceAttributes": wanted},
            }
            if not (await admin.create(REVIEWS, review))["status"]["allowed"]:
                return False
    return True


@pytest.fixture
def operator_kubeconfig(service_accounts: Mapping[str, Path]) -> Path:
    """A kubeconfig with just the rights that the chart gives to the operator."""
    return service_accounts["operator"]


@pytest.fixture
def api_kubeconfig(service_accounts: Mapping[str, Path]) -> Path:
    """A kubeconfig with just the rights that the chart gives to the api."""
    return service_accounts["api"]


@pytest.fixture(scope="session")
def key() -> EngineKey:
    """What operator and api sign their calls to engines with."""
    return EngineKey.generate()


@pytest.fixture
async def add_operator(
    operator_kubeconfig: Path, namespace: str, tmp_path: Path, key: EngineKey, failure_logs: list[Path]
) -> AsyncIterator[Callable[..., OperatorProcess]]:
    """`add_operator("a", NAME="value")`: an operator of the test's namespace, not yet started."""
    made: list[OperatorProcess] = []

    def add(name: str = "operator", **env: str) -> OperatorProcess:
        log = tmp_path / f"{name}.log"
        failure_logs.append(log)
        each = OperatorProcess(
            operator_kubeconfig, namespace, log, key, **{"DOLMETSCH_OPERATOR_IDENTITY": name, **env}
        )
        made.append(each)
        return each

    yield add
    for each in made:
        each.kill()


@pytest.fixture
async def operator(add_operator: Callable[..., OperatorProcess]) -> OperatorProcess:
    """The operator, serving."""
    process = add_operator()
    await process.start()
    return process


@pytest.fixture
async def add_node(admin: Cluster, namespace: str) -> AsyncIterator[AddNode]:
    """`await add_node("a", gpus=2, labels={...})`: a Ready node without a kubelet.

    Its name gets the namespace in front; so does every node of a test, and all are removed afterwards.
    """
    nodes: list[Node] = []

    async def add(name: str, *, gpus: int = 0, labels: Mapping[str, str] | None = None) -> Node:
        node = Node(admin, f"{namespace}-{name}", gpus=gpus, labels=labels)
        nodes.append(node)
        await node.start()
        return node

    yield add
    await asyncio.gather(*(node.stop() for node in nodes))


@pytest.fixture(scope="session")
def stand_ins(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ForkServer]:
    """Makes stand-in engines."""
    server = ForkServer(tmp_path_factory.mktemp("stand-ins"))
    try:
        server.start()
        yield server
    finally:
        server.stop()


@pytest.fixture
async def add_process_node(
    admin: Cluster, namespace: str, tmp_path: Path, stand_ins: ForkServer, failure_logs: list[Path]
) -> AsyncIterator[AddProcessNode]:
    """`await add_process_node("a", gpus=2)`: a node that runs its pods as processes, see ProcessNode."""
    nodes: list[ProcessNode] = []

    async def add(name: str, *, gpus: int = 0, **more: object) -> ProcessNode:
        folder = tmp_path / f"node-{name}"
        failure_logs.append(folder)
        full_name = f"{namespace}-{name}"
        node = ProcessNode(admin, full_name, folder, stand_ins, gpus=gpus, **more)  # type: ignore[arg-type]
        nodes.append(node)
        await node.start()
        return node

    yield add
    await asyncio.gather(*(node.stop() for node in nodes))


@pytest.fixture
def failure_logs() -> list[Path]:
    """Logs, or folders of logs, whose ends are shown when the test fails: append to it."""
    return []


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give each test an end, and show unclosed connections instead of failing whichever test runs then.

    These tests cut connections off in the middle of everything, also while they are being made; Python 3.11
    then now and then leaves a transport to the garbage collector, which may come to its socket first.
    """
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            for what in ("transport", "<socket.socket"):
                item.add_marker(pytest.mark.filterwarnings(f"default:unclosed {what}:ResourceWarning"))
            if item.get_closest_marker("timeout") is None:
                item.add_marker(pytest.mark.timeout(TEST_S))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Show the namespace of a test that failed, before its fixtures take it apart."""
    report = yield
    fixtures: Mapping[str, object] = getattr(item, "funcargs", {})
    if report.failed and call.when in ("setup", "call"):
        if (plane := fixtures.get("control_plane")) and (namespace := fixtures.get("namespace")):
            assert isinstance(plane, ControlPlane)
            report.sections.append((f"namespace {namespace}", _seen(plane, str(namespace))))
        for log in _files(fixtures.get("failure_logs", [])):
            report.sections.append((str(log.name), last_words(log)))
    return report


def _seen(plane: ControlPlane, namespace: str) -> str:
    kubectl = Kubectl(plane.kubeconfig(), namespace)
    kinds = "nodes,pods,enginepools,rooms"
    looks = (
        ("get", kinds, "-o", "wide"),
        ("get", "rooms", "-o", "yaml"),
        ("describe", "pods"),
        ("get", "events", "--sort-by=.lastTimestamp"),
    )
    told = []
    for look in looks:
        try:
            told.append(kubectl(*look, "--request-timeout=5s", timeout=15))
        except (ToolFailed, subprocess.TimeoutExpired) as error:
            told.append(str(error) + "\n" + plane.logs())
    return "\n".join(told)


def _files(logs: object) -> Iterator[Path]:
    assert isinstance(logs, list)
    for log in logs:
        yield from sorted(log.glob("*.log")) if log.is_dir() else [log]
