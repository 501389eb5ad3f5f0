/** The list of rooms. */

import { h, setText } from "./dom.js";
import { KeyedList } from "./keyed_list.js";
import { roomCard } from "./room_card.js";
import { session } from "./session.js";
import { madeRooms } from "./signed.js";
import { status } from "./status.js";

export function roomsView() {
  const list = h("ul", { class: "rooms" });
  const none = h("p", { class: "empty" }, "Loading rooms…");
  const about = h("section", { class: "about", "aria-labelledby": "about-heading" });
  const heading = h("h1", { tabindex: "-1" }, "Rooms");
  const make = h("a", { class: "button", href: "#/new", hidden: true }, "New room");
  const element = h("div", { class: "page" }, h("div", { class: "page-top" }, heading, make),
    h("p", { class: "lead" }, "Read a talk while it is spoken, in your language."), none, list, about);
  const cards = new KeyedList(list, (id) => roomCard(id, heading));
  const byHand = new ByHand(() => update());

  function update() {
    make.hidden = session.role !== "admin";
    if (!status.rooms) {
      if (status.reachable === false) setText(none, "The list of rooms can't be loaded just now.");
      return;
    }
    const listed = status.rooms.map((room) => ({ room, byHand: byHand.ids.has(room.id), barred: false }));
    const unlisted = session.role === "admin" ? status.unlisted : [];
    const shown = [...listed, ...unlisted.map((room) => ({ room, byHand: false, barred: true }))];
    setText(none, "There are no rooms yet.");
    none.hidden = shown.length > 0;
    byHand.look(status.rooms);
    cards.show(shown.map((each) => [each.room.id, each]));
    showAbout(about);
  }

  return { element, heading, title: "Rooms", update, leave() {} };
}

/** Which rooms an admin made by hand: asked when the list is another one, or the person. */
class ByHand {
  ids = new Set();
  #known = "";

  constructor(onChange) {
    this.onChange = onChange;
  }

  async look(rooms) {
    const admin = session.role === "admin";
    const now = JSON.stringify([admin, rooms.map(({ id }) => id)]);
    if (now === this.#known) return;
    this.#known = now;
    try {
      const ids = new Set(admin ? (await madeRooms()).map(({ id }) => id) : []);
      if (now !== this.#known) return; // another list is asked for meanwhile
      this.ids = ids;
      if (admin) this.onChange();
    } catch {
      if (now === this.#known) this.#known = ""; // the next look asks again
    }
  }
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
