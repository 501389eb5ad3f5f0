/** A room in the list, with what an admin may do to it. */

import { actionButton } from "./action_button.js";
import { confirmed } from "./confirmation.js";
import { h, setText, setTrack } from "./dom.js";
import { tell } from "./results.js";
import { inWords } from "./server.js";
import { session } from "./session.js";
import { closeRoom, deleteRoom } from "./signed.js";
import { status } from "./status.js";

const BARRED = "This talk is not to be recorded any more, so it has left everybody else's list. Who is in the room reads on until you close it.";

/** @param {string} id @param {HTMLElement} elsewhere what is focused when the card is gone */
export function roomCard(id, elsewhere) {
  const link = (kind, className, text) =>
    h("a", { class: className, href: `#/${kind}/${encodeURIComponent(id)}` }, text);
  const title = h("a", { class: "title", href: `#/room/${encodeURIComponent(id)}` });
  const live = h("span", { class: "badge" });
  const track = h("p", { class: "track" });
  const facts = h("p", { class: "facts" });
  const description = h("p", { class: "description" });
  const speak = link("host", "quiet", "Speak here");
  const read = link("room", "button", "Read captions");
  const trouble = h("p", { class: "trouble", role: "alert" });
  const close = actionButton({ class: "quiet bad" }, "Close room", () => attempt(closeIt));
  const remove = actionButton({ class: "quiet bad" }, "Delete room", () => attempt(deleteIt));
  const actions = h("div", { class: "actions" }, read, speak, h("span", { class: "apart" }, close, remove));
  const element = h("li", { class: "card" }, h("div", { class: "card-top" }, track, live),
    h("h2", {}, title), facts, description, actions, trouble);

  async function attempt(job) {
    setText(trouble, "");
    try {
      await job();
    } catch (error) {
      setText(trouble, inWords(error));
    }
  }

  async function closeIt() {
    const text = "The captions end for everybody in the room: they are told “Room closed”. A transcript that was allowed is kept.";
    if (!(await confirmed({ title: `Close “${title.textContent}”?`, text, action: "Close room" }))) return;
    await closeRoom(id);
    tell(`“${title.textContent}” was closed.`);
    (read.hidden ? elsewhere : read).focus();
    await status.lookAfterChange();
  }

  async function deleteIt() {
    const text = "The room leaves the list and nobody can speak in it any more. Its transcripts stay.";
    if (!(await confirmed({ title: `Delete “${title.textContent}”?`, text, action: "Delete room" }))) return;
    await deleteRoom(id);
    tell(`“${title.textContent}” was deleted.`);
    elsewhere.focus();
    await status.lookAfterChange();
  }

  /**
   * @param {{room: import("./status.js").Room, byHand: boolean, barred: boolean}} now
   *   byHand: an admin made it; barred: nobody else is shown it, and it can only be closed
   */
  function update({ room, byHand, barred }) {
    const active = room.host_connection_id !== "";
    const admin = session.role === "admin";
    setText(title, room.title);
    for (const text of [title, description]) Object.assign(text, status.attributes(room.source_lang));
    setText(track, room.track.name);
    setTrack(element, room.track.color);
    const presenter = room.presenter === "Unknown" ? "" : room.presenter;
    setText(facts, [presenter, room.location, status.name(room.source_lang)].filter(Boolean).join(" · "));
    setText(description, barred ? BARRED : room.description);
    if (barred) Object.assign(description, { lang: "en", dir: "ltr" });
    for (const each of [read, speak]) each.hidden = barred;
    setText(live, active ? "Live" : "Not live");
    live.classList.toggle("live", active);
    close.hidden = !admin || !(active || barred);
    remove.hidden = !admin || active || !byHand;
    for (const [each, what] of [[read, "Read captions of"], [speak, "Speak in"], [close, "Close room"], [remove, "Delete room"]]) {
      each.setAttribute("aria-label", `${what} ${room.title}`);
    }
  }

  return { element, update };
}
