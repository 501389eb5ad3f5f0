/** An admin makes a room without a schedule. */

import { oneAtATime } from "./action_button.js";
import { field, h, setOptions, setText } from "./dom.js";
import { tellAndGo } from "./results.js";
import { Refusal, inWords } from "./server.js";
import { session } from "./session.js";
import { makeRoom } from "./signed.js";
import { status } from "./status.js";

export function newRoomView() {
  const inputs = {
    title: h("input", { required: true, autocomplete: "off" }),
    presenter: h("input", { autocomplete: "off" }),
    location: h("input", { autocomplete: "off" }),
    source_lang: h("select"),
    id: h("input", { autocomplete: "off", autocapitalize: "characters", spellcheck: "false" }),
  };
  const troubles = Object.fromEntries(Object.keys(inputs).map((name) => [name, troubleOf(inputs[name], name)]));
  const trouble = h("p", { class: "trouble", role: "alert" });
  const button = h("button", { class: "button", type: "submit" }, "Make the room");
  const attempt = oneAtATime(button, make);
  const row = (name, label, ...more) => h("div", {}, field(label, inputs[name]), ...more, troubles[name]);
  const form = h("form", { class: "panel", onsubmit: submit, "aria-labelledby": "new-room" },
    row("title", "Title"), row("presenter", "Speaker (optional)"), row("location", "Place (optional)"),
    row("source_lang", "Language spoken"), row("id", "Name in the address (optional)",
      h("p", { class: "note" }, "Without one, a short name is made up.")),
    trouble, h("div", { class: "actions" }, button, h("a", { class: "quiet", href: "#/" }, "Cancel")));
  const only = h("p", { class: "note" }, "Only an admin can make a room: ", h("a", { href: "#/login" }, "log in"), " first.");
  const heading = h("h1", { tabindex: "-1", id: "new-room" }, "New room");
  const element = h("div", { class: "page narrow" }, heading, only, form);

  function submit(event) {
    event.preventDefault();
    attempt();
  }

  async function make() {
    for (const [name, place] of Object.entries({ ...troubles, "": trouble })) say(name, place, "");
    try {
      const draft = Object.entries(inputs).map(([name, { value }]) => [name, value.trim()]);
      const made = await makeRoom(Object.fromEntries(draft));
      await status.lookAfterChange();
      tellAndGo(element, `“${made.title}” was made.`, "#/");
    } catch (error) {
      refuse(error);
    }
  }

  /** Say it at the field that it is about, else below the form. */
  function refuse(error) {
    const found = error instanceof Refusal ? error.problems.map((each) => [String(each.loc.at(-1)), wrong(each)]) : [];
    if (error instanceof Refusal && error.status === 409) found.push(["id", error.message]);
    for (const [name, words] of found) say(name, troubles[name] ?? trouble, words);
    if (found.length === 0) setText(trouble, inWords(error));
    const first = Object.keys(inputs).find((name) => troubles[name].textContent);
    (inputs[first] ?? button).focus();
  }

  function say(name, place, words) {
    setText(place, words);
    if (words) inputs[name]?.setAttribute("aria-invalid", "true");
    else inputs[name]?.removeAttribute("aria-invalid");
  }

  function update() {
    const admin = session.role === "admin";
    form.hidden = !admin && !session.expired;
    only.hidden = admin;
    const usual = { value: "", text: "The usual one here" };
    setOptions(inputs.source_lang, [usual, ...status.sources.map((code) => ({ value: code, text: status.name(code) }))]);
  }

  return { element, heading, title: "New room", update, leave() {} };
}

function troubleOf(input, name) {
  const id = `trouble-${name}`;
  input.setAttribute("aria-describedby", id);
  return h("p", { class: "trouble", id });
}

/** The server's complaint about a field. */
function wrong({ type, msg, ctx }) {
  if (type === "string_too_long") return `This is too long: at most ${ctx.max_length} characters.`;
  if (type === "string_too_short") return "This can't be empty.";
  if (type === "string_pattern_mismatch") return "Use letters A to Z, digits, and between them - _ or a full stop.";
  return msg.replace(/^Value error, /, "");
}
