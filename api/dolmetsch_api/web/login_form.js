/** The host's login. */

import { h, setText } from "./dom.js";
import { heldKey, keepKey } from "./keys.js";
import { Refusal, login } from "./server.js";
import { field } from "./reader.js";

/** @param {() => void} onDone */
export function loginForm(onDone) {
  const password = h("input", { type: "password", name: "password", autocomplete: "current-password", required: true });
  const wrong = h("p", { class: "trouble", role: "alert" });
  const button = h("button", { class: "button", type: "submit" }, "Log in");
  const form = h("form", { class: "panel login", onsubmit: submit },
    h("h2", {}, "For speakers"),
    h("p", { class: "note" }, "The organisers gave you a password. Whoever only reads needs none."),
    h("input", { type: "text", name: "username", value: "host", autocomplete: "username", hidden: true }),
    field("Password", password), wrong, button);

  async function submit(event) {
    event.preventDefault();
    button.disabled = true;
    setText(wrong, "");
    try {
      const { key, expire_hours } = await login(password.value, heldKey());
      keepKey(key, expire_hours);
      onDone();
    } catch (error) {
      setText(wrong, error instanceof Refusal ? "This password is wrong." : "The server can't be reached. Try again.");
      password.select();
    } finally {
      button.disabled = false;
    }
  }

  /** @param {string} text */
  const say = (text) => setText(wrong, text);
  return { element: form, focus: () => password.focus(), say };
}
