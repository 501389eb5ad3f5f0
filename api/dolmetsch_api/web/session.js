/** Who is logged in here. An expired key is kept: with it, the next login is the same person's. */

import { forgetKey, forgetTabsKey, heldKey, keepKey } from "./keys.js";
import * as server from "./server.js";

/** Fires `change` whenever somebody is somebody else. */
class Session extends EventTarget {
  /** @type {"" | "host" | "admin"} */
  role = "";
  /** Whether there was a login that the server does not take any more. */
  expired = false;
  #checking = null;
  #others = otherTabs();

  constructor() {
    super();
    this.#others?.addEventListener("message", () => this.#follow().catch(() => {}));
  }

  /** What to show the server; empty: nothing. */
  get key() {
    return this.expired ? "" : heldKey();
  }

  /** Whether somebody is logged in, by the server's word. Throws when it can't be reached. */
  check() {
    this.#checking ??= this.#check().finally(() => (this.#checking = null));
    return this.#checking;
  }

  /** @param {string} password Throws Refusal. */
  async login(password) {
    const { key, power } = await server.login(password, heldKey());
    keepKey(key);
    this.#become(power, false);
    this.#others?.postMessage("");
  }

  logout() {
    forgetKey();
    this.#become("", false);
    this.#others?.postMessage("");
  }

  /** The server did not take this key. @param {string} key */
  expire(key) {
    if (key === heldKey()) this.#become("", key !== "");
  }

  /** Another tab logged in or out: a check under way may be of the key before. */
  async #follow() {
    forgetTabsKey();
    await this.#checking?.catch(() => {});
    await this.check();
  }

  async #check() {
    const key = heldKey();
    const role = key ? await server.roleOf(key) : "";
    if (key === heldKey()) this.#become(role, key !== "" && role === "");
    return this.role !== "";
  }

  #become(role, expired) {
    if (role === this.role && expired === this.expired) return;
    Object.assign(this, { role, expired });
    this.dispatchEvent(new Event("change"));
  }
}

/** @returns {BroadcastChannel | null} null: forbidden by the browser's settings, as storage is */
function otherTabs() {
  try {
    return new BroadcastChannel(`dolmetsch ${server.COOKIE_PATH}`);
  } catch {
    return null;
  }
}

export const session = new Session();
