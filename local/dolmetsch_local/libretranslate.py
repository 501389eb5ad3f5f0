"""LibreTranslate on one machine: its packages, its command line, its readiness. The platform starts it.

It lives in an environment of its own, because it pins old libraries; nothing of it is imported here.
All of its state lies in one folder; nothing of the caller's environment reaches it but what `_INHERITED`
names. It is silent about what it translates (see `libretranslate_side/serve.py`).
"""

import asyncio
import json
import os
import subprocess
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import httpx
from filelock import FileLock

from dolmetsch_core.wire.languages import from_libretranslate, to_libretranslate

_HERE: Final = Path(__file__).parent
DEMO_PACKAGES: Final = _HERE / "demo" / "translation"
_SERVE: Final = _HERE / "libretranslate_side" / "serve.py"
_INSTALL: Final = _HERE / "libretranslate_side" / "install.py"
_INHERITED: Final = (
    "PATH", "LANG", "LC_ALL", "TZ", "TMPDIR", "ARGOS_PACKAGE_INDEX", "SSL_CERT_FILE", "SSL_CERT_DIR",
    "http_proxy", "https_proxy", "no_proxy", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY",
)  # fmt: skip
INDEX_TIMEOUT_S: Final = 15.0
"""For the whole look at the package index, the start of a Python included; the request itself has 3 s."""
NO_INDEX: Final = 3
READY_S: Final = 180.0
"""What its start, and loading a model, may take on a slow machine."""

Say = Callable[[str], None]


class LibreTranslateMissing(Exception):
    """There is no environment for LibreTranslate, or a broken one. Remedy: `make .venv-libretranslate`."""

    def __init__(self, python: Path, why: str) -> None:
        super().__init__(python, why)
        self.python = python
        self.why = why

    def __str__(self) -> str:
        return f"LibreTranslate's Python <{self.python}> {self.why}: run `make .venv-libretranslate`"


class LibreTranslateNotReady(Exception):
    """LibreTranslate did not answer in time, or ended. Source: `wait_ready`, `warm_up`."""

    def __init__(self, url: str, why: str) -> None:
        super().__init__(url, why)
        self.url = url
        self.why = why

    def __str__(self) -> str:
        return f"LibreTranslate at {self.url} {self.why}: see its log, or run without it"


@dataclass(frozen=True, kw_only=True)
class LibreTranslateSpec:
    """A LibreTranslate process: how to start it, where it will be."""

    argv: tuple[str, ...]
    env: Mapping[str, str]
    """The whole environment of the process, not an addition to ours."""
    cwd: Path
    """Its folder: it keeps small databases where it is started."""
    url: str
    directions: tuple[tuple[str, str], ...]
    """(source, target) in LibreTranslate's codes: one per installed package."""

    async def wait_ready(self, *, timeout: float = READY_S, alive: Callable[[], bool] = lambda: True) -> None:
        """Returns when `/languages` answers. Raises LibreTranslateNotReady: `timeout` s, not `alive`."""
        deadline = asyncio.get_running_loop().time() + timeout
        async with httpx.AsyncClient(base_url=self.url, timeout=5.0, trust_env=False) as client:
            while not await _answers(client):
                if not alive():
                    raise LibreTranslateNotReady(self.url, "ended while it started")
                if asyncio.get_running_loop().time() > deadline:
                    raise LibreTranslateNotReady(self.url, f"did not answer within {timeout:g} s")
                await asyncio.sleep(0.05)

    async def warm_up(self, *, timeout: float = READY_S) -> None:
        """One sentence in each direction, which loads its model. Raises LibreTranslateNotReady."""
        async with httpx.AsyncClient(base_url=self.url, timeout=timeout, trust_env=False) as client:
            for source, target in self.directions:
                question = {"q": "1.", "source": source, "target": target, "format": "text"}
                try:
                    (await client.post("/translate", json=question)).raise_for_status()
                except httpx.HTTPError as error:
                    why = f"does not translate {source} -> {target} ({type(error).__name__})"
                    raise LibreTranslateNotReady(self.url, why) from None


@dataclass(frozen=True)
class Prepared:
    """What came of the preparation. Without a spec, translation is left to the other backends."""

    spec: LibreTranslateSpec | None
    note: str
    """Which languages there are and why: a sentence for the page and the terminal."""


def prepare_demo(state: Path, *, python: Path, port: int, say: Say) -> Prepared:
    """The bundled demonstration packages, English and German. Raises LibreTranslateMissing."""
    folder = state / "libretranslate-demo"
    archives = sorted(DEMO_PACKAGES.glob("*.argosmodel"))
    with _locked(folder):
        if len(_installed(folder)) < len(archives):
            say("installing the demonstration's translation packages")
            _run_install(folder, python, ["files", *map(str, archives)], say)
    env = {"ARGOS_BEAM_SIZE": "1", "ARGOS_INTRA_THREADS": "1"}
    note = "Demonstration: LibreTranslate with two small packages, which know about 280 words per language."
    return Prepared(_spec(folder, python, port, env), note)


def prepare(state: Path, languages: Sequence[str], *, python: Path, port: int, say: Say) -> Prepared:
    """LibreTranslate's own packages for `languages` (our codes): those that are here, and what is missing
    from argos's package index, if that can be reached within seconds.

    Every package translates from or to English, so English is always among them. Raises
    LibreTranslateMissing. No spec: there are no packages and none can be had.
    """
    folder = state / "libretranslate"
    wanted = {to_libretranslate(code) for code in languages} | {"en"}
    reached = True
    with _locked(folder):
        here = {(_public(source), _public(target)) for source, target in _installed(folder)}
        if not {pair for code in wanted - {"en"} for pair in ((code, "en"), ("en", code))} <= here:
            say("looking for LibreTranslate's packages in argos's package index")
            reached = _run_install(folder, python, ["index", *sorted(wanted)], say)
    # With fewer than two packages LibreTranslate does not start.
    installed = _installed(folder)
    usable = installed if len(installed) >= 2 else []
    note = _note(languages, usable, reached=reached)
    say(note)
    return Prepared(_spec(folder, python, port, {}) if usable else None, note)


def _note(languages: Sequence[str], here: Iterable[tuple[str, str]], *, reached: bool) -> str:
    known = {from_libretranslate(_public(code)) for pair in here for code in pair}
    lacking = ", ".join(code for code in languages if code not in known and code != "en")
    if not known:
        why = "cannot be reached" if not reached else "has nothing for the languages asked for"
        return (
            f"LibreTranslate's package index {why}: only English and Portuguese, by the built-in translation."
        )
    if lacking and not reached:
        return f"LibreTranslate's package index cannot be reached, so there is no translation for {lacking}."
    if lacking:
        return f"LibreTranslate has no packages for {lacking}."
    return f"Translation by LibreTranslate, with packages for {', '.join(languages)}."


def _public(code: str) -> str:
    """argos's code as LibreTranslate spells it to the outside."""
    return {"zh": "zh-Hans", "zt": "zh-Hant", "pb": "pt-BR"}.get(code, code)


def _spec(folder: Path, python: Path, port: int, extra: Mapping[str, str]) -> LibreTranslateSpec:
    return LibreTranslateSpec(
        argv=(
            str(_python(python)), "-P", "-W", "ignore", str(_SERVE),
            "--host", "127.0.0.1", "--port", str(port), "--disable-web-ui", "--disable-files-translation",
        ),
        env={**_environment(folder, folder / "packages"), **extra},
        cwd=folder,
        url=f"http://127.0.0.1:{port}",
        directions=tuple((_public(source), _public(target)) for source, target in sorted(_installed(folder))),
    )  # fmt: skip


def _environment(folder: Path, packages: Path) -> dict[str, str]:
    inherited = {name: os.environ[name] for name in _INHERITED if name in os.environ}
    return {
        **inherited,
        "HOME": str(folder / "home"),
        "XDG_DATA_HOME": str(folder / "data"),
        "XDG_CONFIG_HOME": str(folder / "config"),
        "XDG_CACHE_HOME": str(folder / "cache"),
        "ARGOS_PACKAGES_DIR": str(packages),
        "ORT_DISABLE_TELEMETRY": "1",
        "PYTHONUNBUFFERED": "1",
    }


def _python(python: Path) -> Path:
    """Not resolved: an environment's Python is a link, and knows its environment by the link's place."""
    if not os.access(python, os.X_OK):
        raise LibreTranslateMissing(python, "does not exist")
    return python.absolute()


def _locked(folder: Path) -> FileLock:
    """One preparation at a time, also among processes."""
    for name in ("home", "packages"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    return FileLock(folder / "install.lock")


def _installed(folder: Path) -> list[tuple[str, str]]:
    """(from, to) of the packages in place, argos's codes."""
    found = []
    for path in sorted((folder / "packages").glob("*/metadata.json")):
        metadata = json.loads(path.read_text())
        found.append((metadata["from_code"], metadata["to_code"]))
    return found


def _run_install(folder: Path, python: Path, arguments: Sequence[str], say: Say) -> bool:
    """Runs the installer and passes its steps on. False: the index cannot be reached."""
    process = subprocess.Popen(  # noqa: S603 (our own script, paths of ours)
        [str(_python(python)), "-P", "-W", "ignore", str(_INSTALL), str(folder / "packages"), *arguments],
        env=_environment(folder, folder / "staging"),
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    with process:
        try:
            return _follow_install(process, python, look=arguments[0] == "index", say=say)
        finally:
            process.kill()


def _follow_install(process: subprocess.Popen[str], python: Path, *, look: bool, say: Say) -> bool:
    # Name resolution knows no timeout of ours: whoever has not reached the index by then is stopped.
    watchdog = threading.Timer(INDEX_TIMEOUT_S, process.kill)
    watchdog.daemon = True
    if look:
        watchdog.start()
    reached = not look
    try:
        for line in process.stdout or ():
            watchdog.cancel()
            reached = True
            say(line.strip())
        status = process.wait()
    finally:
        watchdog.cancel()
    if look and not reached and (status == NO_INDEX or status < 0):
        return False
    if status != 0:
        raise LibreTranslateMissing(python, f"cannot install packages (status {status})")
    return True


async def _answers(client: httpx.AsyncClient) -> bool:
    try:
        answer = await client.get("/languages")
        return answer.status_code == 200 and isinstance(answer.json(), list)
    except (httpx.HTTPError, ValueError):
        return False
