/** What there is to vote for and to read up on: asked seldom, since every reader in the hall has this page. */

import { Latest } from "./latest.js";
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
  #answers = { talks: new Latest(), transcripts: new Latest() };

  start() {
    session.addEventListener("change", () => this.transcriptsChanged());
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
  }

  async lookAtTranscripts() {
    await this.#take("transcripts", signed.transcripts);
  }

  /** One was deleted, or somebody else logged in: look anew. What was asked before may not know of it. */
  async transcriptsChanged() {
    this.#answers.transcripts.changed();
    await this.lookAtTranscripts();
  }

  /** The server has counted a vote given here. @param {string} code @param {number} votes of that talk by now */
  countVotes(code, votes) {
    this.#answers.talks.changed();
    this.talks = this.talks?.map((talk) => (talk.code === code ? { ...talk, votes } : talk)) ?? null;
    this.dispatchEvent(new Event("change"));
  }

  async #take(what, ask) {
    const answer = this.#answers[what].ask();
    try {
      const found = await ask();
      if (!answer.take()) return;
      this[what] = found;
      this.troubles[what] = "";
    } catch (error) {
      if (answer.late) return;
      this.troubles[what] = server.inWords(error);
    }
    this.dispatchEvent(new Event("change"));
  }
}

export const offers = new Offers();
