/**
 * Until the page is there: says that it is being loaded, and that a part of it did not come.
 * A script of its own kind, not a module: where one module is missing, none runs.
 */

"use strict";

(() => {
  const LONG_MS = 5000;
  const FIRST_PAUSE_MS = 1000;
  const LONGEST_PAUSE_MS = 30000;
  const TRIES = "dolmetsch-loads";
  let missing = false;

  const place = () => document.getElementById("view");
  const arrived = () => place().childElementCount > 0;

  /** How often it was tried, over the reloads; a browser may refuse to keep that, or a tab have none. */
  function tries(value) {
    try {
      if (value !== undefined) sessionStorage.setItem(TRIES, String(value));
      return Number(sessionStorage.getItem(TRIES)) || 0;
    } catch {
      return null;
    }
  }

  function say(text) {
    const again = document.createElement("button");
    again.type = "button";
    again.textContent = "Load again";
    again.addEventListener("click", () => location.reload());
    document.getElementById("unreachable").replaceChildren(`${text} `, again);
  }

  function tryAgain() {
    const before = tries();
    if (before === null) {
      say("A part of this page did not arrive.");
      return;
    }
    say("A part of this page did not arrive. Trying again…");
    tries(before + 1);
    setTimeout(() => location.reload(), Math.min(FIRST_PAUSE_MS * 2 ** before, LONGEST_PAUSE_MS));
  }

  addEventListener("error", ({ target }) => {
    if (target instanceof HTMLScriptElement) missing = true;
  }, true);
  addEventListener("load", () => {
    if (arrived()) tries(0);
    else if (missing) tryAgain();
  });
  setTimeout(() => {
    if (!missing && !arrived()) say("This page is still being loaded…");
  }, LONG_MS);
})();
