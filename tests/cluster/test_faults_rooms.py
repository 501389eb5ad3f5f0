"""Rooms as people leave them: half made, edited at the wrong time, deleted twice, of another version."""

import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from dolmetsch_core.cluster import names
from dolmetsch_core.cluster.api import Cluster, Conflict, Invalid
from tests.cluster.conftest import AddProcessNode
from tests.cluster.operator_process import (
    DRAINS_UNTIL_TOLD,
    OperatorProcess,
    delete_room,
    engine_of,
    make_pool,
    make_room,
    message,
    phase,
    pods_of,
    pool_where,
    room_manifest,
    served,
    served_without,
    tell_engine,
    until_no_pod,
)
from tests.cluster.waiting import Json, gone, room_where, until_so

FOREIGN = "example.com/keep"
CRD = f"/apis/apiextensions.k8s.io/v1/customresourcedefinitions/{names.ROOMS}.{names.GROUP}"
LANGUAGE = "/spec/versions/0/schema/openAPIV3Schema/properties/spec/properties/sourceLang/pattern"


@pytest.fixture
async def without_a_rule(admin: Cluster, namespace: str) -> AsyncIterator[None]:
    """Rooms are taken as before the rule on languages existed."""
    rule = (await admin.get(CRD))["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["spec"][
        "properties"
    ]["sourceLang"]["pattern"]
    await admin.patch(CRD, {"op": "remove", "path": LANGUAGE})
    await until_so(lambda: takes_any_language(admin, namespace), "no rule any more")
    yield
    await admin.patch(CRD, {"op": "add", "path": LANGUAGE, "value": rule})

    async def ruled() -> bool:
        return not await takes_any_language(admin, namespace)

    # The server takes a moment to hear of it: the next test may count on the rule.
    await until_so(ruled, "the rule is back")


async def takes_any_language(admin: Cluster, namespace: str) -> bool:
    try:
        await admin.create(
            names.rooms_path(namespace), room_manifest("TRIED", sourceLang="English"), dryRun="All"
        )
    except Invalid:
        return False
    return True


async def insist(call: Callable[[], Awaitable[Json]], refusal: type[Exception]) -> Json:
    """Call until the server does not refuse any more."""

    async def made() -> Json | None:
        with contextlib.suppress(refusal):
            return await call()
        return None

    found: Json = await until_so(made, f"no {refusal.__name__} any more")
    return found


async def test_a_room_from_before_a_rule_existed_says_what_is_wrong_and_can_be_deleted(
    admin: Cluster,
    namespace: str,
    without_a_rule: None,
    operator: OperatorProcess,
    add_process_node: AddProcessNode,
) -> None:
    await add_process_node("a", gpus=1)
    await make_pool(admin, namespace)
    old = await make_room(admin, namespace, "OLD", origin="api", sourceLang="English")
    told = await room_where(admin, namespace, "old", message("sourceLang"), "told what is wrong")
    assert told["status"]["phase"] == "Failed"
    await make_room(admin, namespace, "R1")
    await room_where(admin, namespace, "r1", phase("Ready"), "Ready beside it")
    await delete_room(admin, namespace, old)
    await gone(admin, names.rooms_path(namespace, "old"))


async def test_a_language_that_the_model_does_not_know_is_refused_by_name(
    admin: Cluster, namespace: str, operator: OperatorProcess, add_process_node: AddProcessNode
) -> None:
    await add_process_node("a", gpus=3)
    await make_pool(admin, namespace, warm=1)
    await pool_where(admin, namespace, lambda status: bool(status.get("languages")))
    await make_room(admin, namespace, "R1", sourceLang="xx")
    words = "Unable to activate room <R1>: the engines' model does not know the language 'xx'"
    refused = await room_where(admin, namespace, "r1", message(words), "refused")
    assert refused["status"]["phase"] == "Pending"
    await admin.merge(names.rooms_path(namespace, "r1"), {"spec": {"sourceLang": "de"}})
    await room_where(admin, namespace, "r1", phase("Ready"), "Ready once mended")


async def test_a_room_deleted_while_it_starts_leaves_no_pod(
    admin: Cluster, namespace: str, operator: OperatorProcess, add_process_node: AddProcessNode
) -> None:
    await add_process_node("a", gpus=1)
    await make_pool(admin, namespace, env={"STAND_IN_LOAD_SECONDS": "3600"})
    room = await make_room(admin, namespace, "R1")
    await room_where(admin, namespace, "r1", phase("Starting"), "Starting")
    await delete_room(admin, namespace, room)
    await gone(admin, names.rooms_path(namespace, "r1"))
    await until_no_pod(admin, namespace)


async def test_a_room_deleted_while_the_operator_is_away_is_drained_at_its_return(
    admin: Cluster, namespace: str, operator: OperatorProcess, add_process_node: AddProcessNode
) -> None:
    await add_process_node("a", gpus=1)
    await make_pool(admin, namespace, env=DRAINS_UNTIL_TOLD)
    room = await make_room(admin, namespace, "R1")
    await room_where(admin, namespace, "r1", phase("Ready"), "Ready")
    operator.kill()
    await delete_room(admin, namespace, room)
    await operator.start()
    draining = await room_where(admin, namespace, "r1", phase("Draining"), "Draining")
    assert draining["metadata"]["uid"] == room["metadata"]["uid"]
    (engine,) = await pods_of(admin, namespace)
    assert "deletionTimestamp" not in engine["metadata"], "the engine is flushed before it is stopped"
    await tell_engine(engine, "drained")
    await gone(admin, names.rooms_path(namespace, "r1"))
    await until_no_pod(admin, namespace)


async def test_a_finalizer_left_over_on_a_room_without_an_engine_goes(
    admin: Cluster, namespace: str, operator: OperatorProcess
) -> None:
    room = await make_room(admin, namespace, "R1", origin="")
    await room_where(
        admin, namespace, "r1", lambda obj: names.FINALIZER in obj["metadata"].get("finalizers", []), "held"
    )
    await delete_room(admin, namespace, room)
    await gone(admin, names.rooms_path(namespace, "r1"))


async def test_a_foreign_finalizer_is_left_alone_and_nothing_is_written_any_more(
    admin: Cluster, namespace: str, operator: OperatorProcess, add_process_node: AddProcessNode
) -> None:
    await add_process_node("a", gpus=1)
    await make_pool(admin, namespace)
    given = room_manifest("R1")
    given["metadata"]["finalizers"] = [FOREIGN]
    room = await admin.create(names.rooms_path(namespace), given)
    await room_where(admin, namespace, "r1", phase("Ready"), "Ready")
    await delete_room(admin, namespace, room)
    kept = await room_where(
        admin, namespace, "r1", lambda obj: obj["metadata"]["finalizers"] == [FOREIGN], "ours is gone"
    )
    await until_no_pod(admin, namespace)

    other = await make_room(admin, namespace, "R2")
    await room_where(admin, namespace, "r2", phase("Ready"), "the GPU is free again")
    await delete_room(admin, namespace, other)
    await gone(admin, names.rooms_path(namespace, "r2"))
    path = names.rooms_path(namespace, "r1")
    assert (await admin.get(path))["metadata"]["resourceVersion"] == kept["metadata"]["resourceVersion"]
    await admin.merge(path, {"metadata": {"finalizers": None}})
    await gone(admin, path)


async def test_a_finalizer_stripped_by_hand_costs_no_gpu(
    admin: Cluster, namespace: str, operator: OperatorProcess, add_process_node: AddProcessNode
) -> None:
    await add_process_node("a", gpus=1)
    await make_pool(admin, namespace, env=DRAINS_UNTIL_TOLD)
    room = await make_room(admin, namespace, "R1")
    await room_where(admin, namespace, "r1", phase("Ready"), "Ready")
    await delete_room(admin, namespace, room)
    await room_where(admin, namespace, "r1", phase("Draining"), "Draining")
    await admin.merge(names.rooms_path(namespace, "r1"), {"metadata": {"finalizers": None}})
    await gone(admin, names.rooms_path(namespace, "r1"))
    await until_no_pod(admin, namespace)


async def test_an_edit_while_a_room_drains_changes_nothing(
    admin: Cluster, namespace: str, operator: OperatorProcess, add_process_node: AddProcessNode
) -> None:
    await add_process_node("a", gpus=2)
    await make_pool(admin, namespace, env=DRAINS_UNTIL_TOLD)
    room = await make_room(admin, namespace, "R1")
    await room_where(admin, namespace, "r1", phase("Ready"), "Ready")
    await delete_room(admin, namespace, room)
    await room_where(admin, namespace, "r1", phase("Draining"), "Draining")
    path = names.rooms_path(namespace, "r1")
    edited = await admin.merge(path, {"spec": {"sourceLang": "de", "activation": 7}})
    assert edited["metadata"]["generation"] > room["metadata"]["generation"]
    (engine,) = await pods_of(admin, namespace)
    await tell_engine(engine, "drained")
    await gone(admin, path)
    await until_no_pod(admin, namespace)


async def test_a_room_activated_anew_while_it_drains_gets_an_engine_of_its_own(
    admin: Cluster, namespace: str, operator: OperatorProcess, add_process_node: AddProcessNode
) -> None:
    await add_process_node("a", gpus=2)
    await make_pool(admin, namespace, env=DRAINS_UNTIL_TOLD)
    await make_room(admin, namespace, "R1", closeAfterSeconds=1)
    await room_where(admin, namespace, "r1", phase("Ready"), "Ready")
    engine = await engine_of(admin, namespace, "R1")
    await tell_engine(engine, "host", connected="true")
    await room_where(admin, namespace, "r1", phase("Active"), "Active")
    await tell_engine(engine, "host", connected="false")
    await room_where(admin, namespace, "r1", phase("Draining"), "Draining")
    await admin.merge(names.rooms_path(namespace, "r1"), {"spec": {"activation": 2}})
    again = await room_where(admin, namespace, "r1", served_without(engine), "active again")
    assert again["status"]["failures"] == 0
    await gone(admin, names.pods_path(namespace, engine["metadata"]["name"]))


async def test_a_room_made_again_under_its_name_never_adopts_the_old_engine(
    admin: Cluster, namespace: str, operator: OperatorProcess, add_process_node: AddProcessNode
) -> None:
    node = await add_process_node("a", gpus=2)
    await make_pool(admin, namespace)
    first = await make_room(admin, namespace, "R1")
    await room_where(admin, namespace, "r1", served, "Ready")
    old = await engine_of(admin, namespace, "R1")
    node.hold_terminating(old["metadata"]["name"])
    await delete_room(admin, namespace, first)
    await admin.merge(names.rooms_path(namespace, "r1"), {"metadata": {"finalizers": None}})
    second = await insist(lambda: make_room(admin, namespace, "R1"), Conflict)
    await room_where(admin, namespace, "r1", served, "Ready")
    engine = await engine_of(admin, namespace, "R1")
    assert engine["metadata"]["uid"] != old["metadata"]["uid"]
    assert engine["metadata"]["ownerReferences"][0]["uid"] == second["metadata"]["uid"]
    node.release_terminating()
    await gone(admin, names.pods_path(namespace, old["metadata"]["name"]))
    still = await room_where(admin, namespace, "r1", served, "Ready")
    assert (still["status"]["engine"]["podUID"], still["status"]["failures"]) == (
        engine["metadata"]["uid"],
        0,
    )
