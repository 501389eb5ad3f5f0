"""Fetches a speech model into a folder, whole and checked, or not at all.

Several processes may do so for one folder at once, such as engine pods that share a volume: one fetches, the
others wait and find it there.
"""

from __future__ import annotations

import hashlib
import logging
import re
import shutil
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

import httpx
from filelock import FileLock
from huggingface_hub import hf_hub_url

from dolmetsch_engine.models.pinned import MODELS, PinnedModel

logger = logging.getLogger(__name__)

SUMS: Final = "SHA256SUMS"
"""List of a model's files with their SHA-256, as `sha256sum` writes it; in every folder that was fetched."""
LONGEST_SILENCE_S: Final = 60.0
TRIES: Final = 3
_LINE: Final = re.compile(r"([0-9a-f]{64}) [ *]([A-Za-z0-9._-]+)")


class CannotFetch(Exception):
    """The model can't be had. The message ends with what to do."""


def fetch(source: str, folder: Path, sums_sha256: str = "") -> None:
    """Have the model of `source` in `folder`.

    source: a name in `MODELS`, or the address of a folder that holds the files and their SHA256SUMS.
    sums_sha256: SHA-256 of that list, for an address. Raises CannotFetch.
    """
    if model := MODELS.get(source):
        addresses = {
            name: hf_hub_url(model.repository, name, revision=model.revision) for name in model.files
        }
        install(folder, as_text(model.files), lambda name, file: _download(addresses[name], file))
    elif source.startswith(("https://", "http://")):
        _fetch_from(source.rstrip("/"), folder, sums_sha256)
    else:
        names = ", ".join(MODELS)
        raise CannotFetch(f"no model is called <{source}>: give one of {names}, or the address of a folder")


def install(folder: Path, listing: str, write: Callable[[str, Path], str]) -> None:
    """Have these files in `folder`, if they are what they should be.

    listing: text of a SHA256SUMS file. write: writes a file of this name to a path, and returns its SHA-256.
    Raises CannotFetch.
    """
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(folder.parent / f".{folder.name}.lock"):
            if not _is_there(folder, listing):
                _install(folder, listing, write)
    except OSError as error:
        raise CannotFetch(
            f"{folder} can't be written ({error}): give a volume with room for the model"
        ) from error
    logger.info("The model is in %s", folder)


def as_text(sums: Mapping[str, str]) -> str:
    """Return the lines of a SHA256SUMS file."""
    return "".join(f"{digest}  {name}\n" for name, digest in sorted(sums.items()))


def _read(listing: str) -> dict[str, str]:
    """SHA-256 by name of a SHA256SUMS file; empty if it lists no model."""
    found = [_LINE.fullmatch(line) for line in listing.splitlines()]
    sums = {match[2]: match[1] for match in found if match}
    return sums if len(sums) == len(found) and "model.bin" in sums and SUMS not in sums else {}


def _is_there(folder: Path, listing: str) -> bool:
    """Whether a folder holds these files, which were checked when they were written."""
    listed = folder / SUMS
    return (
        listed.is_file()
        and listed.read_text(encoding="utf-8") == listing
        and all((folder / name).is_file() for name in _read(listing))
    )


def _on_hub(model: PinnedModel, name: str) -> str:
    return hf_hub_url(model.repository, name, revision=model.revision)


def _fetch_from(place: str, folder: Path, sums_sha256: str) -> None:
    if not sums_sha256:
        raise CannotFetch(f"nothing says what is right at {place}: give the SHA-256 of its {SUMS}")
    # An engine whose model is on the volume starts while that server is away.
    listing = _text(folder / SUMS)
    if hashlib.sha256(listing.encode()).hexdigest() != sums_sha256:
        listing = _fetched_listing(f"{place}/{SUMS}", sums_sha256)
    install(folder, listing, lambda name, file: _download(f"{place}/{name}", file))


def _fetched_listing(address: str, sha256: str) -> str:
    with tempfile.TemporaryDirectory() as place:
        file = Path(place) / SUMS
        _check(address, _download(address, file), sha256)
        listing = _text(file)
    if not _read(listing):
        raise CannotFetch(
            f"{address} lists no model: make it with `sha256sum * > {SUMS}` in the model's folder"
        )
    return listing


def _text(file: Path) -> str:
    try:
        return file.read_bytes().decode(errors="replace")
    except OSError:
        return ""


def _install(folder: Path, listing: str, write: Callable[[str, Path], str]) -> None:
    for left_over in folder.parent.glob(f".{folder.name}-*"):
        shutil.rmtree(left_over, ignore_errors=True)
    work = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    try:
        for name, digest in _read(listing).items():
            _check(name, write(name, work / name), digest)
        (work / SUMS).write_text(listing, encoding="utf-8")
        work.chmod(0o755)
        if folder.exists():
            # Another model, or one that is broken.
            shutil.rmtree(folder)
        work.rename(folder)
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _check(what: str, found: str, wanted: str) -> None:
    if found != wanted:
        raise CannotFetch(f"{what} has SHA-256 {found}, not {wanted}: it is not the file that was asked for")


def _download(address: str, file: Path) -> str:
    """Write what an address gives; its SHA-256."""
    for left in reversed(range(TRIES)):
        try:
            return _stream(address, file)
        except httpx.HTTPError as error:
            if not left:
                raise CannotFetch(
                    f"{address} can't be had ({error}): check the address and the network"
                ) from error
            logger.warning("%s: %s, once more", address, error)
    raise AssertionError("unreachable")


def _stream(address: str, file: Path) -> str:
    digest = hashlib.sha256()
    done = said = 0
    with (
        httpx.stream("GET", address, follow_redirects=True, timeout=LONGEST_SILENCE_S) as answer,
        file.open("wb") as out,
    ):
        answer.raise_for_status()
        total = int(answer.headers.get("content-length", 0))
        for block in answer.iter_bytes(1 << 20):
            digest.update(block)
            out.write(block)
            done += len(block)
            if total and done - said >= max(total // 10, 1 << 24):
                said = done
                logger.info("%s: %d of %d MB", file.name, done >> 20, total >> 20)
    return digest.hexdigest()
