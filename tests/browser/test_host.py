"""The host's side: login, microphone, what is sent when, and what the host is told."""

import pytest
from playwright.async_api import Page, Route, expect

from tests.browser.conftest import PATIENCE_MS, SPY, Opening, choose, log_in, look, photograph
from tests.browser.fake_room import FakeRoom
from tests.platform_process import PlatformProcess
from tests.waiting import until

pytestmark = pytest.mark.browser


async def about_to_speak(opened: Opening, spy: str = SPY) -> tuple[Page, FakeRoom]:
    """A speaker's page before the start, and the room that takes its sockets."""
    page = await opened("#/host/DEMO1", spy=spy)
    await log_in(page)
    room = FakeRoom()
    await page.route_web_socket("**/room/**", room.take)
    return page, room


async def test_a_wrong_password_says_so_and_a_good_one_is_kept(opened: Opening) -> None:
    page = await opened("#/host/DEMO1", scheme="dark")
    await log_in(page, "wrong")
    await expect(page.get_by_role("alert").first).to_have_text("This password is wrong.")
    await photograph(page, "host-login-dark")
    await log_in(page)
    await expect(page.get_by_role("button", name="Start speaking")).to_be_visible()
    await photograph(page, "host-dark")
    await page.reload()
    await expect(page.get_by_role("button", name="Start speaking")).to_be_visible()


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ("NotAllowedError", "This page may not use the microphone."),
        ("NotFoundError", "No microphone was found."),
        ("NotReadableError", "another program may be using it"),
    ],
)
async def test_a_microphone_that_is_not_to_be_had_is_explained(
    opened: Opening, platform: PlatformProcess, fault: str, words: str
) -> None:
    spy = f"navigator.mediaDevices.getUserMedia = async () => {{ throw new DOMException('', '{fault}'); }};"
    page = await opened("#/host/DEMO1", spy=spy)
    await log_in(page)
    await page.get_by_role("button", name="Start speaking").click()
    await expect(page.get_by_role("alert").first).to_contain_text(words)
    await expect(page.get_by_role("button", name="Start speaking")).to_be_enabled()
    rooms = platform.request("GET", "/room_list").json()["rooms"]
    assert {room["host_connection_id"] for room in rooms} == {""}


async def test_the_servers_reason_is_shown_word_for_word(opened: Opening) -> None:
    page = await opened("#/host/DEMO1")
    await log_in(page)
    await expect(page.get_by_role("button", name="Start speaking")).to_be_visible()
    await page.route_web_socket("**/room/**", lambda socket: socket.close(code=1003, reason="Full <here>"))
    await page.get_by_role("button", name="Start speaking").click()
    await expect(page.get_by_role("alert").first).to_have_text("Full <here>")
    await expect(page.get_by_role("button", name="Start speaking")).to_be_enabled()


async def test_audio_waits_for_the_server_and_has_a_header_when_it_needs_one(opened: Opening) -> None:
    page, room = await about_to_speak(opened)
    await choose(page, "Read in", "en")
    await page.get_by_role("button", name="Start speaking").click()
    await page.wait_for_function("() => slices >= 3")
    assert room.received == [[]], "nothing is sent before the server is ready"
    await room.opened(1)
    assert room.begins_with_a_header, "what was recorded meanwhile is kept, header first"
    room.tell(restart_recorder=True)
    await room.opened(2)
    assert room.begins_with_a_header
    await choose(page, "Read in", "de")
    await room.opened(3)
    assert "/de?" in room.sockets[-1].url
    assert not room.begins_with_a_header, "another language to read leaves the recording alone"
    await room.sockets[-1].close(code=1003, reason="The audio has no stream header: stop the recorder")
    await room.opened(4)
    assert room.begins_with_a_header
    assert await page.evaluate("() => recorders") == 3
    cookies = {each["name"]: each["value"] for each in await page.context.cookies()}
    assert (cookies["DEMO1-allow_store"], cookies["DEMO1-allow_client_download"]) == ("false", "false")
    assert cookies["connection_id"] == "somebody"
    await room.sockets[-1].close(code=1003, reason="Room closed")
    await expect(page.get_by_role("alert").first).to_have_text("Room closed")


ASKS = """
window.asked = 0;
window.tracks = [];
const open = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
navigator.mediaDevices.getUserMedia = async (wish) => {
  asked += 1;
  await new Promise((allow) => { window.allow = allow; });
  const stream = await open(wish);
  tracks.push(...stream.getTracks());
  return stream;
};
"""
"""The browser asks whether the page may use the microphone, until a test allows it."""


async def test_another_spoken_language_is_told_and_changed_with_one_click(opened: Opening) -> None:
    page, room = await about_to_speak(opened)
    await choose(page, "Read in", "en")
    await page.get_by_role("button", name="Start speaking").click()
    await room.opened(1)
    german = page.get_by_role("button", name="Switch to Deutsch")
    room.tell(sounds_like="de")
    await expect(page.get_by_text("This sounds like Deutsch.")).to_be_visible()
    await photograph(page, "host-other-language")
    room.tell(sounds_like="")
    await expect(german).to_be_hidden()
    room.tell(sounds_like="xx")
    await expect(page.locator(".other-language")).to_be_hidden()
    room.tell(sounds_like="de")
    await german.click()
    await until(lambda: len(room.sockets) == 2, "the next socket", PATIENCE_MS / 1000)
    before = await page.evaluate("() => slices")
    await page.wait_for_function("(before) => slices >= before + 2", arg=before)
    await room.opened(2)
    assert "/host/de/de?" in room.sockets[-1].url, "who read along goes on reading what is spoken"
    assert not room.begins_with_a_header, "the recording goes on"
    assert room.late[-1] > 0, "what was spoken meanwhile comes with its time"
    # What was thought before the change is no news any more.
    room.tell(sounds_like="de")
    await expect(german).to_be_hidden()
    await expect(page.get_by_label("Spoken")).to_have_value("de")
    await look(page)
    await expect(page.get_by_label("Read in")).to_have_value("de")
    assert len(room.sockets) == 2, "the next look at the rooms changes nothing"


async def test_a_second_press_while_the_browser_asks_does_nothing(opened: Opening) -> None:
    page, room = await about_to_speak(opened, SPY + ASKS)
    start = page.get_by_role("button", name="Start speaking")
    await start.click()
    await page.wait_for_function("() => asked === 1")
    await look(page)
    await start.evaluate("(button) => button.click()")
    await page.evaluate("() => allow()")
    await room.opened(1)
    assert await page.evaluate("() => [asked, tracks.length, recorders]") == [1, 1, 1]
    await expect(page.get_by_role("button", name="Stop")).to_be_focused()
    await expect(page).to_have_title("Speaking: Opening of the conference – Dolmetsch")


async def test_who_logs_out_while_the_browser_asks_does_not_speak(opened: Opening) -> None:
    page, room = await about_to_speak(opened, SPY + ASKS)
    await page.get_by_role("button", name="Start speaking").click()
    await page.wait_for_function("() => asked === 1")
    await page.get_by_role("button", name="Log out").click()
    await expect(page.get_by_label("Password")).to_be_visible()
    await page.evaluate("() => allow()")
    await page.wait_for_function("() => tracks.length === 1 && tracks[0].readyState === 'ended'")
    assert await page.evaluate("() => recorders") == 0
    assert room.sockets == []


async def test_a_changed_microphone_that_is_not_to_be_had_ends_the_talk_once(opened: Opening) -> None:
    page, room = await about_to_speak(opened)
    await page.get_by_role("button", name="Start speaking").click()
    await room.opened(1)
    await page.evaluate(
        """() => {
          navigator.mediaDevices.getUserMedia = async () => { throw new DOMException('', 'NotFoundError'); };
        }"""
    )
    # The first microphone is closed before another one is opened, and with the talk again.
    await page.get_by_label("Microphone", exact=True).dispatch_event("change")
    await expect(page.get_by_role("alert").first).to_contain_text("No microphone was found.")
    await expect(page.locator(".state")).to_have_text("Not speaking")
    await expect(page.get_by_role("meter")).to_have_attribute("aria-valuenow", "0")


async def test_a_host_reads_another_language_when_the_one_chosen_is_gone(opened: Opening) -> None:
    page, room = await about_to_speak(opened)
    await choose(page, "Read in", "de")
    await page.get_by_role("button", name="Start speaking").click()
    await room.opened(1)
    assert "/de?" in room.sockets[-1].url

    async def without_german(route: Route) -> None:
        about = await (await route.fetch()).json()
        about["translations"]["en"] = ["en"]
        await route.fulfill(json=about)

    await page.route("**/api/v1/about", without_german)
    await look(page, times=6)
    await room.opened(2)
    assert "/en?" in room.sockets[-1].url


async def test_a_host_whose_room_left_the_list_can_stop(opened: Opening) -> None:
    page, room = await about_to_speak(opened)
    await page.get_by_role("button", name="Start speaking").click()
    await room.opened(1)

    async def no_rooms(route: Route) -> None:
        await route.fulfill(json=await (await route.fetch()).json() | {"rooms": []})

    await page.route("**/room_list", no_rooms)
    await look(page)
    await expect(page.get_by_text("There is no room DEMO1 here.")).to_be_visible()
    await page.get_by_role("button", name="Stop").click()
    await expect(page.get_by_role("button", name="Start speaking")).to_be_disabled()
