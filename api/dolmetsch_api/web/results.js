/** What came of something, told once at the top of the page and read out. */

import { setText } from "./dom.js";

const place = document.getElementById("result");
let stays = false;

/** @param {string} text @param {{next?: boolean}} [wish] next: it is to be read on the view that comes next */
export function tell(text, { next = false } = {}) {
  stays = next;
  setText(place, text);
}

/** Another view is shown. */
export function anotherView() {
  if (!stays) setText(place, "");
  stays = false;
}
