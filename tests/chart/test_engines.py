"""What the operator makes of the chart's EnginePool: how many places there are, and its pods."""

import pytest

from dolmetsch_core.wire.room import EnginePoolSpec
from dolmetsch_operator.observe import places
from dolmetsch_operator.pods import PodMaker
from dolmetsch_operator.reduced import Node, node_of
from tests.chart.rendering import SETS, Object, named, render

SLICE = "nvidia.com/mig-1g.10gb"
SHARED = {"nvidia.com/mig.config": "all-1g.10gb"}


def node(name: str, labels: dict[str, str], resource: str, amount: int) -> Node:
    return node_of(
        {
            "metadata": {"name": name, "resourceVersion": "1", "labels": labels},
            "spec": {"taints": [{"key": "nvidia.com/gpu", "effect": "NoSchedule"}]},
            "status": {
                "conditions": [{"type": "Ready", "status": "True"}],
                "allocatable": {resource: str(amount)},
            },
        }
    )


def pool_of(values: str, *arguments: str) -> EnginePoolSpec:
    pool = named(render(values, "captions", *arguments), "EnginePool", "default")
    return EnginePoolSpec.model_validate(pool["spec"])


def test_capacity_follows_slices_of_gpus_on_nodes_that_fit() -> None:
    nodes = [
        node("a", SHARED, SLICE, 7),
        node("b", SHARED, SLICE, 7),
        node("without-label", {}, SLICE, 7),
        node("with-whole-gpus", SHARED, "nvidia.com/gpu", 8),
    ]
    assert places(nodes, [], pool_of("gpu-sharing")) == 14


def test_capacity_follows_shares_of_a_time_sliced_gpu() -> None:
    pool = pool_of("defaults", "--set", "engine.pool.resourceName=nvidia.com/gpu.shared")
    assert places([node("a", {}, "nvidia.com/gpu.shared", 4)], [], pool) == 4


def test_an_engine_that_takes_two_shares_halves_the_capacity() -> None:
    pool = pool_of("defaults", "--set", "engine.pool.perEngine=2")
    assert places([node("a", {}, "nvidia.com/gpu", 5)], [], pool) == 2


@pytest.mark.parametrize("values", SETS)
def test_an_engine_has_its_model_before_it_starts_and_its_limits(values: str) -> None:
    pool = pool_of(values)
    spec: Object = PodMaker(pool, "uid", "captions", "PEM").warm("a")["spec"]
    (engine,) = spec["containers"]
    env = {each["name"]: each.get("value") for each in engine["env"]}
    assert engine["resources"]["limits"][pool.resource_name] == str(pool.per_engine)
    assert spec["restartPolicy"] == "Never"
    assert spec["automountServiceAccountToken"] is False
    if "initContainers" in spec:
        (fetch,) = spec["initContainers"]
        fetched = {each["name"]: each.get("value") for each in fetch["env"]}
        assert env["DOLMETSCH_ENGINE_MODEL"] == fetched["DOLMETSCH_ENGINE_MODEL"]
        assert fetch["image"] == engine["image"]
    else:
        assert "DOLMETSCH_ENGINE_MODEL" not in env, "the image says where its own is"
