"""The OpenAPI: an example for each body and each answer, as its model says, and every no."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from dolmetsch_api.app import create_app
from tests.integration.api.api_process import running, settings

JSON = "application/json"


@pytest.fixture(scope="module")
def openapi(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder: Path = tmp_path_factory.mktemp("archive")
    app = create_app(
        settings("redis://127.0.0.1:1", archive_url=f"sqlite:///{folder}/archive.db", base_path="/backend")
    )
    found: dict[str, Any] = app.openapi()
    return found


def operations(openapi: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for path, methods in openapi["paths"].items():
        for method, operation in methods.items():
            yield f"{method.upper()} {path}", operation


def bodies(openapi: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """All that are JSON: of requests, and of answers."""
    for name, operation in operations(openapi):
        if content := operation.get("requestBody", {}).get("content", {}).get(JSON):
            yield f"{name} request", content
        for code, answer in operation["responses"].items():
            if content := answer.get("content", {}).get(JSON):
                yield f"{name} {code}", content


def example_of(content: dict[str, Any], schemas: dict[str, Any]) -> Any:
    """What pages that show the OpenAPI would show; None: nothing."""
    if "example" in content:
        return content["example"]
    return _of_schema(content["schema"], schemas)


def _of_schema(schema: dict[str, Any], schemas: dict[str, Any]) -> Any:
    if "examples" in schema:
        return schema["examples"][0]
    if "$ref" in schema:
        return _of_schema(schemas[schema["$ref"].rpartition("/")[2]], schemas)
    if schema.get("type") == "array":
        item = _of_schema(schema["items"], schemas)
        return None if item is None else [item]
    several = [_of_schema(each, schemas) for each in schema.get("anyOf", [])]
    return next((each for each in several if each is not None), None)


def strict(schema: Any) -> Any:
    """The same without leave to have other fields."""
    if isinstance(schema, list):
        return [strict(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    found = {name: strict(each) for name, each in schema.items()}
    return found | {"additionalProperties": False} if isinstance(schema.get("properties"), dict) else found


@pytest.mark.parametrize("base", ["", "/backend"])
async def test_it_is_served_and_shown_also_under_the_base_path(store_url: str, base: str) -> None:
    async with running(settings(store_url, base_path="/backend")) as client:
        assert f"{base}/health" in (await client.get(f"{base}/openapi.json"))["paths"]
        shown = await client.http.get(f"{base}/docs")
        assert shown.headers["content-type"].startswith("text/html")
        (address,) = re.findall(r"url: ['\"](.*?)['\"]", shown.text)
        assert str(shown.url.join(address)) == f"{client.url}{base}/openapi.json"


def test_each_request_and_each_good_answer_has_an_example(openapi: dict[str, Any]) -> None:
    schemas = openapi["components"]["schemas"]
    wanted = [(name, content) for name, content in bodies(openapi) if name.split()[-1][0] in "r2"]
    assert len(wanted) > 30
    assert [name for name, content in wanted if example_of(content, schemas) is None] == []


def test_each_example_is_as_its_model_says(openapi: dict[str, Any]) -> None:
    schemas = openapi["components"]["schemas"]
    for name, content in bodies(openapi):
        example = example_of(content, schemas)
        if example is None:
            continue
        whole = strict({**content["schema"], "components": {"schemas": schemas}})
        problems = [each.message for each in jsonschema_rs.Draft202012Validator(whole).iter_errors(example)]
        assert problems == [], name


def test_our_routes_tell_every_no_with_an_example(openapi: dict[str, Any]) -> None:
    for name, operation in operations(openapi):
        codes = set(operation["responses"])
        if "/api/v1/" not in name:
            assert "422" not in codes, f"{name}: clients in use know no 422"
            continue
        if "security" in operation:
            assert {"401", "429"} <= codes, name
        if operation.get("parameters") or operation.get("requestBody"):
            assert "422" in codes, name
        for code in codes - {"200", "201"}:
            detail = operation["responses"][code]["content"][JSON]["example"]["detail"]
            assert detail, (name, code)


def test_no_model_has_the_name_of_another(openapi: dict[str, Any]) -> None:
    assert [name for name in openapi["components"]["schemas"] if "__" in name] == []
    assert "Person" not in openapi["components"]["schemas"]
