"""Votes for the next day's talks."""

import asyncio
import json

import httpx
import pytest
from playwright.async_api import Page, Route, expect

from tests.browser.conference import BASE_PATH, HOSTILE
from tests.browser.conftest import Opening, look, photograph
from tests.platform_process import PlatformProcess

pytestmark = pytest.mark.browser
GLOSSARY = "Build a glossary"


def votes(platform: PlatformProcess, title: str) -> int:
    talks = httpx.get(f"{platform.url}/vote", trust_env=False).json()
    count: int = next(each["votes"] for each in talks if each["title"] == title)
    return count


async def voted(page: Page) -> dict[str, str]:
    """The votes that this browser remembers, by encoded code."""
    pairs = [(each["name"], each["value"]) for each in await page.context.cookies()]
    return {name.removeprefix("voted-"): value for name, value in pairs if name.startswith("voted-")}


async def test_talks_of_the_next_day_are_there_with_the_conferences_times(visited: Opening) -> None:
    for name, width in (("vote", 1280), ("vote-390", 390)):
        page = await visited("", width=width, height=844)
        await page.get_by_role("navigation").get_by_role("link", name="Vote").click()
        await expect(page.get_by_role("heading", name="Vote", level=1)).to_be_focused()
        await expect(page.get_by_role("link", name="Vote", exact=True)).to_have_attribute(
            "aria-current", "page"
        )
        await expect(page.get_by_role("listitem")).to_have_count(4)
        glossary = page.get_by_role("listitem").filter(has_text=GLOSSARY)
        await expect(glossary).to_contain_text("Friday 21 August, 10:00")
        await expect(glossary).to_contain_text("Mary Shelley · Werkstatt · English")
        await expect(glossary).to_contain_text("0 votes")
        await expect(page.get_by_text("Times are the conference's (Europe/Berlin).")).to_be_visible()
        assert await page.evaluate("() => document.documentElement.scrollWidth - innerWidth") <= 0
        await photograph(page, name)


async def test_a_vote_counts_once_and_can_be_taken_back(
    visited: Opening, conference_platform: PlatformProcess
) -> None:
    page = await visited("#/vote")
    glossary = page.get_by_role("listitem").filter(has_text=GLOSSARY)
    vote = page.get_by_role("button", name=f"Vote for {GLOSSARY}")
    await vote.focus()
    await page.keyboard.press("Enter")
    await expect(glossary).to_contain_text("1 vote, with yours")
    await expect(page.get_by_role("status").filter(has_text="You voted for")).to_be_visible()
    await expect(page.get_by_role("button", name=f"Take vote back: {GLOSSARY}")).to_be_focused()
    assert votes(conference_platform, GLOSSARY) == 1
    assert await voted(page) == {"WORK55": "true"}
    await photograph(page, "vote-voted")

    await page.reload()
    await page.get_by_role("button", name=f"Take vote back: {GLOSSARY}").click()
    await expect(vote).to_be_visible()
    assert votes(conference_platform, GLOSSARY) == 0
    assert await voted(page) == {}


async def test_a_vote_of_another_page_of_this_browser_counts_here(
    visited: Opening, conference_platform: PlatformProcess
) -> None:
    page = await visited(f"{BASE_PATH[1:]}/#/vote")
    cookie = {"name": "voted-WORK55", "value": "true", "url": conference_platform.url}
    await page.context.add_cookies([cookie])  # type: ignore[list-item]
    await page.reload()
    await expect(page.get_by_role("button", name=f"Take vote back: {GLOSSARY}")).to_be_visible()
    guid = "5f1f7a0e-0006-5f3c-8a6e-000000000006"
    await page.get_by_role("button", name="Vote for Closing").click()
    await expect(page.get_by_text("1 vote, with yours")).to_be_visible()
    # Under a base path, and yet remembered for all pages of this host.
    assert {each["path"] for each in await page.context.cookies() if guid in each["name"]} == {"/"}


async def test_a_list_asked_for_before_a_vote_does_not_undo_it(visited: Opening) -> None:
    """Such as the one that every page asks for again and again, answered late."""
    page = await visited("#/vote")
    glossary = page.get_by_role("listitem").filter(has_text=GLOSSARY)
    await expect(glossary).to_contain_text("0 votes")
    answered, voted_for = asyncio.Event(), asyncio.Event()

    async def answer_late(route: Route) -> None:
        answer = await route.fetch()
        answered.set()
        await voted_for.wait()
        await route.fulfill(response=answer)

    await page.route("**/vote", answer_late, times=1)
    late_list = asyncio.create_task(
        page.evaluate("async () => (await import('./offers.js')).offers.lookAtTalks()")
    )
    await answered.wait()
    await page.get_by_role("button", name=f"Vote for {GLOSSARY}").click()
    await expect(glossary).to_contain_text("1 vote, with yours")
    voted_for.set()
    await late_list
    # The page draws anew whenever it has looked at the server.
    await look(page)
    assert "1 vote, with yours" in await glossary.inner_text()
    # A list that was asked for afterwards counts.
    await page.route("**/vote", lambda route: route.fulfill(json=[]))
    await page.evaluate("async () => (await import('./offers.js')).offers.lookAtTalks()")
    await expect(page.get_by_text("There is nothing to vote for now")).to_be_visible()


async def test_a_code_of_any_letters_is_encoded(visited: Opening) -> None:
    page = await visited("")

    async def odd_code(route: Route) -> None:
        talks = json.loads((await (await route.fetch()).body()).decode())
        talks[0]["code"] = "Ü;1 =/41"
        await route.fulfill(json=talks)

    await page.route("**/vote", odd_code)
    await page.route("**/vote/%C3%9C%3B1%20%3D%2F41/add", lambda route: route.fulfill(json=7))
    await page.goto(page.url + "#/vote")
    await page.reload()
    await page.get_by_role("button", name="Vote for").first.click()
    await expect(page.get_by_text("7 votes, with yours")).to_be_visible()
    assert await voted(page) == {"%C3%9C%3B1%20%3D%2F41": "true"}


async def test_a_refused_vote_is_told_and_not_remembered(visited: Opening) -> None:
    page = await visited("#/vote")
    refusal = {"status": 503, "json": {"status": "fail"}}
    await page.route("**/vote/*/add", lambda route: route.fulfill(**refusal))
    vote = page.get_by_role("button", name=f"Vote for {GLOSSARY}")
    await vote.click()
    glossary = page.get_by_role("listitem").filter(has_text=GLOSSARY)
    await expect(glossary.get_by_role("alert")).to_contain_text("Your vote was not counted")
    await expect(vote).to_be_focused()
    assert await voted(page) == {}
    await photograph(page, "vote-refused")
    await page.unroute("**/vote/*/add")
    await page.route("**/vote/*/add", lambda route: route.abort())
    await vote.click()
    await expect(glossary.get_by_role("alert")).to_contain_text("The server can't be reached.")


async def test_a_vote_that_is_not_counted_any_more_is_forgotten(
    visited: Opening, conference_platform: PlatformProcess
) -> None:
    page = await visited("#/vote")
    cookie = {"name": "voted-WORK55", "value": "true", "url": conference_platform.url}
    await page.context.add_cookies([cookie])  # type: ignore[list-item]
    await page.reload()
    await page.get_by_role("button", name=f"Take vote back: {GLOSSARY}").click()
    await expect(page.get_by_role("button", name=f"Vote for {GLOSSARY}")).to_be_focused()
    assert await voted(page) == {}


async def test_a_title_with_markup_is_text(visited: Opening) -> None:
    page = await visited("#/vote")
    await expect(page.get_by_role("heading", name=HOSTILE)).to_be_visible()
    assert await page.evaluate("() => [document.images.length, window.broken]") == [0, None]


async def test_where_there_is_nothing_to_vote_for_nobody_is_sent(opened: Opening) -> None:
    page = await opened("")
    await expect(page.get_by_role("listitem")).to_have_count(2)
    await expect(page.get_by_role("link", name="Vote")).to_be_hidden()
    await page.goto(page.url + "#/vote")
    await expect(page.get_by_text("There is nothing to vote for now")).to_be_visible()
