"""The page says that a machine makes the captions, and whether a person reviewed a transcript."""

from typing import Any

import pytest
from playwright.async_api import Page, Route, expect

from dolmetsch_core.archive import reading, writing
from dolmetsch_core.archive.database import Archive
from dolmetsch_core.archive.reading import Viewer
from dolmetsch_core.wire.feed import Sentence
from tests.browser.conference import hold, key_and_subject
from tests.browser.conftest import NOTICE, Opening, hold_key, look, photograph
from tests.platform_process import ADMIN_PASSWORD, HOST_PASSWORD, PlatformProcess

pytestmark = pytest.mark.browser
MADE = "Captions are made by a machine and may be wrong."
PAGES = ("", "#/vote", "#/transcripts", "#/transcript/OPEN", "#/login", "#/room/OPEN11", "#/host/OPEN11")


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (390, "dark")])
async def test_every_page_says_it_beside_what_the_organiser_says(
    visited: Opening, archive: Archive, width: int, scheme: str
) -> None:
    await hold(archive, "OPEN", "Opening talk")
    for address in PAGES:
        page = await visited(address, width=width, height=844, scheme=scheme)
        await expect(page.get_by_text(MADE, exact=True)).to_be_visible()
        await expect(page.get_by_text(NOTICE)).to_be_visible()
        assert await page.evaluate("() => document.documentElement.scrollWidth - innerWidth") <= 0, address
        if address in ("", "#/transcript/OPEN", "#/room/OPEN11"):
            await photograph(page, f"marking-{address.replace('#/', '').split('/')[0] or 'rooms'}-{width}")


@pytest.mark.parametrize(("notice", "shown"), [("Beta", True), ("", False)])
async def test_what_the_organiser_says_stays_where_a_person_checks_the_captions(
    visited: Opening, notice: str, shown: bool
) -> None:
    page = await visited("")
    await expect(page.get_by_text(MADE)).to_be_visible()

    async def checked(route: Route) -> None:
        about: dict[str, Any] = await (await route.fetch()).json()
        await route.fulfill(json=about | {"machine_notice": False, "notice": notice})

    await page.route("**/api/v1/about", checked)
    await page.reload()
    await expect(page.get_by_text(MADE)).to_be_hidden()
    await expect(page.locator("#notices")).to_be_visible(visible=shown)
    await look(page)
    await expect(page.get_by_text(MADE)).to_be_hidden()


async def reviewed(archive: Archive, room: str) -> bool:
    (part,) = await reading.parts(archive, room, Viewer(admin=True))
    return part.reviewed


async def owner_reads(visited: Opening, platform: PlatformProcess, archive: Archive) -> tuple[Page, int]:
    """An owner at a transcript of a running talk; its id."""
    key, subject = key_and_subject(platform, HOST_PASSWORD)
    made = await hold(archive, "MINE", "My talk", owner=subject, ended=False)
    page = await visited("#/transcript/MINE")
    await hold_key(page, key)
    return page, made


async def test_an_owner_marks_a_transcript_as_reviewed_and_takes_it_back(
    visited: Opening, archive: Archive, conference_platform: PlatformProcess
) -> None:
    page, _ = await owner_reads(visited, conference_platform, archive)
    await expect(page.get_by_text("Made by a machine, not reviewed")).to_be_visible()
    await page.get_by_role("button", name="Mark as reviewed").click()
    await expect(page.get_by_text("Made by a machine, reviewed by a person")).to_be_visible()
    back = page.get_by_role("button", name="Mark as not reviewed")
    await expect(back).to_be_focused()
    assert await reviewed(archive, "MINE")
    await photograph(page, "transcript-reviewed")
    await page.set_viewport_size({"width": 390, "height": 844})
    assert await page.evaluate("() => document.documentElement.scrollWidth - innerWidth") <= 0
    await photograph(page, "transcript-reviewed-390")
    await back.click()
    await expect(page.get_by_text("Made by a machine, not reviewed")).to_be_visible()
    assert not await reviewed(archive, "MINE")


async def test_what_is_said_after_a_review_is_not_reviewed(
    visited: Opening, archive: Archive, conference_platform: PlatformProcess
) -> None:
    page, made = await owner_reads(visited, conference_platform, archive)
    await page.get_by_role("button", name="Mark as reviewed").click()
    await expect(page.get_by_text("Made by a machine, reviewed by a person")).to_be_visible()
    since = Sentence(n=3, line=1, sent=1, start=195, end=199, lang="en", text="And it goes on.")
    await writing.append(archive, made, [since], [])
    await page.get_by_role("button", name="Load what was said since").click()
    await expect(page.get_by_text("Made by a machine, not reviewed")).to_be_visible()
    await expect(page.get_by_role("button", name="Mark as reviewed")).to_be_visible()


async def test_whoever_may_not_change_it_reads_whether_it_was_reviewed(
    visited: Opening, archive: Archive, conference_platform: PlatformProcess
) -> None:
    key, _ = key_and_subject(conference_platform, HOST_PASSWORD)
    await hold(archive, "OPEN", "Opening talk", owner="somebody else")
    page = await visited("#/transcript/OPEN")
    await hold_key(page, key)
    await expect(page.get_by_text("Made by a machine, not reviewed")).to_be_visible()
    answer = conference_platform.request(
        "PUT",
        "/api/v1/rooms/OPEN/transcript/review",
        json={"reviewed": True},
        headers={"Authorization": f"Bearer {ADMIN_PASSWORD}"},
    )
    assert answer.json() == {"parts": 1}
    await page.reload()
    await expect(page.get_by_text("Made by a machine, reviewed by a person")).to_be_visible()
    await expect(page.get_by_role("button", name="SRT")).to_be_visible()
    await expect(page.get_by_role("button", name="Mark as")).to_be_hidden()


async def test_a_refused_review_is_told(
    visited: Opening, archive: Archive, conference_platform: PlatformProcess
) -> None:
    page, _ = await owner_reads(visited, conference_platform, archive)
    away = {"status": 503, "json": {"detail": "The archive is away: try again in a few seconds"}}
    await page.route("**/transcript/review", lambda route: route.fulfill(**away))
    await page.get_by_role("button", name="Mark as reviewed").click()
    await expect(page.get_by_role("alert")).to_have_text("The archive is away: try again in a few seconds")
    await expect(page.get_by_text("Made by a machine, not reviewed")).to_be_visible()
