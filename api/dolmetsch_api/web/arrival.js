/**
 * Until the page is there: says that it is being loaded, and where a part of it did not come, loads it again.
 * A script of its own kind, not a module: where one module is missing or is of another version, none runs.
 */

"use strict";

(() => {
  const LONG_MS = 5000;
  const FIRST_PAUSE_MS = 1000;
  const LONGEST_PAUSE_MS = 30000;
  const TRIES = "dolmetsch-loads";

  const arrived = () => document.getElementById("view")?.childElementCount > 0;

  /** How often it was loaded in vain, over the reloads. null: this browser does not keep it. */
  function triesSoFar() {
    try {
      return Number(sessionStorage.getItem(TRIES)) || 0;
    } catch {
      return null;
    }
  }

  function keepTries(tries) {
    try {
      sessionStorage.setItem(TRIES, String(tries));
      return true;
    } catch {
      return false;
    }
  }

  function say(text) {
    const again = document.createElement("button");
    again.type = "button";
    again.textContent = "Load again";
    again.addEventListener("click", () => location.reload());
    document.getElementById("unreachable")?.replaceChildren(`${text} `, again);
  }

  async function tryAgain() {
    const before = triesSoFar();
    if (before === null || !keepTries(before + 1)) {
      say("A part of this page did not arrive.");
      return;
    }
    say("A part of this page did not arrive. Trying again…");
    // Not all readers of a hall at once.
    const pause = Math.min(FIRST_PAUSE_MS * 2 ** before, LONGEST_PAUSE_MS) * (0.75 + Math.random() / 2);
    await new Promise((resolve) => setTimeout(resolve, pause));
    // While the server is away, a reload would leave this page for an error of the browser's.
    const there = await fetch(location.pathname, { cache: "no-store" }).then((answer) => answer.ok, () => false);
    if (there) location.reload();
    else tryAgain();
  }

  addEventListener("load", () => {
    if (arrived()) keepTries(0);
    else tryAgain();
  });
  setTimeout(() => {
    if (!arrived() && document.readyState !== "complete") say("This page is still being loaded…");
  }, LONG_MS);
})();
