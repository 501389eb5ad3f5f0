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
          const inOrder = [second.take(), first.late, third.late, first.take(), third.take(), third.take()];
          const before = latest.ask();
          latest.changed();
          const after = latest.ask();
          return [inOrder, before.late, before.take(), after.late, after.take(), before.take()];
        }"""
    )
    assert counted == [[True, True, False, False, True, False], True, False, False, True, False]


HELD = """
  const fetched = window.fetch;
  let settle;
  // The next question of this path is answered when the test wants it; the one after it at once.
  const hold = (path) => new Promise((asked) => {
    window.fetch = (url, init) => {
      if (!String(url).endsWith(path)) return fetched(url, init);
      window.fetch = fetched;
      return new Promise((resolve, reject) => { settle = {resolve, reject}; asked(); });
    };
  });
"""


async def test_a_look_that_fails_late_does_not_hide_that_the_server_is_reached(opened: Opening) -> None:
    page = await opened("")
    await expect(page.get_by_role("listitem")).to_have_count(2)
    reachable = await page.evaluate(
        "async () => {" + HELD + """
          const {status} = await import('./status.js');
          for (let times = 0; times < 3; times += 1) {
            const asked = hold("room_list");
            const late = status.look();
            await asked;
            await status.look();
            settle.reject(new TypeError("the connection was lost"));
            await late;
          }
          return status.reachable;
        }"""
    )  # fmt: skip
    assert reachable is True


async def test_a_question_that_fails_does_not_make_an_answer_to_an_earlier_one_worthless(
    opened: Opening,
) -> None:
    page = await opened("")
    found = await page.evaluate(
        "async () => {" + HELD + """
          const {offers} = await import('./offers.js');
          const asked = hold("vote");
          const late = offers.lookAtTalks();
          await asked;
          window.fetch = async () => { throw new TypeError("the connection was lost"); };
          await offers.lookAtTalks();
          const trouble = offers.troubles.talks;
          window.fetch = fetched;
          settle.resolve(new Response("[]"));
          await late;
          return [trouble !== "", offers.talks.length, offers.troubles.talks];
        }"""
    )  # fmt: skip
    assert found == [True, 0, ""]


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
