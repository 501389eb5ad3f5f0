"""What an admin may do: make, close and delete rooms."""

import asyncio

import pytest
from playwright.async_api import Page, Route, expect

from tests.browser.conference import HOSTILE
from tests.browser.conftest import Opening, log_in, look, photograph
from tests.platform_process import ADMIN_PASSWORD, HOST_PASSWORD

pytestmark = pytest.mark.browser


async def admin(visited: Opening, **wish: int) -> Page:
    """A page on which an admin is logged in."""
    page = await visited("", **wish)
    await page.get_by_role("link", name="Log in").click()
    await log_in(page, ADMIN_PASSWORD)
    await expect(page.get_by_text("You are logged in as an admin.")).to_be_visible()
    return page


async def make(page: Page, title: str, code: str = "") -> None:
    """Fill in the form for a room."""
    await page.get_by_role("link", name="New room").click()
    await expect(page.get_by_role("heading", name="New room")).to_be_focused()
    await page.get_by_label("Title").fill(title)
    await page.get_by_label("Name in the address").fill(code)
    await page.get_by_role("button", name="Make the room").click()


async def the_scheduled_one_live(route: Route) -> None:
    answer = await (await route.fetch()).json()
    for room in answer["rooms"]:
        room["host_connection_id"] = "somebody" if room["id"] == "OPEN11" else ""
    await route.fulfill(json=answer)


async def test_only_an_admin_sees_what_only_an_admin_may(visited: Opening) -> None:
    organiser = await admin(visited)
    await make(organiser, "Lightning talks")
    page = await visited("#/login")
    await log_in(page, HOST_PASSWORD)
    await expect(page.get_by_text("You are logged in as a speaker.")).to_be_visible()
    for each, count in ((organiser, 1), (page, 0)):
        await each.route("**/room_list", the_scheduled_one_live)
        await look(each)
        await expect(each.get_by_role("listitem")).to_have_count(2)
        await expect(each.get_by_role("link", name="New room")).to_have_count(count)
        for name in ("Close room", "Delete room"):
            await expect(each.get_by_role("button", name=name)).to_have_count(count)
    await page.goto(page.url.split("#")[0] + "#/new")
    await expect(page.get_by_text("Only an admin can make a room")).to_be_visible()
    await expect(page.get_by_label("Title")).to_be_hidden()


async def test_a_room_is_made_by_hand_and_deleted(visited: Opening) -> None:
    page = await admin(visited)
    await page.get_by_role("link", name="New room").click()
    await page.get_by_label("Title").fill(HOSTILE)
    await page.get_by_label("Speaker").fill("Grace Hopper")
    await page.get_by_label("Place").fill("Foyer")
    await page.get_by_label("Language spoken").select_option("de")
    await photograph(page, "new-room")
    await page.get_by_role("button", name="Make the room").click()
    await expect(page.get_by_role("heading", name="Rooms", level=1)).to_be_focused()
    await expect(page.get_by_text("was made.")).to_be_visible()
    card = page.get_by_role("listitem").filter(has_text=HOSTILE)
    await expect(card).to_contain_text("Grace Hopper · Foyer · Deutsch")
    assert await page.evaluate("() => [document.images.length, window.broken]") == [0, None]
    await expect(page.get_by_role("button", name="Delete room")).to_have_count(1)
    await photograph(page, "rooms-admin")
    reader = await visited("", width=390)
    await expect(reader.get_by_role("listitem")).to_have_count(2)

    await card.get_by_role("button", name="Delete room").click()
    await page.get_by_role("dialog").get_by_role("button", name="Delete room").click()
    await expect(page.get_by_text("was deleted.")).to_be_visible()
    await expect(page.get_by_role("listitem")).to_have_count(1)
    await expect(page.get_by_role("heading", name="Rooms", level=1)).to_be_focused()


async def test_what_is_wrong_with_a_room_is_said_at_the_field(visited: Opening) -> None:
    page = await admin(visited, width=390, height=844)
    await make(page, "Lightning talks", "OPEN11")
    code = page.get_by_label("Name in the address")
    await expect(page.get_by_text("There is a room <OPEN11> already: choose another id")).to_be_visible()
    await expect(code).to_be_focused()
    await expect(code).to_have_attribute("aria-invalid", "true")
    await photograph(page, "new-room-390")
    await code.fill("LIGHT/1")
    await page.get_by_role("button", name="Make the room").click()
    await expect(page.get_by_text("Use letters A to Z, digits, and between them - _ or")).to_be_visible()
    await code.fill("")
    await page.get_by_label("Title").fill("x" * 501)
    await page.get_by_role("button", name="Make the room").click()
    await expect(page.get_by_text("This is too long: at most 500 characters.")).to_be_visible()
    await expect(page.get_by_label("Title")).to_be_focused()
    await page.get_by_label("Title").fill("   ")
    await page.get_by_role("button", name="Make the room").click()
    await expect(page.get_by_text("This can't be empty.")).to_be_visible()
    away = {"status": 503, "json": {"detail": "The archive is away: try again in a few seconds"}}
    await page.route("**/api/v1/rooms", lambda route: route.fulfill(**away))
    await page.get_by_label("Title").fill("Lightning talks")
    await page.get_by_role("button", name="Make the room").click()
    await expect(page.get_by_role("alert").filter(has_text="The archive is away")).to_be_visible()
    await expect(page.get_by_text("This can't be empty.")).to_be_hidden()


@pytest.mark.audio
async def test_an_admin_closes_a_room_and_everybody_is_told(visited: Opening) -> None:
    page = await admin(visited)
    await make(page, "Lightning talks", "LIGHT.1")
    host = await visited("#/host/LIGHT.1")
    await log_in(host)
    await host.get_by_role("button", name="Start speaking").click()
    await expect(host.locator(".state")).to_have_text("Live")
    reader = await visited("#/room/LIGHT.1")
    await expect(reader.locator(".state")).to_have_text("Live")

    close = page.get_by_role("button", name="Close room Lightning talks")
    await expect(close).to_be_visible()
    await expect(page.get_by_role("button", name="Delete room")).to_be_hidden()
    await close.click()
    await photograph(page, "rooms-close")
    await page.get_by_role("dialog").get_by_role("button", name="Cancel").click()
    await expect(reader.locator(".state")).to_have_text("Live")
    await close.click()
    await page.get_by_role("dialog").get_by_role("button", name="Close room").click()
    await expect(page.get_by_text("“Lightning talks” was closed.")).to_be_visible()
    await expect(reader.locator(".state")).to_contain_text("Room closed")
    await expect(host.get_by_role("alert").first).to_have_text("Room closed")
    await expect(close).to_be_hidden()


async def test_an_admin_closes_a_room_that_has_left_the_list(visited: Opening) -> None:
    left = {
        "id": "OFFREC",
        "title": HOSTILE,
        "description": "",
        "track": {"name": "", "color": "#888888"},
        "location": "",
        "presenter": "Unknown",
        "host_connection_id": "somebody",
        "source_lang": "en",
    }
    rooms, closed = [left], []

    async def close(route: Route) -> None:
        closed.append(route.request.method)
        rooms.clear()
        await route.fulfill(json={"status": "ok"})

    page = await admin(visited)
    speaker = await visited("#/login")
    await log_in(speaker)
    for each in (page, speaker):
        await each.route("**/api/v1/rooms/unlisted", lambda route: route.fulfill(json=rooms))
        await each.route("**/api/v1/rooms/OFFREC/close", close)
        await look(each)
    card = page.get_by_role("listitem").filter(has_text=HOSTILE)
    await expect(card).to_contain_text("This talk is not to be recorded any more")
    await expect(card.get_by_role("link", name="Read captions")).to_be_hidden()
    await expect(card.get_by_role("link", name="Speak in")).to_be_hidden()
    await photograph(page, "rooms-unlisted")
    await expect(speaker.get_by_role("listitem")).to_have_count(1)

    await card.get_by_role("button", name="Close room").click()
    await page.get_by_role("dialog").get_by_role("button", name="Close room").click()
    await expect(page.get_by_text("was closed.")).to_be_visible()
    await expect(card).to_have_count(0)
    await expect(page.get_by_role("heading", name="Rooms", level=1)).to_be_focused()
    assert closed == ["POST"]


async def test_a_room_that_became_active_is_not_deleted(visited: Opening) -> None:
    page = await admin(visited)
    await make(page, "Lightning talks")
    refusal = {"status": 409, "json": {"detail": "Room <X> is active: close it first"}}
    await page.route("**/api/v1/rooms/*", lambda route: route.fulfill(**refusal))
    await page.get_by_role("button", name="Delete room").click()
    await page.get_by_role("dialog").get_by_role("button", name="Delete room").click()
    await expect(page.get_by_role("alert")).to_contain_text("Room <X> is active: close it first")
    await expect(page.get_by_role("button", name="Delete room")).to_be_focused()


async def test_who_has_gone_elsewhere_while_a_room_is_made_is_told_there(visited: Opening) -> None:
    page = await admin(visited)
    released = asyncio.Event()

    async def wait(route: Route) -> None:
        if route.request.method == "POST":
            await released.wait()
        await route.continue_()

    await page.route("**/api/v1/rooms", wait)
    await make(page, "Lightning talks")
    await page.get_by_role("link", name="Vote").click()
    released.set()
    await expect(page.get_by_text("“Lightning talks” was made.")).to_be_visible()
    await expect(page.get_by_role("heading", name="Vote", level=1)).to_be_visible()
