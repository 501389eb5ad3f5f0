/** A room as a viewer reads it. */

import { h, setText } from "./dom.js";
import { Reader } from "./reader.js";
import { RoomSocket } from "./room_socket.js";
import { socketUrl } from "./server.js";
import { status } from "./status.js";
import { keepScreenOn } from "./wake_lock.js";

/** @param {string} id */
export function viewerView(id) {
  const heading = h("h1", { tabindex: "-1" }, id);
  const facts = h("p", { class: "facts" });
  const reader = new Reader({ onLang: () => socket.renew() });
  const tools = h("div", { class: "tools" }, reader.language, reader.sizes);
  const element = h("div", { class: "room" },
    h("div", { class: "room-top" }, h("div", { class: "names" }, heading, facts), tools),
    reader.state, reader.view.element);
  const letScreenGo = keepScreenOn();
  let target = "";
  const socket = new RoomSocket({
    address: () => socketUrl(id, "client", "undefined", (target = reader.lang)),
    onFrame: (frame) => reader.take(frame, target),
    onStatus: (now) => reader.takeStatus(now),
  });
  let started = false;

  function update() {
    const room = status.room(id);
    if (!room || !status.about) {
      if (status.rooms && !room && !started) reader.say(`There is no room ${id} here.`, "bad");
      return;
    }
    setText(heading, room.title);
    heading.lang = status.attributes(room.source_lang).lang;
    setText(facts, describe(room));
    const before = reader.lang;
    reader.offer(status.targets(room), room.source_lang);
    reader.view.setEmptyText("Captions begin by themselves when somebody speaks.");
    if (!started) socket.start();
    else if (before !== reader.lang) socket.renew();
    started = true;
  }

  function leave() {
    letScreenGo();
    reader.view.resized.disconnect();
    socket.stop();
  }

  return { element, heading, title: () => status.room(id)?.title ?? id, update, leave };
}

/** Presenter and place. @param {import("./status.js").Room} room */
export function describe(room) {
  return [room.presenter === "Unknown" ? "" : room.presenter, room.location].filter(Boolean).join(" · ");
}
