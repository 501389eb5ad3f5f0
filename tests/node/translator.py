"""What LibreTranslate's volume holds: the demonstration's languages, and in these tests the program too."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Final

from dolmetsch_local.libretranslate import prepare_demo
from tests.conftest import REPOSITORY

ENVIRONMENT: Final = REPOSITORY / ".venv-libretranslate"
USER: Final = 1032
"""Of the official image, and of the chart."""


def fill(volume: Path, work: Path) -> None:
    """Fill the volume, which is `~/.local` of LibreTranslate's user. `work`: a folder to make it in."""
    spec = prepare_demo(work, python=ENVIRONMENT / "bin" / "python", port=1, say=lambda _: None).spec
    assert spec is not None
    (library,) = ENVIRONMENT.glob("lib/python3*/site-packages")
    shutil.copytree(library, volume / library.relative_to(ENVIRONMENT), copy_function=_link, symlinks=True)
    share = volume / "share" / "argos-translate"
    shutil.copytree(spec.env["ARGOS_PACKAGES_DIR"], share / "packages")
    for path in (volume, *(volume / "share").rglob("*"), volume / "share"):
        os.chown(path, USER, USER)


def _link(source: str, target: str) -> str:
    """As cheap as it can be: the same file where both are on one disk."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)
    return target
