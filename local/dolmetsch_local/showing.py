"""`dolmetsch demo`: a real recording spoken into a room of a running platform, again and again."""

import asyncio
import os
import webbrowser
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from dolmetsch_local.client import Refused
from dolmetsch_local.listen import listen
from dolmetsch_local.settings import LocalSettings
from dolmetsch_local.speak import speak
from dolmetsch_local.state import Address

ROOM, SPOKEN, READ = "DEMO1", "en", "pt"
BETWEEN_S = 8.0
MODEL = "tiny.en"
"""Good at this recording, and quick enough for a laptop without a GPU."""


def settings_of(wanted: LocalSettings) -> LocalSettings:
    """Return the settings as wanted, but for the talk: the demonstration is about its own."""
    changes: dict[str, Any] = {"languages": (SPOKEN, READ), "schedule": "", "rooms_file": None}
    if "model" not in wanted.model_fields_set:
        changes["model"] = MODEL
    return wanted.model_copy(update=changes)


def page(url: str) -> str:
    """Return where the demonstration can be read."""
    return f"{url}/#/room/{ROOM}"


def open_page(url: str) -> None:
    """Open the page in a browser, on a machine with a screen."""
    if os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"):
        webbrowser.open(page(url))


async def show(address: Address, recording: Path, say: Callable[[str, str], None]) -> None:
    """Speak the recording in a loop; `say(language, text)` gets each finished sentence in both languages."""
    await asyncio.gather(
        _speak(address, recording), _read(address.url, SPOKEN, say), _read(address.url, READ, say)
    )


async def _speak(address: Address, recording: Path) -> None:
    while True:
        with suppress(Refused):
            await speak(address, ROOM, recording, SPOKEN, lambda _done, _total: None)
        await asyncio.sleep(BETWEEN_S)


async def _read(url: str, lang: str, say: Callable[[str, str], None]) -> None:
    def show_finished(finished: str, _: str) -> None:
        if finished:
            say(lang, finished)

    while True:
        with suppress(Refused):
            await listen(url, ROOM, lang, show_finished, lambda _: None)
        await asyncio.sleep(1.0)
