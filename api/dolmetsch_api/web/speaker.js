/** The host's side of a room: microphone to socket, through lost connections and changed languages. */

import * as keys from "./keys.js";
import { Recording } from "./recording.js";
import { RoomSocket } from "./room_socket.js";
import { socketUrl } from "./server.js";

/** What is kept while the server is not ready: half a minute at MediaRecorder's rate. */
const KEPT_BYTES = 600_000;
/** What the server believes of how late audio is; a silent microphone's half minute of bytes may be an hour. */
const LATEST_MS = 600_000;

/**
 * @typedef {{room: string, spoken: string, target: string, stream: MediaStream,
 *   consent: () => {store: boolean, everybody: boolean},
 *   onFrame: (frame: any) => void, onStatus: (status: import("./room_socket.js").SocketStatus) => void,
 *   onReady: (ready: boolean) => void, onTrouble: (message: string) => void}} Wish
 */

export class Speaker {
  #ready = false;
  /** @type {Blob[]} */
  #kept = [];
  #keptBytes = 0;
  /** When the first of them was recorded, by performance.now(). */
  #keptSince = 0;
  /** @type {Recording | null} */
  #recording = null;
  /** Whether a server has got this recording's header. */
  #begun = false;

  /** @param {Wish} wish */
  constructor(wish) {
    this.wish = wish;
    this.target = wish.target;
    this.stream = wish.stream;
    this.socket = new RoomSocket({
      address: () => this.#address(),
      onFrame: (frame) => this.#frame(frame),
      onStatus: (status) => this.#status(status),
      goesOn: (next) => next === "lost" || next === "record",
    });
  }

  start() {
    this.#record();
    this.socket.start();
  }

  /** Send what was said to the last word, then leave. */
  async stop() {
    await this.#recording?.finish();
    this.#recording = null;
    await this.socket.stop();
  }

  /** Read another language: another socket, while the recording goes on without a new header. */
  async read(target) {
    this.target = target;
    await this.renew();
  }

  /** Speak another language from now on: the same room, and what was said before stays. */
  async speak(spoken, target) {
    this.wish.spoken = spoken;
    this.target = target;
    await this.renew();
  }

  /** Come in once more, such as with another consent; the recording goes on. */
  async renew() {
    this.#setReady(false);
    await this.socket.renew();
  }

  /** Speak into another microphone. @param {MediaStream} stream */
  async use(stream) {
    this.stream = stream;
    await this.#beginAgain();
  }

  #address() {
    keys.prepareHostCookies(this.wish.room, this.wish.consent());
    return socketUrl(this.wish.room, "host", this.wish.spoken, this.target);
  }

  async #beginAgain() {
    this.#record();
    await this.renew();
  }

  /** A new recording, with a header of its own; what was kept of the one before is of no use without it. */
  #record() {
    this.#recording?.drop();
    this.#kept = [];
    this.#keptBytes = 0;
    this.#recording = new Recording(this.stream, (slice) => this.#slice(slice), this.wish.onTrouble);
    this.#begun = false;
  }

  #slice(slice) {
    if (this.#ready && this.socket.open) {
      if (this.socket.waitingBytes > KEPT_BYTES) this.#beginAgain();
      else this.#send(slice);
      return;
    }
    if (!this.#kept.length) this.#keptSince = performance.now();
    this.#kept.push(slice);
    this.#keptBytes += slice.size;
    if (this.#keptBytes > KEPT_BYTES) this.#record();
  }

  #frame(frame) {
    const { connection_id, ready_to_recieve_audio, restart_recorder } = frame.info ?? {};
    if (connection_id) keys.keepConnectionId(connection_id);
    if (ready_to_recieve_audio) this.#setReady(true);
    if (restart_recorder) this.#beginAgain();
    this.wish.onFrame(frame);
  }

  /** @param {import("./room_socket.js").SocketStatus} status */
  #status(status) {
    if (status.kind === "closed") {
      this.#setReady(false);
      if (status.again !== undefined && (this.#begun || status.next === "record")) this.#record();
    }
    this.wish.onStatus(status);
  }

  #setReady(ready) {
    this.#ready = ready;
    this.wish.onReady(ready);
    if (!ready) return;
    if (this.#kept.length) {
      // Without this, the room takes it for spoken just now, and puts a silence where there was none.
      const late = Math.min(LATEST_MS, Math.round(performance.now() - this.#keptSince));
      this.socket.send(JSON.stringify({ late_ms: late }));
    }
    for (const slice of this.#kept) this.#send(slice);
    this.#kept = [];
    this.#keptBytes = 0;
  }

  #send(slice) {
    this.#begun = true;
    this.socket.send(slice);
  }
}
