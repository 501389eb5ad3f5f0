"""A page of which a part does not arrive, or arrives late: it is never empty without a word."""

import asyncio

import pytest
from playwright.async_api import Page, Route, expect

from tests.browser.conftest import Opening, photograph

pytestmark = pytest.mark.browser
PARTS = ("main.js", "captions.js", "dom.js")
"""The page's own script, and modules that it needs at once and by way of others."""
NO_MEMORY = """
Object.defineProperty(window, 'sessionStorage', {get() { throw new DOMException('', 'SecurityError'); }})
"""


async def rooms_are_there(page: Page) -> None:
    await expect(page.get_by_role("heading", name="Rooms", level=1)).to_be_visible()
    await expect(page.locator("#unreachable")).to_be_empty()


@pytest.mark.parametrize("part", PARTS)
async def test_a_part_that_does_not_arrive_is_fetched_again(opened: Opening, part: str) -> None:
    page = await opened("")
    lost: list[str] = []

    async def lose_two(route: Route) -> None:
        if len(lost) < 2:
            lost.append(route.request.url)
            await route.abort("connectionreset")
        else:
            await route.continue_()

    await page.route(f"**/{part}", lose_two)
    await page.reload()
    await expect(page.locator("#unreachable")).to_contain_text("A part of this page did not arrive.")
    await rooms_are_there(page)
    assert len(lost) == 2


async def test_parts_of_two_versions_are_fetched_again(opened: Opening) -> None:
    """While servers are replaced, modules may come from both: one lacks what another one asks of it."""
    page = await opened("", broken=True)
    answers = iter([{"body": "export const other = 1;", "content_type": "text/javascript"}])

    async def old_once(route: Route) -> None:
        if answer := next(answers, None):
            await route.fulfill(**answer)
        else:
            await route.continue_()

    await page.route("**/dom.js", old_once)
    await page.reload()
    await expect(page.locator("#unreachable")).to_contain_text("A part of this page did not arrive.")
    await rooms_are_there(page)


async def test_a_page_is_not_left_while_the_server_is_away(opened: Opening) -> None:
    page = await opened("")
    away = True

    async def refuse(route: Route) -> None:
        if away:
            await route.abort("connectionrefused")
        else:
            await route.continue_()

    await page.route("**/captions.js", lambda route: route.abort())
    await page.reload()
    said = page.locator("#unreachable")
    await expect(said).to_contain_text("Trying again…")
    await page.unroute_all()
    await page.route("**/*", refuse)
    asked = await page.evaluate_handle("() => performance.getEntriesByType('resource').length")
    await page.wait_for_function(
        "(before) => performance.getEntriesByType('resource').length > before + 1", arg=asked
    )
    await expect(said).to_contain_text("Trying again…")
    away = False
    await rooms_are_there(page)


async def test_without_a_tabs_memory_the_reader_is_asked(opened: Opening) -> None:
    page = await opened("")
    await page.context.add_init_script(NO_MEMORY)
    await page.route("**/captions.js", lambda route: route.abort())
    await page.reload()
    await expect(page.locator("#unreachable")).to_have_text("A part of this page did not arrive. Load again")
    await photograph(page, "arrival-missing")
    await page.unroute_all()
    await page.get_by_role("button", name="Load again").click()
    await rooms_are_there(page)


async def test_a_part_that_arrives_late_is_waited_for(opened: Opening) -> None:
    page = await opened("")
    released = asyncio.Event()

    async def late(route: Route) -> None:
        await released.wait()
        await route.continue_()

    await page.route("**/captions.js", late)
    await page.reload(wait_until="commit")
    await expect(page.locator("#unreachable")).to_contain_text("This page is still being loaded…")
    released.set()
    await rooms_are_there(page)
