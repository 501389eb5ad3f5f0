/** What there is to vote for and to read up on: asked seldom, since every reader in the hall has this page. */

import * as server from "./server.js";
import { session } from "./session.js";
import * as signed from "./signed.js";

const EVERY_MS = 300_000;
const RECENT_MS = 20_000;

/**
 * @typedef {{id: string, code: string, title: string, votes: number, track: {name: string, color: string},
 *   abstract: string, room: string, persons: {name: string}[], language: string,
 *   start: string | null, end: string | null}} Votable
 */

/** Fires `change` after every look. */
class Offers extends EventTarget {
  /** @type {Votable[] | null} null: not known yet */
  talks = null;
  /** @type {import("./signed.js").Summary[] | null} */
  transcripts = null;
  /** Why the last look at them brought nothing, for people. */
  troubles = { talks: "", transcripts: "" };
  #at = 0;
  #asked = 0;

  start() {
    session.addEventListener("change", () => this.lookAtTranscripts());
    setInterval(() => document.hidden || this.look(), EVERY_MS);
    this.look();
  }

  /** Look, unless that was done a moment ago. */
  refresh() {
    if (this.#at && Date.now() - this.#at > RECENT_MS) this.look();
  }

  async look() {
    this.#at = Date.now();
    await Promise.all([this.lookAtTalks(), this.lookAtTranscripts()]);
  }

  async lookAtTalks() {
    await this.#take("talks", server.votable);
    this.dispatchEvent(new Event("change"));
  }

  async lookAtTranscripts() {
    // An answer for whoever was logged in before must not come last.
    const asked = (this.#asked += 1);
    await this.#take("transcripts", signed.transcripts, () => asked === this.#asked);
    this.dispatchEvent(new Event("change"));
  }

  async #take(what, ask, counts = () => true) {
    try {
      const found = await ask();
      if (!counts()) return;
      this[what] = found;
      this.troubles[what] = "";
    } catch (error) {
      if (counts()) this.troubles[what] = server.inWords(error);
    }
  }
}

export const offers = new Offers();
