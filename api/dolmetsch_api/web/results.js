/** What came of something, told once at the top of the page and read out. */

import { setText } from "./dom.js";

const place = document.getElementById("result");
let stays = false;

/** @param {string} text @param {{next?: boolean}} [wish] next: it is to be read on the view that comes next */
export function tell(text, { next = false } = {}) {
  stays = next;
  setText(place, text);
}

/**
 * Tell it on the view that follows; whoever has gone elsewhere meanwhile is told there, and stays.
 * @param {HTMLElement} view @param {string} text @param {string} hash the view that follows
 */
export function tellAndGo(view, text, hash) {
  const here = view.isConnected;
  tell(text, { next: here });
  if (here) location.hash = hash;
}

/** Another view is shown. */
export function anotherView() {
  if (!stays) setText(place, "");
  stays = false;
}
