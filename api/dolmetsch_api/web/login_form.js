/** Logging in with a password. */

import { oneAtATime } from "./action_button.js";
import { field, h, setText } from "./dom.js";
import { Refusal, inWords } from "./server.js";
import { session } from "./session.js";

/** @param {() => void} onDone @param {string} [heading] */
export function loginForm(onDone, heading = "") {
  const password = h("input", { type: "password", name: "password", autocomplete: "current-password", required: true });
  const wrong = h("p", { class: "trouble", role: "alert" });
  const button = h("button", { class: "button", type: "submit" }, "Log in");
  const attempt = oneAtATime(button, logIn);
  const form = h("form", { class: "panel login", onsubmit: submit },
    heading && h("h2", {}, heading),
    h("p", { class: "note" }, "The organisers gave you a password. Whoever only reads needs none."),
    h("input", { type: "text", name: "username", value: "host", autocomplete: "username", hidden: true }),
    field("Password", password), wrong, button);

  function submit(event) {
    event.preventDefault();
    attempt();
  }

  async function logIn() {
    setText(wrong, "");
    try {
      await session.login(password.value);
      password.value = "";
      onDone();
    } catch (error) {
      setText(wrong, refused(error));
      password.focus();
      password.select();
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
