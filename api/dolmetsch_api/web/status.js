/** What the server says of itself and its rooms, asked again every few seconds. */

import { Latest } from "./latest.js";
import * as server from "./server.js";
import { session } from "./session.js";
import { unlistedRooms } from "./signed.js";

const EVERY_MS = 5000;
const ABOUT_EVERY = 6;

/**
 * @typedef {{id: string, title: string, description: string, track: {name: string, color: string},
 *   location: string, presenter: string, host_connection_id: string, source_lang: string}} Room
 * @typedef {{ready: boolean, notice: string, machine_notice: boolean, languages: string, engines: string,
 *   targets: Record<string, string[]>, translations: Record<string, string[]>,
 *   names: Record<string, string>, tags: Record<string, string>, rtl: string[], schedule: {title: string} | null}} About
 */

/** Fires `change` after every look. */
class Status extends EventTarget {
  /** @type {boolean | null} null: not known yet */
  reachable = null;
  /** @type {Room[] | null} */
  rooms = null;
  /** Active ones that only an admin is told of. @type {Room[]} */
  unlisted = [];
  /** @type {string[]} */
  sources = [];
  /** @type {string[]} */
  readIn = [];
  /** @type {About | null} */
  about = null;
  #failed = 0;
  #looks = 0;
  #signature = "";
  #lists = new Latest();
  #abouts = new Latest();

  /** Look now and from now on. */
  async start() {
    for (;;) {
      await this.look();
      await new Promise((resolve) => setTimeout(resolve, EVERY_MS));
    }
  }

  /** Something was changed here: look now. What was asked before may not know of it. */
  async lookAfterChange() {
    this.#lists.changed();
    await this.look();
  }

  /** Look now. */
  async look() {
    await this.#look();
    this.dispatchEvent(new Event("change"));
  }

  /** @param {string} id */
  room(id) {
    return this.rooms?.find((room) => room.id === id);
  }

  /** Languages that captions of this room can be read in. @param {Room} room @param {string} [spoken] */
  targets(room, spoken) {
    const found = spoken ? this.about?.translations?.[spoken] : this.about?.targets[room.id];
    return found?.length ? found : [spoken || room.source_lang];
  }

  /** A language's name for itself. @param {string} code */
  name(code) {
    return this.about?.names[code] ?? code;
  }

  /** The `lang` and `dir` attributes of a text. @param {string} code */
  attributes(code) {
    return { lang: this.about?.tags?.[code] ?? code, dir: this.about?.rtl?.includes(code) ? "rtl" : "ltr" };
  }

  async #look() {
    const answer = this.#lists.ask();
    try {
      await server.health();
      const list = await server.roomList();
      const unlisted = await this.#lookAtUnlisted();
      if (!answer.take()) return;
      this.rooms = list.rooms;
      this.sources = list.available_source_langs;
      this.readIn = list.available_target_langs;
      this.unlisted = unlisted;
      await this.#lookAtAbout();
      this.#failed = 0;
      this.reachable = true;
    } catch {
      if (answer.late) return;
      // One slow answer is no outage; none at all on arrival is.
      this.#failed += 1;
      if (this.#failed > 1 || this.reachable === null) this.reachable = false;
    }
  }

  /** They are of no concern to anybody else, and no reason to take the server for away. */
  async #lookAtUnlisted() {
    return session.role === "admin" ? unlistedRooms().catch(() => []) : [];
  }

  /** Seldom, and whenever a room has begun, ended or changed its language. */
  async #lookAtAbout() {
    const signature = JSON.stringify(
      [this.sources, this.readIn, this.rooms?.map((room) => [room.id, room.source_lang, !room.host_connection_id])],
    );
    const due = this.#looks % ABOUT_EVERY === 0 || !this.about?.ready;
    this.#looks += 1;
    if (!due && signature === this.#signature) return;
    const answer = this.#abouts.ask();
    const about = await server.about();
    if (!answer.take()) return;
    this.about = about;
    this.#signature = signature;
  }
}

export const status = new Status();
