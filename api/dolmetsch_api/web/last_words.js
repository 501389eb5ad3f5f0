/** Reads on after a host stopped: the last words are still on their way. */

import { RoomSocket } from "./room_socket.js";
import { socketUrl } from "./server.js";

/** @param {string} room @param {import("./reader.js").Reader} reader */
export function lastWords(room, reader) {
  let target = "";
  const socket = new RoomSocket({
    address: () => socketUrl(room, "client", "undefined", (target = reader.lang)),
    onFrame: (frame) => frame.info || reader.take(frame, target),
    onStatus: (now) => now.next === "ended" && reader.takeStatus(now),
    goesOn: (next) => next === "lost",
  });
  socket.start();
  return socket;
}
