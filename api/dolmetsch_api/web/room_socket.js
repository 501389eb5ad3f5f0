/** One socket into a room that comes back by itself: backoff, waiting for the speaker, changes of address. */

import { meaning } from "./closes.js";
import { status as server } from "./status.js";

const FIRST_PAUSE_MS = 400;
const LONGEST_PAUSE_MS = 8000;
const WAIT_MS = 2500;
const OPEN_MS = 10_000;
const GOODBYE_MS = 1000;

/**
 * @typedef {{kind: "connecting" | "open" | "closed", next?: import("./closes.js").Next, reason?: string,
 *   again?: number}} SocketStatus `again`: milliseconds until the next attempt, when there is one
 */

export class RoomSocket {
  /** @type {WebSocket | null} */
  #socket = null;
  #wanted = false;
  #attempts = 0;
  #timer = 0;
  #framesAt = 0;
  #doubtfulSince = 0;

  /**
   * @param {{address: () => URL, onFrame: (frame: any) => void, onStatus: (status: SocketStatus) => void,
   *   goesOn?: (next: import("./closes.js").Next) => boolean}} room
   *   `goesOn`: whether to try again after such an end; a viewer does unless the server refused for good
   */
  constructor({ address, onFrame, onStatus, goesOn }) {
    this.address = address;
    this.onFrame = onFrame;
    this.onStatus = onStatus;
    this.goesOn = goesOn ?? ((next) => next !== "stop" && next !== "login");
    this.hurry = () => this.#socket || !this.#wanted || this.#connect();
    this.doubt = () => this.#doubt();
  }

  /** Whether frames can be sent. */
  get open() {
    return this.#socket?.readyState === WebSocket.OPEN;
  }

  /** Bytes that the network has not taken yet. */
  get waitingBytes() {
    return this.#socket?.bufferedAmount ?? 0;
  }

  start() {
    this.#wanted = true;
    addEventListener("online", this.hurry);
    server.addEventListener("change", this.doubt);
    this.#connect();
  }

  /** Leave; nothing is reported any more. */
  async stop() {
    this.#wanted = false;
    removeEventListener("online", this.hurry);
    server.removeEventListener("change", this.doubt);
    await this.#leave();
  }

  /** @param {Blob} data */
  send(data) {
    if (this.open) this.#socket.send(data);
  }

  /** Close this socket in order and open another, such as for another language. */
  async renew() {
    this.#wanted = true;
    this.#attempts = 0;
    this.onStatus({ kind: "connecting" });
    await this.#leave();
    // It may have been stopped during the goodbye.
    if (this.#wanted && !this.#socket) this.#connect();
  }

  /** What was sent arrives before the end: wait for the server's goodbye, but not for ever. */
  async #leave() {
    clearTimeout(this.#timer);
    const socket = this.#socket;
    this.#socket = null;
    if (!socket || socket.readyState > WebSocket.OPEN) return;
    await new Promise((resolve) => {
      socket.onmessage = null;
      socket.onclose = resolve;
      setTimeout(resolve, GOODBYE_MS);
      socket.close(1000);
    });
  }

  #connect() {
    clearTimeout(this.#timer);
    const socket = new WebSocket(this.address());
    this.#socket = socket;
    this.onStatus({ kind: "connecting" });
    const tooLate = setTimeout(() => socket.readyState === WebSocket.CONNECTING && socket.close(), OPEN_MS);
    socket.onmessage = ({ data }) => socket === this.#socket && this.#frame(data);
    socket.onclose = ({ code, reason }) => {
      clearTimeout(tooLate);
      if (socket === this.#socket) this.#closed(code, reason);
    };
  }

  #frame(data) {
    this.#framesAt = Date.now();
    // The server accepts before it refuses: only a frame says that this socket is good.
    if (this.#attempts >= 0) this.onStatus({ kind: "open" });
    this.#attempts = -1;
    this.onFrame(JSON.parse(data));
  }

  #closed(code, reason) {
    this.#socket = null;
    const next = meaning(code, reason);
    if (!this.goesOn(next)) {
      this.#wanted = false;
      this.onStatus({ kind: "closed", next, reason });
      return;
    }
    this.#attempts = Math.max(0, this.#attempts) + 1;
    const again = next === "wait" || next === "ended" ? WAIT_MS : pause(this.#attempts);
    this.#timer = setTimeout(() => this.#connect(), again);
    this.onStatus({ kind: "closed", next, reason, again });
  }

  /** A server that was away for a while may have left a socket that looks open and is dead. */
  #doubt() {
    if (server.reachable === false) this.#doubtfulSince ||= Date.now();
    else if (this.#doubtfulSince) {
      if (this.#socket && this.#framesAt < this.#doubtfulSince) this.renew();
      else this.hurry();
      this.#doubtfulSince = 0;
    }
  }
}

/** Longer from one attempt to the next, and not the same for all pages of a hall. */
function pause(attempts) {
  const longest = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (attempts - 1));
  return longest * (0.5 + Math.random() / 2);
}
