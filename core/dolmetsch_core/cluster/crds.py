"""The CustomResourceDefinitions, made from the wire models.

`python -m dolmetsch_core.cluster.crds [--check] crds charts/dolmetsch-crds/templates` writes them, or says
that they differ: plain files into the first folder, the same as templates of a Helm chart into the second.
"""

import argparse
import sys
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel

from dolmetsch_core.cluster import names
from dolmetsch_core.wire.room import EnginePoolSpec, EnginePoolStatus, PodSecurity, RoomSpec, RoomStatus

Schema = dict[str, Any]
HEADER = "# Generated from the wire models of core by `make crds`; do not edit.\n"
_CHART_METADATA = """metadata:
  name: {name}
  labels:
    app.kubernetes.io/part-of: dolmetsch
    app.kubernetes.io/managed-by: {{{{ .Release.Service }}}}
    helm.sh/chart: {{{{ .Chart.Name }}}}-{{{{ .Chart.Version }}}}
  annotations:
    # Deleting a kind deletes every object of it, in all namespaces.
    helm.sh/resource-policy: keep
    dolmetsch.dev/crds-version: {{{{ .Chart.Version | quote }}}}
"""


def room_crd() -> Schema:
    """Return the CustomResourceDefinition of Room."""
    spec = structural(RoomSpec)
    spec["properties"]["roomId"]["x-kubernetes-validations"] = [
        {"rule": "self == oldSelf", "message": "roomId is immutable: delete the Room and create another one"}
    ]
    for counter in ("activation", "restart"):
        spec["properties"][counter]["x-kubernetes-validations"] = [
            {"rule": "self >= oldSelf", "message": f"{counter} counts up and never falls"}
        ]
    status = structural(RoomStatus)
    conditions = status["properties"]["conditions"]
    conditions["x-kubernetes-list-type"] = "map"
    conditions["x-kubernetes-list-map-keys"] = ["type"]
    conditions["items"]["properties"]["status"] = {"type": "string", "enum": ["True", "False"]}
    columns = [
        _column("Room", ".spec.roomId", "The talk's code.", wide=True),
        _column("Phase", ".status.phase", "Where the room is in its life."),
        _column("Language", ".spec.sourceLang", "The language spoken."),
        _column("Host", ".status.host.connected", "Whether the host's audio reaches the engine.", "boolean"),
        _column("Delay", ".status.delay", "How far captions are behind the speaker."),
        _column("Engine", ".status.engine.podName", "The pod that serves the room."),
        _column("Closes", ".status.closeAt", "When it closes for want of a host.", wide=True),
        _column("Age", ".metadata.creationTimestamp", "", "date"),
        _column("Message", ".status.message", "What is going on, for people.", wide=True),
    ]
    return _crd("Room", names.ROOMS, ["rm"], spec=spec, status=status, columns=columns)


def pool_crd() -> Schema:
    """Return the CustomResourceDefinition of EnginePool."""
    spec = structural(EnginePoolSpec)
    template = spec["properties"]["template"]
    template |= {
        "type": "object",
        "properties": {
            "metadata": {
                "type": "object",
                "properties": {
                    kind: {"type": "object", "additionalProperties": {"type": "string"}}
                    for kind in ("labels", "annotations")
                },
            },
            # A pod's own schema has thousands of lines; the operator says what it can't use.
            "spec": {
                "type": "object",
                "properties": {name: {"type": "boolean"} for name in names.HOST_NAMESPACES},
                "x-kubernetes-preserve-unknown-fields": True,
            },
        },
    }
    template.pop("additionalProperties", None)
    spec["x-kubernetes-validations"] = [_host_namespaces_rule()]
    columns = [
        _column("Capacity", ".status.capacity", "How many rooms can be active.", "integer"),
        _column("Active", ".status.active", "How many are.", "integer"),
        _column("Available", ".status.available", "How many more can be.", "integer"),
        _column("Warm", ".status.warm", "Engines that wait with a loaded model.", "integer"),
        _column("Model", ".status.model", "The speech model that the engines run."),
        _column("Age", ".metadata.creationTimestamp", "", "date"),
        _column("Message", ".status.message", "What is wrong, for people.", wide=True),
    ]
    return _crd(
        "EnginePool", names.POOLS, ["pool"], spec=spec, status=structural(EnginePoolStatus), columns=columns
    )


def _host_namespaces_rule() -> Schema:
    """What can be told of a template's security without a pod's schema; the operator tells the rest."""
    asked = " || ".join(f"self.?template.?spec.?{name}.orValue(false)" for name in names.HOST_NAMESPACES)
    return {
        "rule": f"self.podSecurity == '{PodSecurity.UNRESTRICTED}' || !({asked})",
        "message": f"spec.template.spec: {', '.join(names.HOST_NAMESPACES)} need podSecurity: unrestricted",
    }


def structural(model: type[BaseModel]) -> Schema:
    """Return a model as a structural schema: no references, no unions, None as `nullable`."""
    schema = model.model_json_schema(by_alias=True, mode="validation")
    inlined: Schema = _inline(schema, schema.get("$defs", {}))
    return inlined


def _inline(schema: Any, defs: Schema) -> Any:
    if isinstance(schema, list):
        return [_inline(each, defs) for each in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        own = {key: value for key, value in schema.items() if key != "$ref"}
        return _inline(defs[schema["$ref"].rsplit("/", 1)[1]] | own, defs)
    if "anyOf" in schema:
        (kind,) = [each for each in schema["anyOf"] if each != {"type": "null"}]
        own = {key: value for key, value in schema.items() if key != "anyOf"}
        return _inline(kind | own, defs) | {"nullable": True}
    if "properties" in schema:
        fields = {name: _inline(each, defs) for name, each in schema["properties"].items()}
        rest = {key: value for key, value in schema.items() if key in ("type", "description", "default")}
        required = {"required": schema["required"]} if schema.get("required") else {}
        return rest | {"properties": fields} | required
    dropped = ("title", "$defs")
    found = {key: _inline(value, defs) for key, value in schema.items() if key not in dropped}
    if found.get("default", 0) is None:
        del found["default"]
    return found


def _column(name: str, path: str, description: str, kind: str = "string", *, wide: bool = False) -> Schema:
    column = {"name": name, "type": kind, "jsonPath": path}
    if description:
        column["description"] = description
    return column | ({"priority": 1} if wide else {})


def _crd(
    kind: str, plural: str, short: list[str], *, spec: Schema, status: Schema, columns: list[Schema]
) -> Schema:
    schema = {
        "type": "object",
        "description": f"{kind}: see docs/kubernetes.md.",
        "required": ["spec"],
        "properties": {
            "apiVersion": {"type": "string"},
            "kind": {"type": "string"},
            "metadata": {"type": "object"},
            "spec": spec,
            "status": status,
        },
    }
    version = {
        "name": names.VERSION,
        "served": True,
        "storage": True,
        "schema": {"openAPIV3Schema": schema},
        "subresources": {"status": {}},
        "additionalPrinterColumns": columns,
    }
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{plural}.{names.GROUP}"},
        "spec": {
            "group": names.GROUP,
            "scope": "Namespaced",
            "names": {
                "kind": kind,
                "listKind": f"{kind}List",
                "plural": plural,
                "singular": kind.lower(),
                "shortNames": short,
                "categories": ["dolmetsch"],
            },
            "versions": [version],
        },
    }


def files() -> dict[str, str]:
    """Return the generated files by name."""
    crds = {"rooms.yaml": room_crd(), "enginepools.yaml": pool_crd()}
    return {
        name: HEADER + yaml.safe_dump(crd, sort_keys=False, width=110, allow_unicode=True)
        for name, crd in crds.items()
    }


def chart_files() -> dict[str, str]:
    """Return the same as templates of the chart `dolmetsch-crds`, by name."""
    return {name: _as_template(text) for name, text in files().items()}


def _as_template(text: str) -> str:
    body = text.removeprefix(HEADER)
    name = yaml.safe_load(body)["metadata"]["name"]
    # Helm would take braces in a description for its own.
    escaped = body.replace("{{", "{{ `{{` }}")
    labelled = escaped.replace(f"metadata:\n  name: {name}\n", _CHART_METADATA.format(name=name), 1)
    ours = f'(dict "root" $ "name" "{name}")'
    return f'{HEADER}{{{{- if include "dolmetsch-crds.ours" {ours} }}}}\n{labelled}{{{{- end }}}}\n'


def main() -> None:
    """Write the files, or say that they differ."""
    parser = argparse.ArgumentParser(prog="python -m dolmetsch_core.cluster.crds", description=__doc__)
    parser.add_argument("--check", action="store_true")
    parser.add_argument("folder", type=Path, help="for plain files")
    parser.add_argument("chart", type=Path, nargs="?", help="for templates of a chart")
    args = parser.parse_args()
    wanted = {args.folder / name: text for name, text in files().items()}
    if args.chart:
        wanted |= {args.chart / name: text for name, text in chart_files().items()}
    for path, text in wanted.items():
        if not args.check:
            path.write_text(text)
        elif not path.exists() or path.read_text() != text:
            sys.exit(f"{path} differs from the wire models: run `make crds`")


if __name__ == "__main__":
    main()
