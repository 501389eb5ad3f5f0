/** Logging in with a password. */

import { h, setText } from "./dom.js";
import { field } from "./reader.js";
import { Refusal, inWords } from "./server.js";
import { session } from "./session.js";

/** @param {() => void} onDone @param {string} [heading] */
export function loginForm(onDone, heading = "") {
  const password = h("input", { type: "password", name: "password", autocomplete: "current-password", required: true });
  const wrong = h("p", { class: "trouble", role: "alert" });
  const button = h("button", { class: "button", type: "submit" }, "Log in");
  const form = h("form", { class: "panel login", onsubmit: submit },
    heading && h("h2", {}, heading),
    h("p", { class: "note" }, "The organisers gave you a password. Whoever only reads needs none."),
    h("input", { type: "text", name: "username", value: "host", autocomplete: "username", hidden: true }),
    field("Password", password), wrong, button);

  async function submit(event) {
    event.preventDefault();
    button.disabled = true;
    setText(wrong, "");
    try {
      await session.login(password.value);
      password.value = "";
      onDone();
    } catch (error) {
      setText(wrong, refused(error));
      password.select();
    } finally {
      button.disabled = false;
    }
  }

  /** @param {string} text */
  const say = (text) => setText(wrong, text);
  return { element: form, focus: () => password.focus(), say };
}

function refused(error) {
  if (!(error instanceof Refusal)) return inWords(error);
  return error.wait ? "Too many wrong passwords were tried. Wait a minute, then try again." : "This password is wrong.";
}
