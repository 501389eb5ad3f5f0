/** The list of rooms. */

import { h, setText } from "./dom.js";
import { status } from "./status.js";

export function roomsView() {
  const list = h("ul", { class: "rooms" });
  const none = h("p", { class: "empty" }, "Loading rooms…");
  const about = h("section", { class: "about", "aria-labelledby": "about-heading" });
  const heading = h("h1", { tabindex: "-1" }, "Rooms");
  const element = h("div", { class: "page" }, heading,
    h("p", { class: "lead" }, "Read a talk while it is spoken, in your language."), none, list, about);
  /** @type {Map<string, ReturnType<typeof card>>} */
  const cards = new Map();

  function update() {
    if (!status.rooms) {
      if (status.reachable === false) setText(none, "The list of rooms can't be loaded just now.");
      return;
    }
    setText(none, "There are no rooms yet.");
    none.hidden = status.rooms.length > 0;
    for (const room of status.rooms) {
      if (!cards.has(room.id)) cards.set(room.id, card(room.id));
      cards.get(room.id).update(room);
    }
    const ids = status.rooms.map(({ id }) => id);
    for (const id of cards.keys()) if (!ids.includes(id)) cards.delete(id);
    const wanted = ids.map((id) => cards.get(id).element);
    if (wanted.some((each, at) => list.children[at] !== each) || list.children.length !== wanted.length) {
      list.replaceChildren(...wanted);
    }
    showAbout(about);
  }

  return { element, heading, title: "Rooms", update, leave() {} };
}

function card(id) {
  const link = (kind, className, text) =>
    h("a", { class: className, href: `#/${kind}/${encodeURIComponent(id)}` }, text);
  const title = h("a", { class: "title", href: `#/room/${encodeURIComponent(id)}` });
  const live = h("span", { class: "badge" });
  const track = h("p", { class: "track" });
  const facts = h("p", { class: "facts" });
  const description = h("p", { class: "description" });
  const speak = link("host", "quiet", "Speak here");
  const read = link("room", "button", "Read captions");
  const element = h("li", { class: "card" }, h("div", { class: "card-top" }, track, live),
    h("h2", {}, title), facts, description, h("p", { class: "actions" }, read, speak));

  /** @param {import("./status.js").Room} room */
  function update(room) {
    const active = room.host_connection_id !== "";
    setText(title, room.title);
    for (const text of [title, description]) Object.assign(text, status.attributes(room.source_lang));
    setText(track, room.track.name);
    if (CSS.supports("color", room.track.color)) element.style.setProperty("--track", room.track.color);
    const presenter = room.presenter === "Unknown" ? "" : room.presenter;
    setText(facts, [presenter, room.location, status.name(room.source_lang)].filter(Boolean).join(" · "));
    setText(description, room.description);
    setText(live, active ? "Live" : "Not live");
    live.classList.toggle("live", active);
    read.setAttribute("aria-label", `Read captions of ${room.title}`);
    speak.setAttribute("aria-label", `Speak in ${room.title}`);
  }

  return { element, update };
}

/** Which languages there are, and why. */
function showAbout(section) {
  const { about, sources, readIn } = status;
  if (!about) return;
  const names = (codes) => codes.map((code) => status.name(code)).join(", ");
  const now = [names(sources), names(readIn), about.languages, about.engines];
  if (section.dataset.shown === JSON.stringify(now)) return;
  section.dataset.shown = JSON.stringify(now);
  section.replaceChildren(
    h("h2", { id: "about-heading" }, "Languages"),
    h("dl", {}, h("dt", {}, "Spoken"), h("dd", {}, now[0]), h("dt", {}, "To read in"), h("dd", {}, now[1])),
    ...now.slice(2).filter(Boolean).map((note) => h("p", { class: "note" }, note)),
  );
}
