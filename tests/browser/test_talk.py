"""A talk spoken into one browser and read in others."""

import contextlib

import pytest
from playwright.async_api import Page, expect

from tests.browser.boxes import WATCH_BOXES
from tests.browser.conftest import NOTICE, PATIENCE_MS, Opening, captions, choose, log_in, photograph
from tests.platform_process import PlatformProcess, viewing
from tests.scoring import exact_translations, score, talk
from tests.waiting import looks, until

pytestmark = pytest.mark.browser

WATCH_STATES = """
() => {
  const state = document.querySelector('.state');
  window.states = [state.textContent];
  new MutationObserver(() => states.push(state.textContent))
    .observe(state, {childList: true, characterData: true, subtree: true});
}
"""


async def sentences_shown(page: Page, count: int, lang: str) -> None:
    await page.wait_for_function(
        "([count, lang]) => document.querySelectorAll(`.sentence[lang=${lang}]`).length >= count",
        arg=[count, lang],
    )


async def cut_off(page: Page) -> int:
    """Close the page's open socket under its feet; how many sockets it has had so far."""
    count: int = await page.evaluate("() => { sockets.at(-1).close(); return sockets.length; }")
    return count


@pytest.mark.audio
async def test_a_talk_spoken_into_one_browser_is_read_in_others(
    opened: Opening, platform: PlatformProcess
) -> None:
    german = await opened("#/room/DEMO1", scheme="dark")
    phone = await opened("#/room/DEMO1", width=360, height=640)
    await expect(german.get_by_text("Waiting for the speaker")).to_be_visible()
    await choose(german, "Read in", "de")
    await choose(phone, "Read in", "en")
    for page in (german, phone):
        await page.evaluate(WATCH_BOXES)
        await page.evaluate(WATCH_STATES)

    host = await opened("#/host/DEMO1")
    await log_in(host)
    await choose(host, "Spoken", "en")
    await choose(host, "Read in", "en")
    await host.get_by_role("button", name="Start speaking").click()
    await expect(host.locator(".state")).to_have_text("Live")
    await host.wait_for_function(
        "() => Number(document.querySelector('[role=meter]').getAttribute('aria-valuenow')) > 30"
    )
    await expect(german.locator(".state")).to_have_text("Live")

    await sentences_shown(german, 3, "de")
    await photograph_talk(host, german, phone)
    before = await cut_off(german)
    await german.wait_for_function("(before) => sockets.length > before", arg=before)
    await german.wait_for_function("() => states.some((each) => each.startsWith('Connection lost'))")

    await sentences_shown(host, 4, "en")
    await choose(host, "Read in", "de")
    await sentences_shown(host, 6, "de")
    assert await host.evaluate("() => recorders") == 1, "another language needs no new recording"

    await expect(host.get_by_text("Nothing was heard for 10 seconds")).to_be_visible()
    await photograph(host, "host-silence")
    # The recording is over: all of it will be there.
    await until_all_is_shown(german, phone)
    await check_captions(german, phone)
    async with viewing(platform.url, "DEMO1", "en") as (viewer,):
        sent = [each["text"] for each in await captions(phone)]
        await until(
            lambda: viewer.texts("en") == sent, "the page shows what a reader is sent", PATIENCE_MS / 1000
        )
    read = await captions(german)
    await check_recovery(host)
    await host.get_by_role("button", name="Stop").click()
    await expect(host.get_by_role("button", name="Start speaking")).to_be_enabled()
    await platform.end_grace_time("DEMO1")
    for page in (german, phone, host):
        await expect(page.locator(".state")).to_have_text("The talk has ended (Room closed).")
    # What was read stays readable, and nothing is on its way any more.
    assert (await captions(german))[: len(read)] == read
    await expect(german.locator(".words")).to_have_text("")


async def photograph_talk(host: Page, german: Page, phone: Page) -> None:
    await german.wait_for_function("() => document.querySelector('.words').textContent.length > 5")
    await photograph(host, "host-light")
    await photograph(german, "viewer-dark")
    await photograph(phone, "viewer-phone-light")
    for page in (host, german, phone):
        await expect(page.get_by_text(NOTICE)).to_be_visible()


async def until_all_is_shown(german: Page, phone: Page) -> None:
    """Wait until the whole talk can be read, in German too."""
    of, own = talk("en"), [""]
    async with contextlib.aclosing(looks("the whole talk", PATIENCE_MS / 1000, lambda: own)) as looking:
        async for _ in looking:
            own = [each["text"] for each in await captions(phone)]
            translated = [each["lang"] for each in await captions(german)]
            whole = len(own) >= len(of.texts) and not score(of.texts, own).missing
            if whole and translated == ["de"] * len(own):
                return


async def check_captions(german: Page, phone: Page) -> None:
    of = talk("en")
    own, translated = await captions(phone), await captions(german)
    heard = score(of.texts, [each["text"] for each in own])
    print(f"WER {heard.wer:.1%}", [each["text"] for each in own])
    assert heard.wer <= 0.15
    assert not heard.missing
    assert not heard.doubled
    assert {each["lang"] for each in own} == {"en"}
    # Cut off in mid-talk, and nothing there twice, nothing missing.
    assert [each["at"] for each in translated] == [each["at"] for each in own]
    assert {(each["lang"], each["waiting"]) for each in translated} == {("de", False)}
    both = [{"en": one["text"], "de": other["text"]} for one, other in zip(own, translated, strict=True)]
    exact, right = exact_translations(of, both, "en", "de")
    assert right >= len(of.texts) / 2
    assert exact >= 0.9 * right
    for page in (german, phone):
        boxes = await page.evaluate("() => boxes")
        assert boxes["compared"] >= 1, "how often depends on the machine"
        assert boxes["moved"] == []


async def check_recovery(host: Page) -> None:
    """The host survives a lost socket."""
    await host.evaluate(WATCH_STATES)
    before = await cut_off(host)
    await host.wait_for_function("(before) => sockets.length > before", arg=before)
    await expect(host.locator(".state")).to_have_text("Live")
    assert any(each.startswith("Connection lost") for each in await host.evaluate("() => states"))
    assert await host.evaluate("() => recorders") == 2, "a lost socket needs a new recording"
    await expect(host.get_by_role("button", name="Stop")).to_be_enabled()
