"""How long the page waits for the server, and how its sockets end."""

import pytest
from playwright.async_api import expect

from tests.browser.conftest import Opening, log_in

pytestmark = pytest.mark.browser

PATIENCE = """
window.waits = {};
const patience = new WeakMap();
const timeout = AbortSignal.timeout.bind(AbortSignal);
AbortSignal.timeout = (ms) => {
  const signal = timeout(ms);
  patience.set(signal, ms);
  return signal;
};
const ask = window.fetch.bind(window);
window.fetch = (url, init) => {
  waits[`${init.method ?? 'GET'} ${url.pathname}`] = patience.get(init.signal);
  return ask(url, init);
};
"""
"""Notes how many milliseconds each request may take."""


async def test_what_changes_something_is_waited_for_longer_than_a_look(opened: Opening) -> None:
    page = await opened("#/login", spy=PATIENCE)
    await log_in(page)
    await expect(page.locator("#account")).to_contain_text("Speaker")
    await page.evaluate(
        """async () => {
          const server = await import('./server.js');
          const signed = await import('./signed.js');
          await Promise.allSettled([server.vote('X', 'add'), signed.makeRoom({}), signed.deleteRoom('X')]);
        }"""
    )
    waits = await page.evaluate("() => waits")
    writing = ["POST /login", "GET /vote/X/add", "POST /api/v1/rooms", "DELETE /api/v1/rooms/X"]
    assert [waits[each] for each in writing] == [30_000] * 4
    assert waits["GET /health"] == waits["GET /room_list"] == 4000


async def test_a_socket_that_was_stopped_while_it_was_renewed_stays_away(opened: Opening) -> None:
    page = await opened("")
    count = await page.evaluate(
        """async () => {
          const {RoomSocket} = await import('./room_socket.js');
          const made = [];
          window.WebSocket = class {
            static CONNECTING = 0;
            static OPEN = 1;
            readyState = 1;
            constructor() { made.push(this); }
            close() {}
          };
          const socket = new RoomSocket({address: () => 'ws://nowhere', onFrame() {}, onStatus() {}});
          socket.start();
          const renewed = socket.renew();
          const stopped = socket.stop();
          made[0].onclose({code: 1000, reason: ''});
          await Promise.all([renewed, stopped]);
          return made.length;
        }"""
    )
    assert count == 1


async def test_a_microphone_is_closed_once(opened: Opening) -> None:
    page = await opened("")
    await page.evaluate(
        """async () => {
          const {Microphone} = await import('./microphone.js');
          const microphone = await Microphone.open('');
          microphone.close();
          await microphone.close();
        }"""
    )
    assert await page.evaluate("() => new Promise((resolve) => setTimeout(() => resolve(true)))")
