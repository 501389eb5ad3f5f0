"""The page in Chromium: who speaks, who reads, and what they are told when something is wrong."""

import json
from typing import Any

import httpx
import pytest
from playwright.async_api import Page, Route, WebSocketRoute, expect

from tests.browser.conftest import Opening, captions, log_in, photograph
from tests.platform_process import PlatformProcess
from tests.scoring import exact_translations, score, talk
from tests.waiting import until

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]
NOTICE = "Demonstration model: knows about 280 words per language"
IN_TIME = 45_000
"""Milliseconds that a part of a talk may take to be shown."""

WATCH_BOXES = """
() => {
  window.boxes = {compared: 0, moved: []};
  const words = document.querySelector('.words');
  const look = () => [...document.querySelectorAll('.sentence')].map((each) => {
    const {top, left, width, height} = each.getBoundingClientRect();
    return {text: each.textContent, box: [top, left, width, height].join(' ')};
  });
  let before = look();
  new MutationObserver(() => {
    const now = look();
    const same = now.length === before.length && now.every(({text}, at) => text === before[at].text);
    if (same && now.length) {
      boxes.compared += 1;
      now.forEach(({text, box}, at) => box === before[at].box || boxes.moved.push([text, box]));
    }
    before = now;
  }).observe(words, {childList: true, characterData: true, subtree: true});
}
"""
"""When only unfinished words changed, finished captions must stand where they stood."""

WATCH_STATES = """
() => {
  const state = document.querySelector('.state');
  window.states = [state.textContent];
  new MutationObserver(() => states.push(state.textContent))
    .observe(state, {childList: true, characterData: true, subtree: true});
}
"""


async def choose(page: Page, label: str, value: str) -> None:
    await page.get_by_label(label, exact=True).select_option(value)


async def sentences_shown(page: Page, count: int, lang: str) -> None:
    await page.wait_for_function(
        "([count, lang]) => document.querySelectorAll(`.sentence[lang=${lang}]`).length >= count",
        arg=[count, lang],
        timeout=IN_TIME,
    )


async def cut_off(page: Page) -> int:
    """Close the page's open socket under its feet; how many sockets it has had so far."""
    count: int = await page.evaluate("() => { sockets.at(-1).close(); return sockets.length; }")
    return count


@pytest.mark.audio
async def test_a_talk_spoken_into_one_browser_is_read_in_others(opened: Opening) -> None:
    german = await opened("#/room/DEMO1", scheme="dark")
    phone = await opened("#/room/DEMO1", width=360, height=640)
    await expect(german.get_by_text("Waiting for the speaker")).to_be_visible()
    await choose(german, "Read in", "de")
    await choose(phone, "Read in", "en")
    for page in (german, phone):
        await page.evaluate(WATCH_BOXES)
        await page.evaluate(WATCH_STATES)

    host = await opened("#/host/DEMO1")
    await log_in(host)
    await choose(host, "Spoken", "en")
    await choose(host, "Read in", "en")
    await host.get_by_role("button", name="Start speaking").click()
    await expect(host.locator(".state")).to_have_text("Live", timeout=IN_TIME)
    await host.wait_for_function(
        "() => Number(document.querySelector('[role=meter]').getAttribute('aria-valuenow')) > 30"
    )
    await expect(german.locator(".state")).to_have_text("Live", timeout=IN_TIME)

    await sentences_shown(german, 3, "de")
    await photograph_talk(host, german, phone)
    before = await cut_off(german)
    await german.wait_for_function("(before) => sockets.length > before", arg=before)
    await german.wait_for_function("() => states.some((each) => each.startsWith('Connection lost'))")

    await sentences_shown(host, 4, "en")
    await choose(host, "Read in", "de")
    await sentences_shown(host, 6, "de")
    assert await host.evaluate("() => recorders") == 1, "another language needs no new recording"

    await check_captions(german, phone)
    await check_silence_and_recovery(host)
    await host.get_by_role("button", name="Stop").click()
    await expect(host.get_by_role("button", name="Start speaking")).to_be_enabled()
    for page in (german, phone, host):
        await expect(page.locator(".state")).to_have_text(
            "The talk has ended (Room closed).", timeout=IN_TIME
        )
    # What was read stays readable, and nothing is on its way any more.
    assert len(await captions(german)) >= len(talk("en").texts)
    await expect(german.locator(".words")).to_have_text("")


async def photograph_talk(host: Page, german: Page, phone: Page) -> None:
    await german.wait_for_function("() => document.querySelector('.words').textContent.length > 5")
    await photograph(host, "host-light")
    await photograph(german, "viewer-dark")
    await photograph(phone, "viewer-phone-light")
    for page in (host, german, phone):
        await expect(page.get_by_text(NOTICE)).to_be_visible()


async def check_captions(german: Page, phone: Page) -> None:
    of = talk("en")
    for page, lang in ((german, "de"), (phone, "en")):
        await sentences_shown(page, len(of.texts), lang)
    own, translated = await captions(phone), await captions(german)
    heard = score(of.texts, [each["text"] for each in own])
    print(f"WER {heard.wer:.1%}", [each["text"] for each in own])
    assert heard.wer <= 0.15
    assert not heard.missing
    assert not heard.doubled
    assert {each["lang"] for each in own} == {"en"}
    # Cut off in mid-talk, and nothing there twice, nothing missing.
    assert [each["at"] for each in translated] == [each["at"] for each in own]
    assert {(each["lang"], each["waiting"]) for each in translated} == {("de", False)}
    both = [{"en": one["text"], "de": other["text"]} for one, other in zip(own, translated, strict=True)]
    exact, right = exact_translations(of, both, "en", "de")
    assert right >= 6
    assert exact >= 0.9 * right
    for page in (german, phone):
        boxes = await page.evaluate("() => boxes")
        assert boxes["compared"] >= 4
        assert boxes["moved"] == []


async def check_silence_and_recovery(host: Page) -> None:
    """The recording is over: the host is told of the silence, and survives a lost socket."""
    await expect(host.get_by_text("Nothing was heard for 10 seconds")).to_be_visible(timeout=IN_TIME)
    await photograph(host, "host-silence")
    await host.evaluate(WATCH_STATES)
    before = await cut_off(host)
    await host.wait_for_function("(before) => sockets.length > before", arg=before)
    await expect(host.locator(".state")).to_have_text("Live", timeout=IN_TIME)
    assert any(each.startswith("Connection lost") for each in await host.evaluate("() => states"))
    assert await host.evaluate("() => recorders") == 2, "a lost socket needs a new recording"
    await expect(host.get_by_role("button", name="Stop")).to_be_enabled()


async def test_the_list_shows_what_there_is_and_why(opened: Opening) -> None:
    for name, width, scheme in (("light", 1280, "light"), ("dark", 1280, "dark"), ("phone", 360, "light")):
        page = await opened("", width=width, scheme=scheme)
        await expect(page.get_by_role("heading", name="Rooms", level=1)).to_be_visible()
        await expect(page.get_by_role("listitem")).to_have_count(2)
        first = page.get_by_role("listitem").first
        await expect(first).to_contain_text("Opening of the conference")
        await expect(first).to_contain_text("Ada Lovelace · Large hall · English")
        await expect(first).to_contain_text("Not live")
        await expect(page.get_by_text("LibreTranslate with two small packages")).to_be_visible()
        await expect(page.get_by_text(NOTICE)).to_be_visible()
        track = await first.evaluate("(each) => getComputedStyle(each, '::before').backgroundColor")
        assert track == "rgb(47, 111, 79)"
        await photograph(page, f"rooms-{name}")
    await first.get_by_role("link", name="Read captions of Opening").click()
    await expect(page.get_by_role("heading", name="Opening of the conference")).to_be_focused()
    await expect(page).to_have_title("Opening of the conference – Dolmetsch")


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


@pytest.mark.parametrize("width", [360, 1920])
async def test_no_view_scrolls_sideways(opened: Opening, width: int) -> None:
    page = await opened("#/host/DEMO1", width=width, height=width * 16 // 9 if width < 500 else 1080)
    await log_in(page)
    await expect(page.get_by_role("button", name="Start speaking")).to_be_visible()
    for name in ("host", "room", ""):
        await page.evaluate("(hash) => { location.hash = hash; }", f"#/{name}/DEMO1" if name else "#/")
        await expect(page.get_by_role("heading", level=1)).to_be_visible()
        await expect(page.get_by_text(NOTICE)).to_be_visible()
        wide = await page.evaluate("() => document.documentElement.scrollWidth - innerWidth")
        assert wide <= 0, name
        await photograph(page, f"{name or 'rooms'}-{width}")


HOSTILE = "<img src=x onerror='window.broken=1'>"


async def test_titles_and_captions_are_text(opened: Opening) -> None:
    page = await opened("")

    async def hostile_rooms(route: Route) -> None:
        answer = await (await route.fetch()).json()
        for room in answer["rooms"]:
            room |= {"title": HOSTILE, "presenter": HOSTILE, "description": HOSTILE}
            room["track"] = {"name": HOSTILE, "color": "red; background: url(//x)"}
        await route.fulfill(json=answer)

    await page.route("**/room_list", hostile_rooms)
    await page.reload()
    await expect(page.get_by_role("link", name=HOSTILE, exact=True).first).to_be_visible()
    await page.get_by_role("link", name=HOSTILE, exact=True).first.click()
    await expect(page.get_by_role("heading", name=HOSTILE)).to_be_visible()
    await show(page, chunk([{"en": HOSTILE, "de": HOSTILE}], rest=HOSTILE))
    assert [each["text"] for each in await captions(page)] == [HOSTILE]
    await expect(page.locator(".words")).to_have_text(HOSTILE)
    assert await page.evaluate("() => [document.images.length, window.broken]") == [0, None]


def chunk(contents: list[dict[str, str]], *, line: int = 0, first: int = 0, rest: str = "") -> dict[str, Any]:
    """A chunk as the server sends it."""
    sentences = [{"sent_idx": first + at, "content": content} for at, content in enumerate(contents)]
    line_sent = {"line_idx": line, "beg": 0, "end": 5, "speaker": -1, "sentences": sentences}
    return {
        "last_n_sents": [line_sent] if contents else [],
        "incomplete_sentence": rest,
        "transcription_delay": 0.5,
        "translation_delay": 0.1,
    }


async def show(page: Page, *chunks: dict[str, Any], lang: str = "de") -> None:
    """Give chunks to the page's own caption view, put in the place of the room's."""
    await page.evaluate(
        """async ([chunks, lang]) => {
          if (!window.shownView) {
            const {CaptionView} = await import('./caption_view.js');
            const {Captions} = await import('./captions.js');
            window.shownView = new CaptionView(new Captions());
            document.querySelector('.captions').replaceWith(shownView.element);
            shownView.spoken = 'en';
          }
          shownView.setLang(lang);
          for (const chunk of chunks) shownView.take(chunk, lang);
        }""",
        [chunks, lang],
    )


async def test_captions_are_merged_and_replaced_in_place(opened: Opening) -> None:
    page = await opened("#/room/DEMO1")
    await expect(page.get_by_text("Waiting for the speaker")).to_be_visible()
    snapshot = chunk([{"en": "One.", "de": "Eins."}, {"en": "Two."}])
    await show(page, snapshot, snapshot)
    found = [(each["at"], each["text"], each["lang"], each["waiting"]) for each in await captions(page)]
    assert found == [("0.0", "Eins.", "de", False), ("0.1", "Two.", "en", True)]
    await show(
        page, chunk([{"en": "Three."}], line=1, rest="Fou"), chunk([{"en": "Two.", "de": "Zwei."}], first=1)
    )
    found = [(each["at"], each["text"], each["lang"], each["waiting"]) for each in await captions(page)]
    assert found[1:] == [("0.1", "Zwei.", "de", False), ("1.0", "Three.", "en", True)]
    await show(page, snapshot | {"last_n_sents": []}, lang="en")
    assert [each["text"] for each in await captions(page)] == ["One.", "Two.", "Three."]
    # The room was opened again: other sentences under the same numbers are another talk.
    await show(page, chunk([{"en": "Anew.", "de": "Neu."}]), lang="de")
    assert [each["text"] for each in await captions(page)] == ["Neu."]


async def test_right_to_left_captions_say_so(opened: Opening) -> None:
    page = await opened("#/room/DEMO1")
    await expect(page.get_by_text("Waiting for the speaker")).to_be_visible()
    await show(page, chunk([{"en": "Peace.", "ar": "السلام عليكم."}]), lang="ar")
    (only,) = await captions(page)
    assert (only["lang"], only["dir"]) == ("ar", "rtl")
    await photograph(page, "viewer-rtl")


async def test_a_reader_who_scrolls_up_is_left_alone_until_following_again(opened: Opening) -> None:
    page = await opened("#/room/DEMO1")
    await expect(page.get_by_text("Waiting for the speaker")).to_be_visible()
    for line in range(12):
        await show(page, chunk([{"en": f"Sentence {line} {each}."} for each in range(3)], line=line))
    log = page.get_by_role("log")
    position = "(log) => [Math.round(log.scrollTop), log.scrollHeight - log.clientHeight - log.scrollTop < 2]"
    assert (await log.evaluate(position))[1]
    follow = page.get_by_role("button", name="Follow again")
    await expect(follow).to_be_hidden()
    await log.focus()
    await page.keyboard.press("Home")
    await expect(follow).to_be_visible()
    await page.wait_for_function("() => document.querySelector('.log').scrollTop === 0")
    await show(page, chunk([{"en": "New."}], line=12))
    assert (await log.evaluate(position))[0] == 0
    await expect(follow).to_have_text("Follow again (1 new)")
    await photograph(page, "viewer-light-scrolled")
    await follow.click()
    await expect(follow).to_be_hidden()
    assert (await log.evaluate(position))[1]


async def test_text_grows_and_stays_grown(opened: Opening) -> None:
    page = await opened("#/room/DEMO1")
    await show(page, chunk([{"en": "A sentence."}]))
    size = "() => parseFloat(getComputedStyle(document.querySelector('.room .sentence, .words')).fontSize)"
    before = await page.evaluate(size)
    await page.evaluate("() => { delete window.shownView; }")
    await page.reload()
    await page.get_by_role("button", name="Larger text").click()
    assert await page.evaluate(size) > before
    await page.reload()
    assert await page.evaluate(size) > before


async def test_a_server_that_is_away_is_named_and_found_again(opened: Opening) -> None:
    page = await opened("")
    await page.route("**/health", lambda route: route.abort())
    await page.reload()
    banner = page.get_by_text("The server can't be reached. Trying again…")
    await expect(banner).to_be_visible()
    await page.unroute("**/health")
    await expect(banner).to_be_hidden(timeout=15_000)
    await expect(page.get_by_role("listitem")).to_have_count(2)


async def test_a_live_room_is_told_from_the_others(opened: Opening) -> None:
    page = await opened("")

    async def one_live(route: Route) -> None:
        answer = json.loads((await (await route.fetch()).body()).decode())
        answer["rooms"][1]["host_connection_id"] = "somebody"
        await route.fulfill(json=answer)

    await page.route("**/room_list", one_live)
    await page.reload()
    await expect(page.get_by_role("listitem").nth(1).locator(".badge")).to_have_text("Live")
    await photograph(page, "rooms-live")
