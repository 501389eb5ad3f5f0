"""Answers that come late: the page goes on showing the newer one."""

import asyncio

import pytest
from playwright.async_api import Page, Route, expect

from tests.browser.conftest import Opening, look

pytestmark = pytest.mark.browser


async def test_only_an_answer_to_a_later_question_takes_the_place_of_another(opened: Opening) -> None:
    page = await opened("")
    counted = await page.evaluate(
        """async () => {
          const {Latest} = await import('./latest.js');
          const latest = new Latest();
          const [first, second, third] = [latest.ask(), latest.ask(), latest.ask()];
          const inOrder = [second(), first(), third(), third()];
          const before = latest.ask();
          latest.changed();
          const after = latest.ask();
          return [inOrder, before(), after(), before()];
        }"""
    )
    assert counted == [[True, False, True, False], False, True, False]


async def test_a_room_list_that_comes_late_does_not_hide_what_is_so_now(opened: Opening) -> None:
    page = await opened("")
    await expect(page.get_by_role("listitem")).to_have_count(2)
    asked, renewed = asyncio.Event(), asyncio.Event()

    async def answer_late(route: Route) -> None:
        answer = await route.fetch()
        asked.set()
        await renewed.wait()
        await route.fulfill(response=answer)

    async def answer_at_once(route: Route) -> None:
        listed = await (await route.fetch()).json()
        listed["rooms"] = listed["rooms"][:1]
        await route.fulfill(json=listed)

    await page.route("**/room_list", answer_at_once)
    await page.route("**/room_list", answer_late, times=1)
    late = asyncio.create_task(look(page))
    await asked.wait()
    await look(page)
    await expect(page.get_by_role("listitem")).to_have_count(1)
    renewed.set()
    await late
    assert await rooms_known(page) == 1


async def rooms_known(page: Page) -> int:
    count: int = await page.evaluate("async () => (await import('./status.js')).status.rooms.length")
    return count
