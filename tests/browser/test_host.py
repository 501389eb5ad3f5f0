"""The host's side: login, microphone, what is sent when, and what the host is told."""

import json
from typing import Any

import httpx
import pytest
from playwright.async_api import WebSocketRoute, expect

from tests.browser.conftest import Opening, choose, chunk, log_in, photograph
from tests.platform_process import PlatformProcess
from tests.waiting import until

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]


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
    rooms = httpx.get(f"{platform.url}/room_list", trust_env=False).json()["rooms"]
    assert {room["host_connection_id"] for room in rooms} == {""}


async def test_the_servers_reason_is_shown_word_for_word(opened: Opening) -> None:
    page = await opened("#/host/DEMO1")
    await log_in(page)
    await expect(page.get_by_role("button", name="Start speaking")).to_be_visible()
    await page.route_web_socket("**/room/**", lambda socket: socket.close(code=1003, reason="Full <here>"))
    await page.get_by_role("button", name="Start speaking").click()
    await expect(page.get_by_role("alert").first).to_have_text("Full <here>")
    await expect(page.get_by_role("button", name="Start speaking")).to_be_enabled()


class FakeRoom:
    """A room's sockets as the page opens them, and what it sends into each."""

    def __init__(self) -> None:
        self.sockets: list[WebSocketRoute] = []
        self.received: list[list[bytes]] = []

    def take(self, socket: WebSocketRoute) -> None:
        frames: list[bytes] = []
        self.sockets.append(socket)
        self.received.append(frames)
        socket.on_message(lambda frame: frames.append(frame if isinstance(frame, bytes) else frame.encode()))
        self.tell(connection_id="somebody")
        socket.send(json.dumps(chunk([])))

    def tell(self, **info: Any) -> None:
        self.sockets[-1].send(json.dumps({"info": info}))

    async def opened(self, count: int) -> None:
        await until(lambda: len(self.sockets) == count, f"socket {count}")
        self.tell(ready_to_recieve_audio=True)
        await until(lambda: len(self.received[-1]) >= 2, "audio")

    @property
    def begins_with_a_header(self) -> bool:
        return b"".join(self.received[-1]).startswith(WEBM)


WEBM = bytes.fromhex("1A45DFA3")


async def test_audio_waits_for_the_server_and_has_a_header_when_it_needs_one(opened: Opening) -> None:
    page = await opened("#/host/DEMO1")
    await log_in(page)
    room = FakeRoom()
    await page.route_web_socket("**/room/**", room.take)
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
