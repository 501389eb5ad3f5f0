"""The Tiltfile, evaluated as Starlark: what it asks of Tilt fits the chart, the Dockerfiles and the tree.

Tilt itself can't be had here: its functions are stand-ins that note what they are asked for, but for `helm`.
"""

import shlex
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest
import starlark
import yaml

from tests.cluster.binaries import find
from tests.cluster.tools import helm
from tests.conftest import REPOSITORY

Call = tuple[tuple[Any, ...], dict[str, Any]]
NOTED = ("docker_build", "k8s_yaml", "k8s_kind", "k8s_resource", "local", "local_resource")


def _evaluated(text: str) -> dict[str, list[Call]]:
    calls: dict[str, list[Call]] = defaultdict(list)
    module = starlark.Module()
    for name in NOTED:
        module.add_callable(name, lambda *args, _name=name, **more: calls[_name].append((args, more)))
    module.add_callable("sync", lambda source, target: {"sync": [source, target]})
    module.add_callable("fall_back_on", lambda files: {"fall_back_on": files})
    module.add_callable("decode_yaml_stream", lambda stream: list(yaml.safe_load_all(stream)))
    module.add_callable("encode_yaml_stream", lambda manifests: {"manifests": manifests})
    module.add_callable("helm", _rendered)
    module["TRIGGER_MODE_MANUAL"] = "manual"

    def load(name: str) -> starlark.FrozenModule:
        assert name == "ext://restart_process"
        extension = starlark.Module()
        noted = lambda *args, **more: calls["docker_build_with_restart"].append((args, more))  # noqa: E731
        extension.add_callable("docker_build_with_restart", noted)
        return extension.freeze()

    ast = starlark.parse("Tiltfile", text)
    starlark.eval(module, ast, starlark.Globals.standard(), starlark.FileLoader(load))
    return calls


def _rendered(chart: str, name: str, namespace: str, values: list[str]) -> str:
    files = [argument for file in values for argument in ("--values", str(REPOSITORY / file))]
    return helm("template", name, str(REPOSITORY / chart), "--namespace", namespace, *files)


@pytest.fixture(scope="module")
def calls() -> dict[str, list[Call]]:
    """What Tilt is asked for, by function."""
    find("helm")
    return _evaluated((REPOSITORY / "Tiltfile").read_text())


@pytest.fixture(scope="module")
def manifests(calls: dict[str, list[Call]]) -> list[dict[str, Any]]:
    """What the chart becomes."""
    (found,) = (args[0]["manifests"] for args, _ in calls["k8s_yaml"] if isinstance(args[0], dict))
    return list(found)


def _pods(manifests: list[dict[str, Any]]) -> list[tuple[str, dict[str, Any]]]:
    kinds = ("Deployment", "StatefulSet", "EnginePool")
    return [
        (each["metadata"]["name"], each["spec"]["template"]["spec"])
        for each in manifests
        if each["kind"] in kinds
    ]


def test_every_image_of_ours_is_built(calls: dict[str, list[Call]], manifests: list[dict[str, Any]]) -> None:
    built = {args[0] for args, _ in calls["docker_build_with_restart"] + calls["docker_build"]}
    used = {
        container["image"].rpartition(":")[0]
        for _, spec in _pods(manifests)
        for container in [*spec["containers"], *spec.get("initContainers", ())]
    }
    assert {name for name in used if name.startswith("dolmetsch/")} == built
    assert len(built) == 4


def test_builds_name_what_there_is(calls: dict[str, list[Call]]) -> None:
    for (_, context), more in calls["docker_build_with_restart"] + calls["docker_build"]:
        assert context == "."
        dockerfile = (REPOSITORY / more.get("dockerfile", "Dockerfile")).read_text()
        assert f" AS {more['target']}\n" in dockerfile
        assert all((REPOSITORY / file).exists() for file in more["only"])


def test_live_updates_go_where_the_code_is(calls: dict[str, list[Call]]) -> None:
    dockerfile = (REPOSITORY / "Dockerfile").read_text()
    assert "ARG APP_OWNER=" in dockerfile
    for _, more in calls["docker_build_with_restart"]:
        assert set(more["build_args"]) == {"APP_OWNER"}
        syncs = [step["sync"] for step in more["live_update"] if "sync" in step]
        assert len(syncs) >= 2
        for source, target in syncs:
            assert target == f"/app/{Path(target).name}"
            assert f"COPY {source} {Path(target).name}\n" in dockerfile
        (rebuilt,) = (step["fall_back_on"] for step in more["live_update"] if "fall_back_on" in step)
        assert "Dockerfile" in rebuilt


def test_commands_are_those_of_the_chart(
    calls: dict[str, list[Call]], manifests: list[dict[str, Any]]
) -> None:
    in_chart = {
        container["image"].rpartition(":")[0]: container["command"]
        for _, spec in _pods(manifests)
        for container in spec["containers"]
        if container["image"].startswith("dolmetsch/")
    }
    for (name, _), more in calls["docker_build_with_restart"]:
        assert more["entrypoint"] == in_chart[name]


def test_live_updates_may_write(manifests: list[dict[str, Any]]) -> None:
    for _, spec in _pods(manifests):
        for container in spec["containers"]:
            ours = container["image"].startswith("dolmetsch/") and container["name"] != "engine"
            assert container.get("securityContext", {}).get("readOnlyRootFilesystem") is not ours


def test_secrets_that_the_chart_names_are_made_and_none_is_made_anew(
    calls: dict[str, list[Call]], manifests: list[dict[str, Any]]
) -> None:
    assert not [each for each in manifests if each["kind"] == "Secret"], "it would change at each edit"
    commands = [args[0] for args, _ in calls["local"]]
    made = {words[words.index("generic") + 1] for words in map(shlex.split, commands) if "generic" in words}
    asked = {
        (source["name"], source["key"])
        for _, spec in _pods(manifests)
        for container in spec["containers"]
        for variable in container.get("env", ())
        if (source := variable.get("valueFrom", {}).get("secretKeyRef"))
    }
    assert {name for name, _ in asked} == made
    for name, key in asked:
        assert any(f" {name} " in each and f"--from-literal={key}=" in each for each in commands)


def test_resources_and_the_talk_are_there(
    calls: dict[str, list[Call]], manifests: list[dict[str, Any]]
) -> None:
    names = {each["metadata"]["name"] for each in manifests if each["kind"] == "Deployment"}
    assert {args[0] for args, _ in calls["k8s_resource"]} <= names
    assert all((REPOSITORY / file).exists() for file in calls["k8s_yaml"][0][0][0])
    by_name = {args[0]: (args[1], more) for args, more in calls["local_resource"]}
    command, more = by_name["speak a talk"]
    assert more["auto_init"] is False
    assert set(more["resource_deps"]) <= names | set(by_name)
    (recording,) = (word for word in shlex.split(command) if word.endswith(".webm"))
    assert (REPOSITORY / recording).is_file()
    (pool,) = (each for each in manifests if each["kind"] == "EnginePool")
    assert pool["spec"]["resourceName"].replace("/", "~1") in by_name["places"][0]
