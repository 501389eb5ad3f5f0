"""Transcripts: found, read, saved and deleted by whom they concern."""

import asyncio
import json
from pathlib import Path

import pytest
from playwright.async_api import Page, Route, expect

from dolmetsch_core.archive import reading, writing
from dolmetsch_core.archive.database import Archive
from dolmetsch_core.archive.reading import Viewer
from dolmetsch_core.wire.feed import Sentence
from tests.browser.conference import HOSTILE, SAID, TRANSLATED, hold, key_and_subject
from tests.browser.conftest import Opening, choose, hold_key, log_in, photograph
from tests.platform_process import ADMIN_PASSWORD, HOST_PASSWORD, PlatformProcess

pytestmark = pytest.mark.browser
FORMS = {"Text": "txt", "SRT": "srt", "WebVTT": "vtt", "Markdown": "md", "JSON": "json"}


async def saved(page: Page, form: str, title: str) -> tuple[str, str]:
    """Save a transcript as a file; its name and its text."""
    async with page.expect_download() as waiting:
        await page.get_by_role("button", name=f"{form}: save {title}").click()
    download = await waiting.value
    return download.suggested_filename, _text(await download.path())


def _text(file: Path) -> str:
    return file.read_text(encoding="utf-8")


async def test_without_a_key_there_is_what_is_public(visited: Opening, archive: Archive) -> None:
    page = await visited("")
    await expect(page.get_by_role("listitem")).to_have_count(1)
    await expect(page.get_by_role("link", name="Transcripts")).to_be_hidden()
    await hold(archive, "OPEN", "Opening talk")
    await hold(archive, "HALL/2 ü", "Behind closed doors", public=False)
    await hold(archive, "NOW", "A talk that goes on", ended=False)
    for name, width in (("transcripts", 1280), ("transcripts-390", 390)):
        page = await visited("", width=width, height=844)
        await page.get_by_role("link", name="Transcripts").click()
        await expect(page.get_by_role("heading", name="Transcripts", level=1)).to_be_focused()
        await expect(page.get_by_role("listitem")).to_have_count(2)
        card = page.get_by_role("listitem").filter(has_text="Opening talk")
        await expect(card).to_contain_text("Ada Lovelace · Großer Saal")
        await expect(card).to_contain_text("19 August 2026, 14:03–14:05")
        await expect(card).to_contain_text("Deutsch, English")
        await expect(card.locator(".badges")).to_have_text("Public")
        await expect(page.locator(".badges").filter(has_text="Running")).to_have_count(1)
        await expect(page.get_by_role("button", name="Delete")).to_be_hidden()
        assert await page.evaluate("() => document.documentElement.scrollWidth - innerWidth") <= 0
        await photograph(page, name)


async def test_a_transcript_is_read_in_the_language_chosen(visited: Opening, archive: Archive) -> None:
    await hold(archive, "OPEN", "Opening talk")
    page = await visited("#/transcripts")
    await page.get_by_role("link", name="Read Opening talk").click()
    await expect(page.get_by_role("heading", name="Opening talk")).to_be_focused()
    await choose(page, "Language of Opening talk", "de")
    await expect(page.locator(".sentence")).to_have_text([*TRANSLATED[:2], SAID[2]])
    assert await page.locator(".sentence").last.get_attribute("lang") == "en", "not translated yet"
    await expect(page.locator(".time")).to_have_text(["0:00", "2:10"])
    await choose(page, "Language of Opening talk", "en")
    await expect(page.locator(".sentence")).to_have_text(SAID)
    await photograph(page, "transcript")
    await page.set_viewport_size({"width": 390, "height": 844})
    assert await page.evaluate("() => document.documentElement.scrollWidth - innerWidth") <= 0
    await photograph(page, "transcript-390")


async def test_a_talk_that_goes_on_can_be_read_further(visited: Opening, archive: Archive) -> None:
    made = await hold(archive, "NOW", "A talk that goes on", ended=False)
    page = await visited("#/transcript/NOW")
    await expect(page.locator(".sentence")).to_have_count(3)
    since = Sentence(n=3, line=1, sent=1, start=195, end=199, lang="en", text="And it goes on.")
    await writing.append(archive, made, [since], [])
    await page.get_by_role("button", name="Load what was said since").click()
    await expect(page.locator(".sentence")).to_have_count(4)
    await expect(page.locator(".sentence").last).to_have_text("And it goes on.")
    await expect(page.get_by_text("Running")).to_be_visible()


async def test_a_private_transcript_is_saved_with_the_key(
    visited: Opening, archive: Archive, conference_platform: PlatformProcess
) -> None:
    key, subject = key_and_subject(conference_platform, HOST_PASSWORD)
    await hold(archive, "HALL/2 ü", "Behind closed doors", public=False, owner=subject)
    page = await visited("")
    await hold_key(page, key)
    await page.get_by_role("link", name="Transcripts").click()
    await expect(page.locator(".badges")).to_have_text("Private")
    await choose(page, "Language of Behind closed doors", "de")
    for form, suffix in FORMS.items():
        name, text = await saved(page, form, "Behind closed doors")
        assert name.replace("/", "_") == f"HALL_2 ü{'' if form == 'JSON' else '.de'}.{suffix}"
        assert TRANSLATED[0] in text
        assert ("made_by" if form == "JSON" else "Made by a machine: Dolmetsch") in text
    assert json.loads(text)["room"] == "HALL/2 ü"


async def test_deleting_says_what_it_means_and_happens_only_then(
    visited: Opening, archive: Archive, conference_platform: PlatformProcess
) -> None:
    key, subject = key_and_subject(conference_platform, HOST_PASSWORD)
    await hold(archive, "MINE", "My talk", owner=subject)
    await hold(archive, "OTHER", "Somebody else's talk", owner="somebody else")
    page = await visited("")
    await hold_key(page, key)
    await page.get_by_role("link", name="Transcripts").click()
    delete = page.get_by_role("button", name="Delete the transcript of")
    await expect(delete).to_have_count(1)
    await delete.click()
    dialog = page.get_by_role("dialog", name="Delete the transcript of “My talk”?")
    await expect(dialog).to_contain_text("for good")
    await expect(dialog).to_contain_text("Of a running talk nothing more is kept.")
    await expect(dialog.get_by_role("button", name="Cancel")).to_be_focused()
    await photograph(page, "transcripts-delete")
    await page.keyboard.press("Escape")
    await expect(delete).to_be_focused()
    assert len(await reading.listed(archive, Viewer(admin=True))) == 2

    await delete.click()
    await dialog.get_by_role("button", name="Delete for good").click()
    await expect(page.get_by_text("The transcript of “My talk” was deleted.")).to_be_visible()
    await expect(page.get_by_role("listitem")).to_have_count(1)
    await expect(page.get_by_role("heading", name="Transcripts")).to_be_focused()
    assert [each.room for each in await reading.listed(archive, Viewer(admin=True))] == ["OTHER"]


async def test_an_admin_deletes_from_where_it_is_read(visited: Opening, archive: Archive) -> None:
    await hold(archive, "OTHER", "Somebody else's talk", owner="somebody else", public=False)
    page = await visited("#/login")
    await log_in(page, ADMIN_PASSWORD)
    await expect(page.get_by_role("heading", name="Rooms", level=1)).to_be_visible()
    await page.evaluate("() => { location.hash = '#/transcript/OTHER'; }")
    await page.get_by_role("button", name="Delete the transcript of").click()
    await page.get_by_role("button", name="Delete for good").click()
    await expect(page.get_by_role("heading", name="Transcripts")).to_be_focused()
    await expect(page.get_by_text("was deleted.")).to_be_visible()
    assert await reading.listed(archive, Viewer(admin=True)) == []


async def test_an_archive_that_is_away_is_named(visited: Opening, archive: Archive) -> None:
    await hold(archive, "OPEN", "Opening talk")
    page = await visited("")
    away = {"status": 503, "json": {"detail": "The archive is away: try again in a few seconds"}}
    await page.route("**/transcript", lambda route: route.fulfill(**away))
    await page.evaluate("() => { location.hash = '#/transcript/OPEN'; }")
    await expect(page.get_by_text("The archive is away")).to_be_visible()
    await page.unroute("**/transcript")
    await page.get_by_role("button", name="Try again").click()
    await expect(page.locator(".sentence")).to_have_count(3)


async def test_titles_and_what_was_said_are_text(visited: Opening, archive: Archive) -> None:
    await hold(archive, "OPEN", HOSTILE)
    page = await visited("#/transcripts")
    await page.get_by_role("link", name=HOSTILE, exact=True).click()
    await expect(page.get_by_role("heading", name=HOSTILE)).to_be_visible()
    await expect(page.locator(".sentence")).to_have_count(3)
    assert await page.evaluate("() => [document.images.length, window.broken]") == [0, None]


async def admin_reads(visited: Opening, room: str) -> Page:
    """An admin at a transcript."""
    page = await visited("#/login")
    await log_in(page, ADMIN_PASSWORD)
    await expect(page.get_by_text("You are logged in as an admin.")).to_be_visible()
    await page.evaluate("(room) => { location.hash = `#/transcript/${room}`; }", room)
    return page


async def test_who_logs_out_leaves_nothing_private_on_the_page(visited: Opening, archive: Archive) -> None:
    await hold(archive, "OTHER", "Behind closed doors", public=False)
    page = await admin_reads(visited, "OTHER")
    await expect(page.locator(".sentence")).to_have_count(3)
    await page.route("**/transcript", lambda route: route.abort())
    await page.get_by_role("button", name="Log out").click()
    await expect(page.get_by_text("The server can't be reached. Try again in a moment.")).to_be_visible()
    for words in (SAID[0], "Behind closed doors", "Ada Lovelace", "Private"):
        await expect(page.get_by_text(words)).to_have_count(0)
    await expect(page.get_by_role("heading", name="Transcript")).to_be_visible()
    await expect(page.get_by_role("button", name="SRT")).to_be_hidden()
    await expect(page).to_have_title("OTHER – Dolmetsch")


async def test_an_answer_to_who_has_logged_out_comes_too_late(visited: Opening, archive: Archive) -> None:
    await hold(archive, "OTHER", "Behind closed doors", public=False)
    page = await visited("#/login")
    released = asyncio.Event()

    async def slow_for_the_admin(route: Route) -> None:
        answer = await route.fetch()
        if "authorization" in route.request.headers:
            await released.wait()
        await route.fulfill(response=answer)

    await page.route("**/transcript", slow_for_the_admin)
    await log_in(page, ADMIN_PASSWORD)
    await expect(page.get_by_text("You are logged in as an admin.")).to_be_visible()
    async with page.expect_request("**/transcript"):
        await page.evaluate("() => { location.hash = '#/transcript/OTHER'; }")
    await page.get_by_role("button", name="Log out").click()
    await expect(page.get_by_text("no transcript", exact=False)).to_be_visible()
    async with page.expect_response("**/transcript") as late:
        released.set()
    await (await late.value).finished()
    await expect(page.locator(".sentence")).to_have_count(0)
    await expect(page.get_by_text("no transcript", exact=False)).to_be_visible()


async def test_a_transcript_is_loaded_once_and_names_the_page(
    visited: Opening, archive: Archive, conference_platform: PlatformProcess
) -> None:
    key, subject = key_and_subject(conference_platform, HOST_PASSWORD)
    await hold(archive, "MINE", "My talk", owner=subject, public=False)
    page = await visited("")
    await hold_key(page, key)
    await expect(page.locator("#account")).to_contain_text("Speaker")
    loads = 0
    released = asyncio.Event()

    async def count(route: Route) -> None:
        nonlocal loads
        loads += 1
        answer = await route.fetch()
        await released.wait()
        await route.fulfill(response=answer)

    await page.route("**/transcript", count)
    async with page.expect_request("**/transcript"):
        await page.goto(page.url.split("#")[0] + "#/transcript/MINE")
    await page.reload()
    await expect(page.locator("#account")).to_contain_text("Speaker")
    released.set()
    await expect(page.get_by_role("button", name="Delete the transcript of My talk")).to_be_visible()
    assert await page.title() == "My talk – Dolmetsch"
    assert loads == 1 + 1, "once for each arrival"
