"""Captions as they stand on the page."""

import json
from typing import Any

import pytest
from playwright.async_api import Page, expect

from tests.browser.boxes import WATCH_BOXES
from tests.browser.conftest import Opening, captions, chunk, photograph, show
from tests.browser.fake_room import FakeRoom

pytestmark = pytest.mark.browser


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


async def test_a_longer_state_moves_no_caption(opened: Opening) -> None:
    """On a phone, "Captions are delayed…" takes a line more than "Live"."""
    room = FakeRoom()
    page = await opened("#/rooms", width=360, height=640)
    await page.route_web_socket("**/room/**", room.take)
    await page.evaluate("() => { location.hash = '#/room/DEMO1'; }")
    await expect(page.get_by_text("Connected")).to_be_visible()
    for line in range(12):
        long = [{"en": f"Sentence {line} {each} goes on for some more words."} for each in range(3)]
        room.sockets[-1].send(json.dumps(chunk(long, line=line)))
    state = page.locator(".state")
    room.tell(state="live")
    await expect(state).to_have_text("Live")
    await page.evaluate(WATCH_BOXES)
    heights = []
    for name, text in (("captions_delayed", "Captions are delayed"), ("live", "Live")) * 5:
        room.tell(state=name)
        room.sockets[-1].send(json.dumps(chunk([], rest=f"Words while {name}, {len(heights)}")))
        await expect(state).to_contain_text(text)
        await page.wait_for_function("(count) => boxes.compared >= count", arg=len(heights) + 1)
        heights.append(await state.evaluate("(state) => state.offsetHeight"))
    assert min(heights) < max(heights), "the state has lines"
    assert await page.evaluate("() => boxes.moved") == []


async def read_out(page: Page) -> list[str]:
    """The finished sentences that a screen reader was told of when they came."""
    found: list[str] = await page.evaluate(
        """() => [...document.querySelectorAll('.sentence:not([aria-live=off])')]
          .map((each) => each.textContent)"""
    )
    return found


async def test_only_what_is_new_is_read_out(opened: Opening) -> None:
    page = await opened("#/room/DEMO1")
    await expect(page.get_by_text("Waiting for the speaker")).to_be_visible()
    await show(page, chunk([{"en": "One.", "de": "Eins."}, {"en": "Two."}]))
    assert await read_out(page) == [], "all that was said before"
    await show(page, chunk([{"en": "Two.", "de": "Zwei."}], first=1), chunk([{"en": "Three."}], line=1))
    assert await read_out(page) == []
    await show(page, chunk([{"en": "Three.", "de": "Drei."}], line=1))
    assert await read_out(page) == ["Drei."]
    await show(page, lang="en")
    assert await read_out(page) == [], "another language is nothing new"
    assert [each["waiting"] for each in await captions(page)] == [False, False, False]
    await show(page, chunk([{"en": "Four."}], line=2), lang="en")
    assert await read_out(page) == ["Four."]


async def test_what_was_missed_is_counted_for_each_talk(opened: Opening) -> None:
    page = await opened("#/room/DEMO1")
    await expect(page.get_by_text("Waiting for the speaker")).to_be_visible()

    def snapshot(word: str) -> dict[str, Any]:
        """A talk that is more than the page has room for."""
        lines = (chunk([{"en": f"{word} {line} {at}."} for at in range(3)], line=line) for line in range(12))
        return chunk([]) | {"last_n_sents": [each for line in lines for each in line["last_n_sents"]]}

    await show(page, snapshot("Sentence"))
    await page.get_by_role("log").focus()
    await page.keyboard.press("Home")
    await page.wait_for_function("() => document.querySelector('.log').scrollTop === 0")
    follow = page.get_by_role("button", name="Follow again")
    await expect(follow).to_be_visible()
    await show(page, chunk([{"en": "New."}], line=12))
    await expect(follow).to_have_text("Follow again (1 new)")
    await show(page, snapshot("Anew"))
    await expect(follow).to_have_text("Follow again (36 new)")
    await show(page, chunk([{"en": "Once more."}]))
    await expect(follow).to_be_hidden()


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
    await expect(page.get_by_role("button", name="Larger text")).to_be_visible()
    assert await page.evaluate(size) > before
