"""Fetches a speech model into a folder, whole and checked, or not at all.

Several processes may do so for one folder at once, such as engine pods that share a volume: one fetches, the
others wait and find it there.
"""

from __future__ import annotations

import contextlib
import hashlib
import logging
import re
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Final

import httpx
from filelock import FileLock, Timeout
from huggingface_hub import hf_hub_url

from dolmetsch_engine.models.pinned import MODELS, PinnedModel

logger = logging.getLogger(__name__)

SUMS: Final = "SHA256SUMS"
"""List of a model's files with their SHA-256, as `sha256sum` writes it; in every folder that was fetched."""
LONGEST_SILENCE_S: Final = 60.0
PAUSES_S: Final = (1.0, 5.0)
"""Before another try, where a connection failed or a server had a fault."""
OTHERS_S: Final = 3600.0
"""What another process may take that is fetching the same model."""
_LINE: Final = re.compile(r"([0-9a-f]{64}) [ *]([A-Za-z0-9_][A-Za-z0-9._-]*)")


class CannotFetch(Exception):
    """The model can't be had. The message ends with what to do."""


def fetch(source: str, folder: Path, sums_sha256: str = "") -> None:
    """Have the model of `source` in `folder`.

    source: a name in `MODELS`, or the address of a folder that holds the files and their SHA256SUMS.
    sums_sha256: SHA-256 of that list, for an address. Raises CannotFetch.
    """
    if model := MODELS.get(source):
        install(folder, as_text(model.files), lambda name, file: _download(_on_hub(model, name), file))
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
    with _writing_to(folder), _alone_at(folder):
        if not _is_there(folder, listing):
            _install(folder, listing, write)
    logger.info("The model is in %s", folder)


def as_text(sums: Mapping[str, str]) -> str:
    """Return the lines of a SHA256SUMS file."""
    return "".join(f"{digest}  {name}\n" for name, digest in sorted(sums.items()))


def _read(listing: str) -> dict[str, str]:
    """SHA-256 by name of a SHA256SUMS file; empty if it lists no model."""
    found = [_LINE.fullmatch(line) for line in listing.splitlines()]
    # Made a second time, the list has a line of its own, which can't be right.
    sums = {match[2]: match[1] for match in found if match and match[2] != SUMS}
    return sums if None not in found and "model.bin" in sums else {}


def _is_there(folder: Path, listing: str) -> bool:
    """Whether a folder holds these files, which were checked when they were written."""
    return _text(folder / SUMS) == listing and all((folder / name).is_file() for name in _read(listing))


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
    place = Path(tempfile.gettempdir())
    with _writing_to(place), tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / SUMS
        _check(address, _download(address, file), sha256)
        listing = _text(file)
    if not _read(listing):
        raise CannotFetch(
            f"{address} lists no model: make it with `sha256sum * > {SUMS}` in the model's folder"
        )
    return listing


def _text(file: Path) -> str:
    """Text of a list, byte for byte; '' where there is none."""
    try:
        return file.read_bytes().decode(errors="replace")
    except OSError:
        return ""


@contextlib.contextmanager
def _writing_to(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise CannotFetch(
            f"{folder} can't be written ({error}): give a volume with room for the model"
        ) from error


@contextlib.contextmanager
def _alone_at(folder: Path) -> Iterator[None]:
    """Let one process at a time work at a folder. Raises CannotFetch, OSError."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    lock = FileLock(folder.parent / f".{folder.name}.lock")
    try:
        lock.acquire(timeout=1.0)
    except Timeout:
        logger.info("Another process is fetching %s: waiting for it", folder)
        try:
            lock.acquire(timeout=OTHERS_S)
        except Timeout as error:
            raise CannotFetch(
                f"another process has held {lock.lock_file} for {OTHERS_S:.0f} s: wait if it is still "
                "fetching, else end it, and try again"
            ) from error
    try:
        yield
    finally:
        lock.release()


def _install(folder: Path, listing: str, write: Callable[[str, Path], str]) -> None:
    work = folder.parent / f".{folder.name}.part"
    # An earlier process may have died at it.
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir()
    # Whatever the umask: other users of a shared volume read it too.
    work.chmod(0o755)
    try:
        for name, digest in _read(listing).items():
            _check(name, write(name, work / name), digest)
        (work / SUMS).write_bytes(listing.encode())
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
    """Write what an address gives; its SHA-256. Raises CannotFetch."""
    pauses = iter(PAUSES_S)
    while True:
        try:
            return _stream(address, file)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            pause = next(pauses, None) if _may_pass(error) else None
            if pause is None:
                raise CannotFetch(
                    f"{address} can't be had ({error}): check the address and the network"
                ) from error
            logger.warning("%s: %s, once more in %.0f s", address, error, pause)
            time.sleep(pause)


def _may_pass(error: Exception) -> bool:
    """Whether another try may help: a file that is not there, or not for us, will not come."""
    if isinstance(error, httpx.HTTPStatusError):
        return error.response.is_server_error or error.response.status_code == httpx.codes.TOO_MANY_REQUESTS
    return isinstance(error, httpx.TransportError)


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
