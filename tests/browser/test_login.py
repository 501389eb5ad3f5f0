"""Who is logged in: shown, ended, and the same person after a key has expired."""

import asyncio

import jwt
import pytest
from playwright.async_api import Page, Route, expect

from dolmetsch_core.archive.database import Archive
from tests.browser.conference import BASE_PATH, expired, hold, key_and_subject
from tests.browser.conftest import Opening, hold_key, log_in, look, photograph
from tests.platform_process import ADMIN_PASSWORD, HOST_PASSWORD, PlatformProcess

pytestmark = pytest.mark.browser


async def key_of(page: Page) -> str:
    """The key that the next socket would show."""
    found = {each["name"]: each["value"] for each in await page.context.cookies()}
    return found.get("authenticated", "")


@pytest.mark.parametrize(("password", "role"), [(HOST_PASSWORD, "Speaker"), (ADMIN_PASSWORD, "Admin")])
async def test_who_logs_in_is_shown_and_logging_out_forgets(
    visited: Opening, password: str, role: str
) -> None:
    page = await visited("#/vote")
    await page.get_by_role("link", name="Log in").click()
    await expect(page.get_by_role("heading", name="Log in")).to_be_focused()
    await photograph(page, "login")
    await log_in(page, password)
    await expect(page.get_by_role("heading", name="Vote", level=1)).to_be_focused()
    await expect(page.locator("#account")).to_contain_text(role)
    await page.reload()
    await expect(page.locator("#account")).to_contain_text(role)
    other = await page.context.new_page()
    await other.goto(page.url)
    await expect(other.locator("#account")).to_contain_text(role)
    await page.set_viewport_size({"width": 390, "height": 844})
    await photograph(page, f"logged-in-{role}-390")
    await page.get_by_role("button", name="Log out").click()
    await expect(page.get_by_role("link", name="Log in")).to_be_focused()
    assert await key_of(page) == ""
    assert await page.evaluate("() => sessionStorage.authenticated") == ""
    # Another tab is no way back in.
    await expect(other.get_by_role("link", name="Log in")).to_be_visible()


async def test_pages_of_other_sites_open_no_socket_with_the_key(visited: Opening) -> None:
    page = await visited("#/login")
    await log_in(page)
    await expect(page.locator("#account")).to_contain_text("Speaker")
    (key,) = [each for each in await page.context.cookies() if each["name"] == "authenticated"]
    assert key["sameSite"] == "Strict"


async def test_logging_out_leaves_the_speakers_side(visited: Opening) -> None:
    page = await visited("#/host/OPEN11")
    await log_in(page)
    await expect(page.get_by_role("button", name="Start speaking")).to_be_visible()
    await page.get_by_role("button", name="Log out").click()
    await expect(page.get_by_label("Password")).to_be_visible()
    await expect(page.get_by_role("button", name="Start speaking")).to_be_hidden()


async def test_too_many_wrong_passwords_are_told_from_a_wrong_one(visited: Opening) -> None:
    page = await visited("#/login")
    await log_in(page, "wrong")
    await expect(page.get_by_role("alert").first).to_have_text("This password is wrong.")

    async def wait(route: Route) -> None:
        await route.fulfill(status=503, headers={"Retry-After": "60"}, json={"status": "fail"})

    await page.route("**/login", wait)
    await log_in(page, "wrong")
    await expect(page.get_by_role("alert").first).to_contain_text("Wait a minute")


async def test_after_a_key_expired_the_same_person_logs_in_again(
    visited: Opening, archive: Archive, conference_platform: PlatformProcess
) -> None:
    _, subject = key_and_subject(conference_platform, HOST_PASSWORD)
    await hold(archive, "MINE", "My talk", owner=subject, public=False)
    page = await visited("")
    await hold_key(page, expired(conference_platform, subject))
    await expect(page.get_by_text("Your login has expired.")).to_be_visible()
    await expect(page.get_by_role("link", name="Transcripts")).to_be_hidden()
    await photograph(page, "expired")
    await page.get_by_role("link", name="Log in again").click()
    await log_in(page)
    await page.get_by_role("link", name="Transcripts").click()
    await expect(page.get_by_text("My talk")).to_be_visible()
    assert jwt.decode(await key_of(page), options={"verify_signature": False})["sub"] == subject


async def test_a_key_that_expires_meanwhile_is_noticed_by_the_next_call(
    visited: Opening, archive: Archive
) -> None:
    await hold(archive, "OTHER", "Somebody else's talk", public=False)
    page = await visited("#/login")
    await log_in(page, ADMIN_PASSWORD)
    await page.get_by_role("link", name="Transcripts").click()
    key = await key_of(page)
    words = {"detail": "The key is not valid (any more): log in again"}

    async def refuse_the_key(route: Route) -> None:
        if "authorization" in route.request.headers:
            await route.fulfill(status=401, json=words)
        else:
            await route.continue_()

    await page.route("**/api/v1/**", refuse_the_key)
    await page.get_by_role("button", name="SRT").click()
    await expect(page.get_by_text("Your login has expired.")).to_be_visible()
    await expect(page.get_by_text("There are no transcripts that you may read.")).to_be_visible()
    assert await key_of(page) == key, "kept, so that the next login is the same person's"


async def test_logging_out_forgets_the_key_of_another_page_of_this_host_too(
    visited: Opening, conference_platform: PlatformProcess
) -> None:
    key, _ = key_and_subject(conference_platform, HOST_PASSWORD)
    page = await visited(f"{BASE_PATH[1:]}/")
    await page.context.add_cookies([{"name": "authenticated", "value": key, "url": conference_platform.url}])
    await page.reload()
    await expect(page.locator("#account")).to_contain_text("Speaker")
    await page.get_by_role("button", name="Log out").click()
    await page.reload()
    await expect(page.get_by_role("listitem")).to_have_count(1)
    await look(page)
    await expect(page.get_by_role("link", name="Log in")).to_be_visible()
    assert await key_of(page) == ""


async def test_a_logout_elsewhere_during_a_check_counts(visited: Opening) -> None:
    page = await visited("#/login")
    await log_in(page)
    await expect(page.locator("#account")).to_contain_text("Speaker")
    other = await page.context.new_page()
    await other.goto(page.url)
    await expect(other.locator("#account")).to_contain_text("Speaker")
    released = asyncio.Event()

    async def wait(route: Route) -> None:
        await released.wait()
        await route.continue_()

    await page.route("**/auth", wait)
    async with page.expect_request("**/auth"):
        await page.evaluate("() => { location.hash = '#/host/OPEN11'; }")
    await page.evaluate(
        "(name) => { new BroadcastChannel(name).onmessage = () => { window.told = true; }; }", "dolmetsch /"
    )
    await other.get_by_role("button", name="Log out").click()
    await page.wait_for_function("() => window.told")
    released.set()
    await expect(page.get_by_role("link", name="Log in")).to_be_visible()
    await expect(page.get_by_label("Password")).to_be_visible()


async def test_a_server_that_asks_to_wait_has_not_ended_the_login(visited: Opening) -> None:
    page = await visited("#/login")
    await log_in(page)
    await expect(page.locator("#account")).to_contain_text("Speaker")

    async def wait(route: Route) -> None:
        await route.fulfill(status=503, headers={"Retry-After": "60"}, json={"status": "fail"})

    await page.route("**/auth", wait)
    async with page.expect_response("**/auth"):
        await page.reload()
    await look(page)
    await expect(page.get_by_text("Your login has expired.")).to_have_count(0)
    await page.unroute("**/auth")
    await look(page)
    await expect(page.locator("#account")).to_contain_text("Speaker")


async def test_after_a_logout_no_login_has_expired(visited: Opening) -> None:
    page = await visited("#/login")
    await log_in(page)
    await expect(page.locator("#account")).to_contain_text("Speaker")
    await page.route(
        "**/api/v1/transcripts", lambda route: route.fulfill(status=401, json={"detail": "Log in first"})
    )
    async with page.expect_response("**/api/v1/transcripts"):
        await page.get_by_role("button", name="Log out").click()
    await look(page)
    await expect(page.get_by_text("Your login has expired.")).to_have_count(0)
    await expect(page.get_by_role("link", name="Log in")).to_be_visible()


async def test_after_a_wrong_password_one_types_on(visited: Opening) -> None:
    page = await visited("#/login")
    await page.get_by_label("Password").fill("wrong")
    button = page.get_by_role("button", name="Log in")
    released = asyncio.Event()

    async def wait(route: Route) -> None:
        await released.wait()
        await route.continue_()

    await page.route("**/login", wait)
    await button.focus()
    async with page.expect_request("**/login"):
        await page.keyboard.press("Enter")
    await expect(button).to_be_focused()
    released.set()
    await expect(page.get_by_text("This password is wrong.")).to_be_visible()
    await expect(page.get_by_label("Password")).to_be_focused()


async def test_who_has_gone_elsewhere_while_logging_in_stays_there(visited: Opening) -> None:
    page = await visited("#/login")
    released = asyncio.Event()

    async def wait(route: Route) -> None:
        await released.wait()
        await route.continue_()

    await page.route("**/login", wait)
    async with page.expect_request("**/login"):
        await log_in(page)
    await page.get_by_role("link", name="Vote").click()
    released.set()
    await expect(page.locator("#account")).to_contain_text("Speaker")
    await expect(page.get_by_role("heading", name="Vote", level=1)).to_be_visible()
