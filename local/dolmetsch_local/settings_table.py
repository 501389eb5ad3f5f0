"""docs/settings.md, written from the settings classes: `python -m dolmetsch_local.settings_table FILE`.

With `--check` nothing is written: exit status 1 when the file is not what would be written. The table is the
same on every machine: home folders read `~`, paths in the checkout are relative to it.
"""

import argparse
import json
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from types import NoneType
from typing import Any, Final, Literal, get_args, get_origin

from annotated_types import Ge, Gt, Le, MinLen
from pydantic import SecretStr
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined
from pydantic_settings import BaseSettings, NoDecode

from dolmetsch_api.settings import ApiSettings
from dolmetsch_engine.models.settings import ModelSettings
from dolmetsch_engine.service_settings import ServiceSettings
from dolmetsch_engine.settings import EngineSettings
from dolmetsch_local.settings import LocalSettings
from dolmetsch_operator.settings import OperatorSettings
from dolmetsch_worker.settings import WorkerSettings

CHECKOUT: Final = Path(__file__).resolve().parents[2]
HOME: Final = Path("/~")
"""Stands for anybody's home folder while defaults are read."""

CLASSES: Final[dict[str, type[BaseSettings]]] = {
    "The platform on one machine": LocalSettings,
    "api": ApiSettings,
    "engine: speech": EngineSettings,
    "engine: service": ServiceSettings,
    "engine: the model's files": ModelSettings,
    "worker": WorkerSettings,
    "operator": OperatorSettings,
}

INTRODUCTION: Final = """\
# Settings

Written by `make docs` from the settings classes; `make check` fails when it is out of date. To change a text
here, change the words under the field in the class.

Every setting is an environment variable. On one machine the first table is the one to look at:
`DOLMETSCH_PORT=9000 make run`, or, for four of them, on the make line: `make run PORT=9000 HOST=… MODEL=demo
LANGUAGES=en,de`. The parts that the platform starts get its environment, so that the other tables hold there
too, but for what the platform says itself: addresses and ports, the speech model, passwords and signing key,
the notes for the page, and in the demonstration the languages and the translation backend.

Two variables are read outside of these classes: `DOLMETSCH_TORCH_INDEX`, by the set-up of `.venv` (a package
index that has CPU builds of torch), and `XDG_CACHE_HOME`, which moves the cache folder.
"""

_NAMES: Final = {
    **{str: "text", int: "whole number", float: "number", bool: "true or false", Path: "path"},
    datetime: "date and time with zone",
}
_LIMITS: Final[dict[type, tuple[str, str]]] = {
    Ge: ("ge", "at least {}"),
    Gt: ("gt", "above {}"),
    Le: ("le", "at most {}"),
    MinLen: ("min_length", "at least {} characters"),
}


def settings_table() -> str:
    """Return the whole document."""
    with _anybody():
        sections = [_section(title, settings) for title, settings in CLASSES.items()]
    return "\n".join([INTRODUCTION, *sections])


def _section(title: str, settings: type[BaseSettings]) -> str:
    head = f"## {title}\n`{settings.__name__}`: {_line(settings.__doc__ or '')}\n"
    rows = [_row(settings, name, field) for name, field in settings.model_fields.items()]
    return "\n".join([head, "| variable | type | default | meaning |", "|---|---|---|---|", *rows, ""])


def _row(settings: type[BaseSettings], name: str, field: FieldInfo) -> str:
    alias = field.validation_alias
    variable = alias if isinstance(alias, str) else f"{settings.model_config['env_prefix']}{name}".upper()
    cells = (f"`{variable}`", _type(field), _default(field), _line(field.description or ""))
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


def _line(text: str) -> str:
    return " ".join(text.split())


def _type(field: FieldInfo) -> str:
    kind = _name_of(field.annotation)
    if kind == "list":
        kind = "list, separated by commas" if _split_by_commas(field) else "JSON list"
    limits = [
        words.format(f"{getattr(limit, name):g}")
        for limit in field.metadata
        for known, (name, words) in _LIMITS.items()
        if isinstance(limit, known)
    ]
    return ", ".join([kind, *limits])


def _name_of(annotation: Any) -> str:
    """Name a field's type for a person; a type that may be None is named by the other."""
    if annotation is SecretStr:
        return "text, kept secret"
    if get_origin(annotation) is Literal:
        return " or ".join(f"`{choice}`" for choice in get_args(annotation))
    if get_origin(annotation) is tuple:
        return "list"
    if annotation in _NAMES:
        return _NAMES[annotation]
    (inner,) = [each for each in get_args(annotation) if each is not NoneType]
    return _name_of(inner)


def _split_by_commas(field: FieldInfo) -> bool:
    return any(each is NoDecode or isinstance(each, NoDecode) for each in field.metadata)


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "none: must be set"
    value = field.get_default(call_default_factory=True, validated_data={})
    if value is PydanticUndefined:
        raise TypeError(f"a default that can't be told: {field!r}")
    if isinstance(value, SecretStr):
        value = value.get_secret_value()
    if isinstance(value, tuple):
        value = ",".join(value) if _split_by_commas(field) else json.dumps(value)
    if isinstance(value, bool):
        value = str(value).lower()
    if isinstance(value, Path):
        value = _anywhere(value)
    return "not set" if value in (None, "") else f"`{value}`"


def _anywhere(path: Path) -> str:
    """Name a path as it is on every machine."""
    if path.is_relative_to(CHECKOUT):
        return str(path.relative_to(CHECKOUT))
    if path.is_relative_to(HOME):
        return str("~" / path.relative_to(HOME))
    return str(path)


@contextmanager
def _anybody() -> Iterator[None]:
    """Within this, defaults are those of a person with no environment of their own."""
    before = {name: os.environ.pop(name, None) for name in ("HOME", "XDG_CACHE_HOME")}
    os.environ["HOME"] = str(HOME)
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name, None)
            if value is not None:
                os.environ[name] = value


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit status 0: written, or the same; 1: `--check` found it different."""
    parser = argparse.ArgumentParser(prog="python -m dolmetsch_local.settings_table", description=__doc__)
    parser.add_argument("file", type=Path, help="the document, docs/settings.md")
    parser.add_argument("--check", action="store_true", help="write nothing, compare")
    chosen = parser.parse_args(arguments)
    table = settings_table()
    if not chosen.check:
        chosen.file.write_text(table, encoding="utf-8")
        return 0
    if chosen.file.is_file() and chosen.file.read_text(encoding="utf-8") == table:
        return 0
    sys.stderr.write(f"{chosen.file} is not what the settings classes say: run `make docs`\n")
    return 1


if __name__ == "__main__":
    sys.exit(main())
