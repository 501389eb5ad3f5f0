"""LibreTranslate as the platform starts it: silent, ready, with packages from a bundle or an index."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from dolmetsch_local import libretranslate as libretranslate_module
from dolmetsch_local.libretranslate import (
    DEMO_PACKAGES,
    LibreTranslateMissing,
    LibreTranslateNotReady,
    LibreTranslateSpec,
    prepare,
    prepare_demo,
)
from dolmetsch_local.processes import free_port
from tests.conftest import LIBRETRANSLATE_PYTHON, LibreTranslateProcess
from tests.serving import refusing, serving

PYTHON = LIBRETRANSLATE_PYTHON


def silent(_: str) -> None:
    """Nobody watches."""


class Index:
    """A package index on loopback, with the demonstration packages in it."""

    def __init__(self) -> None:
        self.url = ""
        self.hang = False
        self.asked = 0
        self.broken: set[str] = set()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        path = (await reader.readuntil(b"\r\n\r\n")).split()[1].decode().lstrip("/")
        self.asked += 1
        if not self.hang:
            body = self._index() if path == "index.json" else self._package(path)
            writer.write(f"HTTP/1.0 200 X\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body)
        else:
            await reader.read()

    def _package(self, name: str) -> bytes:
        return b"not a package" if name in self.broken else (DEMO_PACKAGES / name).read_bytes()

    def _index(self) -> bytes:
        entries = []
        for source, target in (("en", "de"), ("de", "en")):
            name = f"translate-{source}_{target}-1_0.argosmodel"
            entry = {"type": "translate", "from_code": source, "to_code": target, "package_version": "1.0"}
            entries.append({**entry, "from_name": source, "to_name": target, "links": [f"{self.url}{name}"]})
        return json.dumps(
            [*entries, {**entries[0], "to_code": "fr", "links": ["http://127.0.0.1:9/x"]}]
        ).encode()


@pytest.fixture
async def index(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Index]:
    packages = Index()
    # Only who hangs is to be given up, and not by this: to start a Python may take long.
    monkeypatch.setattr(libretranslate_module, "INDEX_TIMEOUT_S", 3600.0)
    async with serving(packages.serve) as url:
        packages.url = f"{url}/"
        monkeypatch.setenv("ARGOS_PACKAGE_INDEX", packages.url)
        yield packages


async def test_it_writes_nothing_down_that_it_translates(libretranslate: LibreTranslateProcess) -> None:
    address = libretranslate.spec.url
    async with httpx.AsyncClient(base_url=address, trust_env=False, timeout=120.0) as client:
        question = {"q": "We have fifty secret students.", "source": "en", "target": "de"}
        answer = (await client.post("/translate", json=question)).raise_for_status()
        words = {*question["q"].rstrip(".").split()[2:], *answer.json()["translatedText"].split()[1:]}
        refused = await client.post("/translate", json={**question, "target": "xx"})
        assert refused.status_code == 400
        broken = await client.post("/translate", json={**question, "q": ["secret", None]})
        assert broken.status_code == 500
    files = [path for path in libretranslate.spec.cwd.parent.rglob("*") if path.is_file()]
    assert libretranslate.log in files
    logged = [path for path in files if "packages" not in path.parts]
    assert [path for path in logged if any(word.encode() in path.read_bytes() for word in words)] == []


async def test_it_does_not_inherit_our_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, libretranslate: LibreTranslateProcess
) -> None:
    monkeypatch.setenv("LT_API_KEYS", "true")
    monkeypatch.setenv("DOLMETSCH_HOST_PASSWORD", "secret")
    spec = prepare_demo(tmp_path, python=PYTHON, port=free_port(), say=silent).spec
    assert spec is not None
    assert not [name for name in spec.env if name.startswith(("LT_", "DOLMETSCH_"))]
    assert all(str(tmp_path) in spec.env[name] for name in ("HOME", "XDG_DATA_HOME", "ARGOS_PACKAGES_DIR"))


def test_preparing_twice_installs_once(tmp_path: Path) -> None:
    first: list[str] = []
    prepare_demo(tmp_path, python=PYTHON, port=1, say=first.append)
    second: list[str] = []
    prepared = prepare_demo(tmp_path, python=PYTHON, port=1, say=second.append)
    assert "installed en-de" in first
    assert second == []
    assert prepared.spec is not None
    assert prepared.spec.directions == (("de", "en"), ("en", "de"))


def test_a_missing_environment_names_its_make_target(tmp_path: Path) -> None:
    with pytest.raises(LibreTranslateMissing, match=r"make \.venv-libretranslate"):
        prepare_demo(tmp_path, python=tmp_path / "python", port=1, say=silent)


async def test_packages_come_from_an_index_that_can_be_reached(tmp_path: Path, index: Index) -> None:
    said: list[str] = []
    prepared = await asyncio.to_thread(
        prepare, tmp_path, ["en", "de", "pt"], python=PYTHON, port=free_port(), say=said.append
    )
    assert {"index reached", "installed en-de", "installed de-en"} <= set(said)
    assert prepared.spec is not None
    assert prepared.note == "LibreTranslate has no packages for pt."
    process = LibreTranslateProcess(prepared.spec, tmp_path / "log")
    process.start()
    try:
        await process.ready()
    finally:
        process.kill()


async def test_a_broken_package_is_left_out_and_costs_the_others_nothing(
    tmp_path: Path, index: Index
) -> None:
    index.broken.add("translate-de_en-1_0.argosmodel")
    said: list[str] = []
    prepared = await asyncio.to_thread(prepare, tmp_path, ["de"], python=PYTHON, port=1, say=said.append)
    assert "installed en-de" in said
    assert any(each.startswith("failed de-en") for each in said)
    assert prepared.spec is None, "LibreTranslate does not start with one package"
    index.broken.clear()
    prepared = await asyncio.to_thread(prepare, tmp_path, ["de"], python=PYTHON, port=1, say=said.append)
    assert prepared.spec is not None


async def test_an_index_that_hangs_is_left(tmp_path: Path, index: Index) -> None:
    index.hang = True
    prepared = await asyncio.to_thread(prepare, tmp_path, ["en", "de"], python=PYTHON, port=1, say=silent)
    assert index.asked == 1, "it is still hanging"
    assert prepared.spec is None
    assert "cannot be reached" in prepared.note


def test_without_an_index_the_note_says_what_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with refusing() as port:
        monkeypatch.setenv("ARGOS_PACKAGE_INDEX", f"http://127.0.0.1:{port}/")
        prepared = prepare(tmp_path, ["en", "de"], python=PYTHON, port=1, say=silent)
    assert prepared.spec is None
    assert "English and Portuguese" in prepared.note


async def test_a_process_that_ended_is_not_waited_for(tmp_path: Path) -> None:
    with refusing() as port:
        url = f"http://127.0.0.1:{port}"
        spec = LibreTranslateSpec(argv=(), env={}, cwd=tmp_path, url=url, directions=())
        with pytest.raises(LibreTranslateNotReady, match="ended while it started"):
            await spec.wait_ready(alive=lambda: False)
        with pytest.raises(LibreTranslateNotReady, match=r"within 0\.1 s"):
            await spec.wait_ready(timeout=0.1)
