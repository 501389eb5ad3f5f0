"""A speaker's consent: asked before the room is activated, fixed by that, and storing withdrawn for good."""

import contextlib

import pytest
from playwright.async_api import Page, Route, expect

from dolmetsch_core.archive import reading
from dolmetsch_core.archive.database import Archive
from dolmetsch_core.archive.reading import Viewer
from tests.browser.conference import close_rooms
from tests.browser.conftest import PATIENCE_MS, Opening, choose, log_in, look, photograph
from tests.browser.fake_room import FakeRoom
from tests.platform_process import PlatformProcess
from tests.waiting import looks

pytestmark = pytest.mark.browser


async def cookies(page: Page) -> list[str]:
    """What the socket says of storing and of publishing."""
    found = {each["name"]: each["value"] for each in await page.context.cookies()}
    return [found[f"OPEN11-{name}"] for name in ("allow_store", "allow_client_download")]


async def until_listed(archive: Archive, count: int) -> None:
    """Wait until so many transcripts are there for everybody."""
    async with contextlib.aclosing(looks(f"{count} public transcripts", PATIENCE_MS / 1000)) as looking:
        async for _ in looking:
            if len(await reading.listed(archive, Viewer())) == count:
                return


async def speak(page: Page) -> None:
    await page.get_by_role("button", name="Start speaking").click()
    await expect(page.locator(".state")).to_have_text("Live")


@pytest.mark.audio
async def test_storing_is_chosen_before_and_withdrawn_later(
    visited: Opening, archive: Archive, conference_platform: PlatformProcess
) -> None:
    page = await visited("#/host/OPEN11")
    await log_in(page)
    store, everybody = page.get_by_label("Store it"), page.get_by_label("Everybody may read it")
    await expect(store).not_to_be_checked()
    await expect(everybody).to_be_disabled()
    await expect(page.get_by_text("Unless you tick it, nothing is stored")).to_be_visible()
    await expect(page.get_by_text("This is fixed when the room is activated")).to_be_visible()
    await expect(page.get_by_text("Storing can be withdrawn later: what was stored is then")).to_be_visible()
    await photograph(page, "host-consent")
    await store.check()
    await everybody.check()
    await choose(page, "Spoken", "en")
    await speak(page)
    assert await cookies(page) == ["true", "true"]
    await expect(everybody).to_be_disabled()
    await photograph(page, "host-consent-speaking")

    reader = await visited("#/transcript/OPEN11", width=390, height=844)

    await until_listed(archive, 1)
    await reader.reload()
    await expect(reader.get_by_text("Running")).to_be_visible()
    await expect(reader.locator(".sentence").first).to_be_visible()

    # Back in the open room, what was allowed goes on without another word.
    await page.reload()
    await expect(page.get_by_text("what was chosen when it was activated holds")).to_be_visible()
    await expect(store).to_be_checked()
    await speak(page)
    assert await cookies(page) == ["true", "true"]
    await store.click()
    dialog = page.get_by_role("dialog", name="Withdraw storing?")
    await expect(dialog).to_contain_text("deleted for good")
    await dialog.get_by_role("button", name="Cancel").click()
    await expect(store).to_be_checked()
    await until_listed(archive, 1)
    await store.click()
    await dialog.get_by_role("button", name="Delete what was stored").click()
    await until_listed(archive, 0)
    await expect(page.locator(".state")).to_have_text("Live")
    assert await page.evaluate("() => recorders") == 1, "the talk goes on with the same recording"
    assert await cookies(page) == ["false", "false"]
    await expect(store).to_be_disabled()
    await expect(page.get_by_text("Storing was withdrawn")).to_be_visible()
    await photograph(page, "host-consent-withdrawn")

    # The next speaker in this browser is asked anew.
    await page.get_by_role("button", name="Stop").click()
    await close_rooms(conference_platform)
    await expect(store).to_be_enabled()
    await expect(store).not_to_be_checked()


async def in_open_room(visited: Opening, **consent: str) -> Page:
    """The speaker's side of an open room, in a browser that keeps this consent."""
    page = await visited("")
    cookies = [{"name": f"OPEN11-{name}", "value": value, "url": page.url} for name, value in consent.items()]
    await page.context.add_cookies(cookies)  # type: ignore[arg-type]

    async def open_room(route: Route) -> None:
        answer = await (await route.fetch()).json()
        for room in answer["rooms"]:
            room["host_connection_id"] = "somebody"
        await route.fulfill(json=answer)

    await page.route("**/room_list", open_room)
    await page.goto(page.url.split("#")[0] + "#/host/OPEN11")
    await log_in(page)
    await look(page)
    return page


async def test_what_was_refused_at_activation_is_not_offered_after_a_reload(visited: Opening) -> None:
    page = await in_open_room(visited, allow_store="false", allow_client_download="false")
    await expect(page.get_by_text("Nothing is stored, captions are gone")).to_be_visible()
    await expect(page.get_by_label("Store it")).to_be_disabled()
    await expect(page.get_by_label("Everybody may read it")).to_be_disabled()


async def test_an_open_room_is_not_made_public_later(visited: Opening) -> None:
    page = await in_open_room(visited, allow_store="true", allow_client_download="false")
    await expect(page.get_by_text("It can't be widened now")).to_be_visible()
    await expect(page.get_by_label("Store it")).to_be_checked()
    await expect(page.get_by_label("Everybody may read it")).to_be_disabled()


async def test_nobody_is_promised_what_somebody_else_decided(visited: Opening) -> None:
    page = await in_open_room(visited)
    room = FakeRoom()
    await page.route_web_socket("**/room/**", room.take)
    await page.get_by_label("Store it").check()
    await expect(page.get_by_label("Everybody may read it")).to_be_disabled()
    await page.get_by_role("button", name="Start speaking").click()
    await room.opened(1)
    await expect(page.get_by_text("It is stored if it was allowed at activation.")).to_be_visible()


async def test_the_start_is_in_sight_in_a_low_window_and_on_a_phone(visited: Opening) -> None:
    low = await visited("#/host/OPEN11", width=1280, height=560)
    await log_in(low)
    await expect(low.get_by_role("button", name="Start speaking")).to_be_in_viewport(ratio=1)
    await photograph(low, "host-consent-low")
    page = await visited("#/host/OPEN11", width=390, height=844)
    await log_in(page)
    await page.get_by_label("Store it").check()
    await expect(page.get_by_text("only you and the admins may read it")).to_be_visible()
    await expect(page.get_by_role("button", name="Start speaking")).to_be_in_viewport(ratio=1)
    assert await page.evaluate("() => document.documentElement.scrollWidth - innerWidth") <= 0
    await photograph(page, "host-consent-390")
