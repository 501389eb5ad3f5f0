"""Chromium with a recording as its microphone, and the page as people open it."""

import wave
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Literal

import av
import pytest
from playwright.async_api import Browser, ConsoleMessage, Page, async_playwright, expect

from dolmetsch_core.archive.database import Archive
from dolmetsch_local.processes import free_port
from tests.browser import conference
from tests.conftest import REPOSITORY
from tests.platform_process import HOST_PASSWORD, PlatformProcess
from tests.scoring import talk

CHROMIUM = "/usr/bin/chromium"
NOTICE = "Demonstration model: knows about 280 words per language"
SCREENSHOTS = REPOSITORY / "screenshots"
PATIENCE_MS = 120_000
"""Until something is to be seen, or done. No promise of the page: what a busy machine may take."""
expect.set_options(timeout=PATIENCE_MS)
RATE = 48_000
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--use-fake-ui-for-media-stream",
    "--use-fake-device-for-media-stream",
]
PATIENT = """
{
  const timeout = AbortSignal.timeout.bind(AbortSignal);
  AbortSignal.timeout = (ms) => timeout(ms * 30);
}
"""
"""Lets the page wait longer for answers: on a busy machine, and while a test holds one back."""
SPY = """
window.sockets = [];
window.WebSocket = class extends WebSocket {
  constructor(...wanted) { super(...wanted); window.sockets.push(this); }
};
window.recorders = 0;
window.slices = 0;
window.MediaRecorder = class extends MediaRecorder {
  constructor(...wanted) {
    super(...wanted);
    window.recorders += 1;
    this.addEventListener('dataavailable', () => { window.slices += 1; });
  }
};
"""
"""Lets a test cut a socket off, and count recordings and their slices."""


def as_wav(recording: Path, target: Path) -> Path:
    """Decode a recording into what Chromium takes for a microphone."""
    resampler = av.AudioResampler("s16", "mono", RATE)
    with av.open(str(recording)) as source, wave.open(str(target), "wb") as sink:
        sink.setnchannels(1)
        sink.setsampwidth(2)
        sink.setframerate(RATE)
        for frame in [*source.decode(source.streams.audio[0]), None]:
            for resampled in resampler.resample(frame):
                sink.writeframes(resampled.to_ndarray().tobytes())
    return target


@pytest.fixture(scope="session")
def spoken_wav(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The English talk as a microphone's recording."""
    return as_wav(talk("en").recording, tmp_path_factory.mktemp("microphone") / "en.wav")


@pytest.fixture
async def browser(spoken_wav: Path) -> AsyncIterator[Browser]:
    """Chromium; its microphone speaks the English talk once, from each time that it is opened."""
    async with async_playwright() as driver:
        browser = await driver.chromium.launch(
            executable_path=CHROMIUM,
            args=[*FLAGS, f"--use-file-for-fake-audio-capture={spoken_wav}%noloop"],
            timeout=PATIENCE_MS,
        )
        yield browser
        await browser.close()


Scheme = Literal["light", "dark"]
Opening = Callable[..., Awaitable[Page]]


@asynccontextmanager
async def people(browser: Browser, platform: PlatformProcess) -> AsyncIterator[Opening]:
    """Opens pages, each as a person of its own. No page may throw, or break its own security policy.

    `broken`: this one is made to throw.
    """
    faults: list[str] = []

    def hear(message: ConsoleMessage) -> None:
        if "Content Security Policy" in message.text:
            faults.append(message.text)

    async def open_page(
        address: str,
        *,
        width: int = 1280,
        height: int = 800,
        scheme: Scheme = "light",
        spy: str = SPY,
        broken: bool = False,
    ) -> Page:
        context = await browser.new_context(
            viewport={"width": width, "height": height}, color_scheme=scheme, locale="en-GB"
        )
        context.set_default_timeout(PATIENCE_MS)
        await context.add_init_script(PATIENT + spy)
        page = await context.new_page()
        if not broken:
            page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("console", hear)
        await page.goto(f"{platform.url}/{address}")
        return page

    yield open_page
    for context in browser.contexts:
        await context.close()
    assert not faults


@pytest.fixture
async def opened(browser: Browser, platform: PlatformProcess) -> AsyncIterator[Opening]:
    """Opens pages of the platform with the sample rooms."""
    async with people(browser, platform) as open_page:
        yield open_page


@pytest.fixture(scope="session")
def conference_platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PlatformProcess]:
    """A platform with a schedule, on the morning of its first day, under a base path as well."""
    folder = tmp_path_factory.mktemp("conference")
    (folder / "schedule.json").write_bytes(conference.schedule())
    platform = PlatformProcess(
        folder / "state",
        free_port(),
        DOLMETSCH_MODEL="demo",
        DOLMETSCH_SCHEDULE=str(folder / "schedule.json"),
        DOLMETSCH_FAKE_NOW=conference.NOW,
        DOLMETSCH_BASE_PATH=conference.BASE_PATH,
    )
    try:
        platform.start()
        yield platform
    finally:
        platform.stop()


@pytest.fixture
async def archive(conference_platform: PlatformProcess) -> AsyncIterator[Archive]:
    """The conference's archive, without transcripts, votes and rooms made by hand."""
    archive = Archive.open(f"sqlite:///{conference_platform.state / 'archive.db'}")
    await conference.clear(archive)
    yield archive
    await archive.close()


@pytest.fixture
async def visited(
    browser: Browser, conference_platform: PlatformProcess, archive: Archive
) -> AsyncIterator[Opening]:
    """Opens pages of the conference."""
    async with people(browser, conference_platform) as open_page:
        yield open_page
    await conference.close_rooms(conference_platform)


async def photograph(page: Page, name: str) -> None:
    """Leave a screenshot to be looked at."""
    SCREENSHOTS.mkdir(exist_ok=True)
    await page.screenshot(path=SCREENSHOTS / f"{name}.png")


async def log_in(page: Page, password: str = HOST_PASSWORD) -> None:
    """Fill in the login form as a person does."""
    await page.get_by_label("Password").fill(password)
    await page.get_by_role("button", name="Log in").click()


async def hold_key(page: Page, key: str) -> None:
    """Come back with a key of an earlier visit."""
    await page.context.add_cookies([{"name": "authenticated", "value": key, "url": page.url.split("#")[0]}])
    await page.reload()


async def choose(page: Page, label: str, value: str) -> None:
    """Take an option of a select."""
    await page.get_by_label(label, exact=True).select_option(value)


async def look(page: Page, times: int = 1) -> None:
    """Have the page look at the server now."""
    await page.evaluate(
        """async (times) => {
          const {status} = await import('./status.js');
          for (let at = 0; at < times; at += 1) await status.look();
        }""",
        times,
    )


async def captions(page: Page) -> list[dict[str, Any]]:
    """The finished sentences as they stand on the page."""
    found: list[dict[str, Any]] = await page.evaluate(
        """() => [...document.querySelectorAll('[role=log] .sentence')].map((each) => ({
          at: each.dataset.at, text: each.textContent, lang: each.lang, dir: each.dir,
          waiting: each.classList.contains('waiting')}))"""
    )
    return found


def chunk(contents: list[dict[str, str]], *, line: int = 0, first: int = 0, rest: str = "") -> dict[str, Any]:
    """A chunk as the server sends it."""
    sentences = [{"sent_idx": first + at, "content": content} for at, content in enumerate(contents)]
    line_sent = {"line_idx": line, "beg": 0, "end": 5, "speaker": -1, "sentences": sentences}
    return {
        "last_n_sents": [line_sent] if contents else [],
        "incomplete_sentence": rest,
        "transcription_delay": 0.5,
        "translation_delay": 0.1,
    }


async def show(page: Page, *chunks: dict[str, Any], lang: str = "de") -> None:
    """Give chunks to the page's own caption view, put in the place of the room's."""
    await page.evaluate(
        """async ([chunks, lang]) => {
          if (!window.shownView) {
            const {CaptionView} = await import('./caption_view.js');
            const {Captions} = await import('./captions.js');
            window.shownView = new CaptionView(new Captions());
            document.querySelector('.captions').replaceWith(shownView.element);
            shownView.spoken = 'en';
          }
          shownView.setLang(lang);
          for (const chunk of chunks) shownView.take(chunk, lang);
        }""",
        [chunks, lang],
    )
