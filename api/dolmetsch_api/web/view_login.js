/** Logging in, for organisers and speakers. */

import { h } from "./dom.js";
import { loginForm } from "./login_form.js";
import { tellAndGo } from "./results.js";
import { session } from "./session.js";

const WORDS = { host: "You are logged in as a speaker.", admin: "You are logged in as an admin." };

/** @param {string} back where to go on afterwards */
export function loginView(back) {
  const heading = h("h1", { tabindex: "-1" }, "Log in");
  const form = loginForm(() => tellAndGo(element, WORDS[session.role] ?? "", back));
  if (session.expired) form.say("Your login has expired. Log in again: what is yours stays yours.");
  const element = h("div", { class: "page narrow" }, heading, form.element);
  return { element, heading, title: "Log in", update() {}, leave() {} };
}
