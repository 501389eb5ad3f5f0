/** What the page says of a connection, in words. Pure. */

const STATES = {
  live: { text: "Live", tone: "live" },
  starting: { text: "The room is starting. Captions come when the speaker begins.", tone: "calm" },
  host_away: { text: "The speaker is away. Captions go on when they are back.", tone: "warn" },
  captions_delayed: { text: "Captions are delayed. Nothing is lost: they arrive in a moment.", tone: "warn" },
  closed: { text: "The talk has ended.", tone: "calm" },
};

/**
 * @param {import("./room_socket.js").SocketStatus} socket the last status, but for attempts to come back
 * @param {string} state what the server last said of the room, "" for nothing yet
 * @returns {{text: string, tone: "live" | "warn" | "bad" | "calm"}}
 */
export function sentence(socket, state) {
  if (socket.kind === "open") return STATES[state] ?? { text: "Connected", tone: "calm" };
  if (socket.kind === "connecting") return { text: "Connecting…", tone: "calm" };
  switch (socket.next) {
    case "wait":
      return { text: "Waiting for the speaker", tone: "calm" };
    case "ended":
      return { text: `The talk has ended (${socket.reason}).`, tone: "calm" };
    case "login":
      return { text: `Please log in again (${socket.reason}).`, tone: "bad" };
    case "stop":
      return { text: socket.reason || "The server refused the connection.", tone: "bad" };
    default:
      return { text: `${socket.reason || "Connection lost"}. Connecting again…`, tone: "warn" };
  }
}
