"""values.yaml and its schema: every key has a comment and a type, and what is not there is refused."""

import json

import pytest
import yaml
from scripts.values_schema import CommentMissing, schema_of

from tests.chart.rendering import CHART, CRDS_CHART
from tests.cluster.tools import ToolFailed, helm
from tests.conftest import REPOSITORY

TEXT = (CHART / "values.yaml").read_text()
WRONG = {
    "apii.replicas=3": "apii",
    "api.replica=3": "replica",
    "valkey.image.tags=8": "tags",
    "engine.pool.maxRooms=3": "maxRooms",
    "api.replicas=0": "minimum",
    "api.replicas=two": "integer",
    "translation.mode=deepl": "must be one of",
    "engine.pool.resourceName=gpu": "pattern",
    "basePath=backend": "pattern",
    "image.pullSecrets=registry": "array",
}


def test_the_schema_is_of_these_values() -> None:
    assert json.loads((CHART / "values.schema.json").read_text()) == schema_of(TEXT)


@pytest.mark.parametrize("wrong", WRONG)
def test_typing_errors_are_refused(wrong: str) -> None:
    with pytest.raises(ToolFailed, match=WRONG[wrong]):
        helm("template", "captions", str(CHART), "--set", wrong)


def test_the_other_chart_refuses_them_too() -> None:
    with pytest.raises(ToolFailed, match="adoptt"):
        helm("template", "captions", str(CRDS_CHART), "--set", "adoptt=true")


def test_a_key_without_a_comment_has_no_schema() -> None:
    with pytest.raises(CommentMissing, match=r"api\.replicas"):
        schema_of("api:\n  replicas: 2\n")


def test_comments_say_more_than_a_default_can() -> None:
    schema = schema_of(
        '# Days.\n# @null\n# @type integer\n# @min 1\nkeepDays: null\n# Which.\n# @enum "" a\nkind: ""\n'
    )
    assert schema["properties"]["keepDays"] == {
        "description": "Days.",
        "type": ["integer", "null"],
        "minimum": 1,
    }
    assert schema["properties"]["kind"] == {"description": "Which.", "type": "string", "enum": ["", "a"]}


def test_libretranslate_is_of_the_version_that_the_tests_run() -> None:
    pins = (REPOSITORY / "requirements" / "libretranslate.txt").read_text()
    tag = yaml.safe_load(TEXT)["libretranslate"]["image"]["tag"]
    assert f"\nlibretranslate=={tag.removeprefix('v')} " in pins


def test_every_component_has_the_same_keys_for_its_image() -> None:
    def images(values: object) -> list[set[str]]:
        if not isinstance(values, dict):
            return []
        own = [set(values["image"])] if "repository" in (values.get("image") or {}) else []
        return own + [found for each in values.values() for found in images(each)]

    found = images(yaml.safe_load(TEXT))
    assert len(found) >= 8
    assert all(each == {"registry", "repository", "tag", "digest", "pullPolicy"} for each in found)
