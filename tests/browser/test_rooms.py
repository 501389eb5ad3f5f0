"""The list of rooms, and what every view has in common."""

import asyncio
import json

import pytest
from playwright.async_api import Route, expect

from tests.browser.conference import HOSTILE
from tests.browser.conftest import NOTICE, Opening, captions, choose, chunk, log_in, photograph, show

pytestmark = pytest.mark.browser


async def test_the_list_shows_what_there_is_and_why(opened: Opening) -> None:
    for name, width, scheme in (("light", 1280, "light"), ("dark", 1280, "dark"), ("phone", 360, "light")):
        page = await opened("", width=width, scheme=scheme)
        await expect(page.get_by_role("heading", name="Rooms", level=1)).to_be_visible()
        await expect(page.get_by_role("listitem")).to_have_count(2)
        first = page.get_by_role("listitem").first
        await expect(first).to_contain_text("Opening of the conference")
        await expect(first).to_contain_text("Ada Lovelace · Large hall · English")
        await expect(first).to_contain_text("Not live")
        await expect(page.get_by_text("LibreTranslate with two small packages")).to_be_visible()
        await expect(page.get_by_text(NOTICE)).to_be_visible()
        track = await first.evaluate("(each) => getComputedStyle(each, '::before').backgroundColor")
        assert track == "rgb(47, 111, 79)"
        await photograph(page, f"rooms-{name}")
    await first.get_by_role("link", name="Read captions of Opening").click()
    await expect(page.get_by_role("heading", name="Opening of the conference")).to_be_focused()
    await expect(page).to_have_title("Opening of the conference – Dolmetsch")


@pytest.mark.parametrize("width", [360, 1920])
async def test_no_view_scrolls_sideways(opened: Opening, width: int) -> None:
    page = await opened("#/host/DEMO1", width=width, height=width * 16 // 9 if width < 500 else 1080)
    await log_in(page)
    await expect(page.get_by_role("button", name="Start speaking")).to_be_visible()
    for name in ("host", "room", ""):
        await page.evaluate("(hash) => { location.hash = hash; }", f"#/{name}/DEMO1" if name else "#/")
        await expect(page.get_by_role("heading", level=1)).to_be_visible()
        await expect(page.get_by_text(NOTICE)).to_be_visible()
        wide = await page.evaluate("() => document.documentElement.scrollWidth - innerWidth")
        assert wide <= 0, name
        await photograph(page, f"{name or 'rooms'}-{width}")


async def test_titles_and_captions_are_text(opened: Opening) -> None:
    page = await opened("")

    async def hostile_rooms(route: Route) -> None:
        answer = await (await route.fetch()).json()
        for room in answer["rooms"]:
            room |= {"title": HOSTILE, "presenter": HOSTILE, "description": HOSTILE}
            room["track"] = {"name": HOSTILE, "color": "red; background: url(//x)"}
        await route.fulfill(json=answer)

    await page.route("**/room_list", hostile_rooms)
    await page.reload()
    await expect(page.get_by_role("link", name=HOSTILE, exact=True).first).to_be_visible()
    await page.get_by_role("link", name=HOSTILE, exact=True).first.click()
    await expect(page.get_by_role("heading", name=HOSTILE)).to_be_visible()
    await show(page, chunk([{"en": HOSTILE, "de": HOSTILE}], rest=HOSTILE))
    assert [each["text"] for each in await captions(page)] == [HOSTILE]
    await expect(page.locator(".words")).to_have_text(HOSTILE)
    assert await page.evaluate("() => [document.images.length, window.broken]") == [0, None]


async def test_a_server_that_is_away_is_named_and_found_again(opened: Opening) -> None:
    page = await opened("")
    await page.route("**/health", lambda route: route.abort())
    await page.reload()
    banner = page.get_by_text("The server can't be reached. Trying again…")
    await expect(banner).to_be_visible()
    await page.unroute("**/health")
    await expect(banner).to_be_hidden()
    await expect(page.get_by_role("listitem")).to_have_count(2)


async def test_a_live_room_is_told_from_the_others(opened: Opening) -> None:
    page = await opened("")

    async def one_live(route: Route) -> None:
        answer = json.loads((await (await route.fetch()).body()).decode())
        answer["rooms"][1]["host_connection_id"] = "somebody"
        await route.fulfill(json=answer)

    await page.route("**/room_list", one_live)
    await page.reload()
    await expect(page.get_by_role("listitem").nth(1).locator(".badge")).to_have_text("Live")
    await photograph(page, "rooms-live")


async def test_a_room_is_not_missed_before_all_is_known(opened: Opening) -> None:
    page = await opened("")
    released = asyncio.Event()

    async def wait(route: Route) -> None:
        await released.wait()
        await route.continue_()

    await page.route("**/api/v1/about", wait)
    for kind, place in (("room", ".state"), ("host", ".facts")):
        await page.evaluate("(kind) => { location.hash = `#/${kind}/DEMO1`; }", kind)
        await page.reload()
        words = await page.evaluate(
            """async (place) => {
              const {status} = await import('./status.js');
              while (!status.rooms) await new Promise(requestAnimationFrame);
              status.dispatchEvent(new Event('change'));
              return document.querySelector(place).textContent;
            }""",
            place,
        )
        assert words == "", kind
    released.set()
    await expect(page.get_by_role("heading", name="Opening of the conference")).to_be_visible()
    await page.goto(page.url.split("#")[0] + "#/room/NOWHERE")
    await expect(page.get_by_text("There is no room NOWHERE here.")).to_be_visible()


FORBIDDEN = """
for (const area of ['localStorage', 'sessionStorage']) {
  Object.defineProperty(window, area, {get() { throw new DOMException('', 'SecurityError'); }});
}
window.BroadcastChannel = class { constructor() { throw new DOMException('', 'SecurityError'); } };
"""


async def test_a_browser_that_forbids_storage_shows_and_logs_in(opened: Opening) -> None:
    page = await opened("", spy=FORBIDDEN)
    await expect(page.get_by_role("listitem")).to_have_count(2)
    await page.get_by_role("link", name="Log in").click()
    await log_in(page)
    await expect(page.get_by_text("You are logged in as a speaker.")).to_be_visible()
    await page.get_by_role("link", name="Read captions of Opening").click()
    await expect(page.get_by_text("Waiting for the speaker")).to_be_visible()
    await choose(page, "Read in", "de")
    await page.get_by_role("button", name="Larger text").click()
    await page.get_by_role("button", name="Log out").click()
    await expect(page.get_by_role("link", name="Log in")).to_be_visible()


async def test_what_is_told_is_told_in_a_place_that_was_there_before(opened: Opening) -> None:
    page = await opened("#/host/DEMO1")
    await log_in(page)
    await expect(page.get_by_role("button", name="Start speaking")).to_be_visible()
    regions = await page.evaluate(
        """() => [...document.querySelectorAll('[role=status]:empty')]
          .map((each) => getComputedStyle(each).display)"""
    )
    assert len(regions) >= 4
    assert "none" not in regions
