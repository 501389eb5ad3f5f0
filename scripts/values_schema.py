"""The schema of a chart's values, made from its commented values.yaml.

`python scripts/values_schema.py [--check] charts/dolmetsch` writes values.schema.json, or says that it
differs. A key's type follows from its default; comments above it are its description, and lines that begin
with @ say more:

    # @enum a "" b      the allowed values       # @min 1, # @max 9     limits of a number
    # @pattern ^/x$     what a text looks like   # @items string        the type of a list's items
    # @free             anything below the key   # @null, # @type text  may be null, and else is this
"""

import argparse
import json
import shlex
import sys
from pathlib import Path
from typing import Any

import yaml

Schema = dict[str, Any]
TYPES = {
    "str": "string",
    "int": "integer",
    "bool": "boolean",
    "float": "number",
    "map": "object",
    "seq": "array",
}
# Helm hands values of parent charts on under this key.
GLOBAL: Schema = {"global": {"type": "object"}}


class CommentMissing(Exception):
    """A key of values.yaml has no comment, or one that can't be read. Remedy: in the message."""


def schema_of(text: str) -> Schema:
    """Return the schema of a values.yaml. Raises CommentMissing."""
    root = yaml.compose(text, Loader=yaml.SafeLoader)
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "$comment": "Generated from values.yaml by `make chart`; do not edit.",
        **_mapping(root, text.splitlines(), "", more=GLOBAL),
    }


def _mapping(node: yaml.Node | None, lines: list[str], path: str, *, more: Schema | None = None) -> Schema:
    pairs = node.value if isinstance(node, yaml.MappingNode) else ()
    fields = {key.value: _field(key, value, lines, f"{path}.{key.value}") for key, value in pairs}
    return {"type": "object", "additionalProperties": False, "properties": {**fields, **(more or {})}}


def _field(key: yaml.Node, value: yaml.Node, lines: list[str], path: str) -> Schema:
    description, said = _comment(key, lines)
    container = isinstance(value, yaml.MappingNode) and "free" not in said
    if not description and not container:
        raise CommentMissing(f"{path.lstrip('.')}: say in a comment above it what it is for")
    field: Schema = {"description": description} if description else {}
    if container:
        return field | _mapping(value, lines, path)
    kind = said.get("type") or TYPES[value.tag.rpartition(":")[2]]
    field["type"] = [kind, "null"] if "null" in said else kind
    return field | _limits(said)


def _limits(said: dict[str, str]) -> Schema:
    limits: Schema = {}
    if "enum" in said:
        limits["enum"] = shlex.split(said["enum"])
    if "pattern" in said:
        limits["pattern"] = said["pattern"]
    if "items" in said:
        limits["items"] = {"type": said["items"]}
    for name, word in (("min", "minimum"), ("max", "maximum")):
        if name in said:
            limits[word] = int(said[name])
    return limits


def _comment(key: yaml.Node, lines: list[str]) -> tuple[str, dict[str, str]]:
    """Return the words in the comment right above a key, and what its @ lines say."""
    words: list[str] = []
    said: dict[str, str] = {}
    indent = " " * key.start_mark.column
    number = key.start_mark.line - 1
    while number >= 0 and lines[number].startswith(f"{indent}#"):
        text = lines[number].removeprefix(f"{indent}#").strip()
        if text.startswith("@"):
            name, _, rest = text[1:].partition(" ")
            said[name] = rest
        else:
            words.insert(0, text)
        number -= 1
    return " ".join(words).strip(), said


def main() -> None:
    """Write the schema, or say that it differs."""
    parser = argparse.ArgumentParser(prog="python scripts/values_schema.py", description=__doc__)
    parser.add_argument("--check", action="store_true")
    parser.add_argument("chart", type=Path)
    args = parser.parse_args()
    schema = schema_of((args.chart / "values.yaml").read_text())
    text = json.dumps(schema, indent=2, ensure_ascii=False) + "\n"
    path = args.chart / "values.schema.json"
    if not args.check:
        path.write_text(text)
    elif not path.exists() or path.read_text() != text:
        sys.exit(f"{path} differs from values.yaml: run `make chart`")


if __name__ == "__main__":
    main()
