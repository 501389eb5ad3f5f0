"""Models that are fetched: from a server on loopback, whole and checked or not at all."""

import hashlib
import logging
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from filelock import FileLock

from dolmetsch_engine.models import fetching
from dolmetsch_engine.models.fetching import SUMS, CannotFetch, as_text, fetch, install
from dolmetsch_engine.models.pinned import MODELS, PinnedModel

FILES = {"model.bin": b"weights" * 1000, "config.json": b"{}", "vocabulary.txt": b"a\nb\n"}
HASHES = {name: hashlib.sha256(content).hexdigest() for name, content in FILES.items()}


class Counting(SimpleHTTPRequestHandler):
    """Serves a folder and notes what was asked for."""

    asked: list[str] = []  # noqa: RUF012 (one server at a time)

    def do_GET(self) -> None:
        self.asked.append(self.path)
        super().do_GET()

    def log_message(self, *_args: object) -> None:
        """Say nothing."""


@pytest.fixture
def served(tmp_path: Path) -> Iterator[tuple[str, Path]]:
    """Address and folder of a model on a server."""
    folder = tmp_path / "served"
    folder.mkdir()
    for name, content in FILES.items():
        (folder / name).write_bytes(content)
    (folder / SUMS).write_text(as_text(HASHES))
    Counting.asked.clear()
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Counting, directory=str(folder)))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/", folder
    server.shutdown()
    thread.join()
    server.server_close()


def listed(folder: Path) -> str:
    return hashlib.sha256((folder / SUMS).read_bytes()).hexdigest()


def test_a_model_is_fetched_once(served: tuple[str, Path], tmp_path: Path) -> None:
    address, folder = served
    target = tmp_path / "volume" / "model"
    for _ in range(2):
        fetch(address, target, listed(folder))
    assert {each.name: each.read_bytes() for each in target.iterdir() if each.name != SUMS} == FILES
    assert Counting.asked.count("/model.bin") == 1
    assert [each.name for each in target.parent.iterdir() if not each.name.endswith(".lock")] == ["model"]


def test_pods_that_share_a_volume_fetch_once(served: tuple[str, Path], tmp_path: Path) -> None:
    address, folder = served
    target = tmp_path / "model"
    with ThreadPoolExecutor(4) as pods:
        for each in [pods.submit(fetch, address, target, listed(folder)) for _ in range(4)]:
            each.result()
    assert Counting.asked.count("/model.bin") == 1


@pytest.mark.parametrize("broken", ["other bytes", "missing file", "missing list", "no model", "a path"])
def test_what_is_not_right_is_not_taken(served: tuple[str, Path], tmp_path: Path, broken: str) -> None:
    address, folder = served
    if broken == "other bytes":
        (folder / "config.json").write_text("{ }")
    elif broken == "missing file":
        (folder / "vocabulary.txt").unlink()
    elif broken == "no model":
        (folder / SUMS).write_text(as_text({"config.json": HASHES["config.json"]}))
    elif broken == "a path":
        (folder / SUMS).write_text(as_text(HASHES | {"../../etc/passwd": HASHES["config.json"]}))
    right = listed(folder)
    if broken == "missing list":
        (folder / SUMS).unlink()
    target = tmp_path / "model"
    target.mkdir()
    (target / "model.bin").write_text("the one before")
    with pytest.raises(CannotFetch, match=r"SHA-256|can't be had|lists no model"):
        fetch(address, target, right)
    assert (target / "model.bin").read_text() == "the one before"
    assert {each.name for each in tmp_path.iterdir()} - {".model.lock"} == {"served", "model"}


def test_a_model_that_is_there_needs_no_server(served: tuple[str, Path], tmp_path: Path) -> None:
    address, folder = served
    right = listed(folder)
    fetch(address, tmp_path / "model", right)
    (folder / SUMS).unlink()
    fetch(address, tmp_path / "model", right)
    with pytest.raises(CannotFetch):
        fetch(address, tmp_path / "model", right[::-1])


def test_a_folder_that_is_broken_is_fetched_anew(served: tuple[str, Path], tmp_path: Path) -> None:
    address, folder = served
    target = tmp_path / "model"
    fetch(address, target, listed(folder))
    (target / "config.json").unlink()
    fetch(address, target, listed(folder))
    assert (target / "config.json").read_bytes() == FILES["config.json"]


def test_a_list_of_another_system_and_one_that_was_made_twice(
    served: tuple[str, Path], tmp_path: Path
) -> None:
    address, folder = served
    text = as_text(HASHES | {SUMS: "0" * 64}).replace("\n", "\r\n")
    (folder / SUMS).write_bytes(text.encode())
    for _ in range(2):
        fetch(address, tmp_path / "model", listed(folder))
    assert Counting.asked.count("/model.bin") == 1


def test_models_whose_names_begin_alike_do_not_disturb_each_other(tmp_path: Path) -> None:
    def write(name: str, file: Path) -> str:
        file.write_bytes(FILES[name])
        return HASHES[name]

    def meanwhile(name: str, file: Path) -> str:
        install(tmp_path / "large", as_text(HASHES), write)
        return write(name, file)

    install(tmp_path / "large-v3", as_text(HASHES), meanwhile)
    assert {each.name for each in tmp_path.iterdir() if each.is_dir()} == {"large", "large-v3"}


@pytest.mark.parametrize("address", ["https://host:port/x", "http://127.0.0.1:1", "https://ho st/\x00"])
def test_an_address_that_is_none(tmp_path: Path, address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetching, "PAUSES_S", (0.01,))
    with pytest.raises(CannotFetch, match="check the address"):
        fetch(address, tmp_path / "model", "0" * 64)


def test_one_that_hangs_is_not_waited_for_for_ever(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetching, "OTHERS_S", 0.1)
    with FileLock(tmp_path / ".model.lock"), pytest.raises(CannotFetch, match="end it, and try again"):
        install(tmp_path / "model", as_text(HASHES), lambda _name, _file: "")


def test_a_server_with_a_fault_is_asked_again(
    served: tuple[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    address, folder = served
    monkeypatch.setattr(fetching, "PAUSES_S", (0.01, 0.01))
    faults = iter([500, 503])

    def do_get(self: Counting) -> None:
        fault = next(faults, None) if self.path == "/model.bin" else None
        self.send_error(fault) if fault else SimpleHTTPRequestHandler.do_GET(self)

    monkeypatch.setattr(Counting, "do_GET", do_get)
    fetch(address, tmp_path / "model", listed(folder))
    assert (tmp_path / "model" / "model.bin").read_bytes() == FILES["model.bin"]


@pytest.mark.parametrize(
    ("source", "sha256", "remedy"),
    [
        ("bass", "", "give one of tiny.en"),
        ("models/base", "", "give one of tiny.en"),
        ("https://models.example.org/base", "", "give the SHA-256"),
    ],
)
def test_a_source_that_is_none(tmp_path: Path, source: str, sha256: str, remedy: str) -> None:
    with pytest.raises(CannotFetch, match=remedy):
        fetch(source, tmp_path / "model", sha256)


def test_a_volume_that_can_not_be_written(tmp_path: Path) -> None:
    (tmp_path / "volume").write_text("a file")
    with pytest.raises(CannotFetch, match="give a volume"):
        fetch("base", tmp_path / "volume" / "model")


def test_a_name_is_fetched_from_the_hub_by_its_revision(
    served: tuple[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    address, folder = served
    place = folder / "of" / "somebody" / "resolve" / "0123"
    place.mkdir(parents=True)
    for name in FILES:
        (folder / name).rename(place / name)
    monkeypatch.setitem(MODELS, "small", PinnedModel("of/somebody", "0123", HASHES))  # type: ignore[arg-type]
    # The hub's own address is read when its library is imported.
    monkeypatch.setattr(
        fetching, "hf_hub_url", lambda repo, name, revision: f"{address}{repo}/resolve/{revision}/{name}"
    )
    fetch("small", tmp_path / "model")
    assert (tmp_path / "model" / "model.bin").read_bytes() == FILES["model.bin"]


def test_every_pin_is_whole() -> None:
    for model in MODELS.values():
        assert len(model.revision) == 40
        assert {"model.bin", "config.json", "tokenizer.json"} < set(model.files)
        assert all(len(bytes.fromhex(digest)) == 32 for digest in model.files.values())


def test_the_command_says_what_is_wrong(tmp_path: Path) -> None:
    environment = os.environ | {
        "DOLMETSCH_MODEL_SOURCE": "bass",
        "DOLMETSCH_ENGINE_MODEL": str(tmp_path / "m"),
    }
    done = subprocess.run(
        [sys.executable, "-m", "dolmetsch_engine.models", "fetch"],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr.startswith("dolmetsch model: no model is called <bass>")


def test_progress_is_told(served: tuple[str, Path], tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    address, folder = served
    big = b"x" * (40 << 20)
    (folder / "model.bin").write_bytes(big)
    (folder / SUMS).write_text(as_text(HASHES | {"model.bin": hashlib.sha256(big).hexdigest()}))
    with caplog.at_level(logging.INFO, fetching.__name__):
        fetch(address, tmp_path / "model", listed(folder))
    assert "model.bin: 16 of 40 MB" in caplog.messages
