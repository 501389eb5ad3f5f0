/** How loud the microphone is, and a word when nothing comes in. */

import { h, setText } from "./dom.js";

const EVERY_MS = 100;
const QUIETEST_DB = -70;
/** Engines make a speaker louder who is 40 dB below what is usual, and nobody below that. */
const SILENCE_DB = -65;
const SILENCE_MS = 10_000;

export class LevelMeter {
  #timer = 0;
  #heardAt = 0;

  constructor() {
    this.bar = h("div", { class: "level", role: "meter", "aria-label": "Microphone level",
      "aria-valuemin": "0", "aria-valuemax": "100", "aria-valuenow": "0" }, h("span"));
    this.silence = h("p", { class: "trouble", role: "status" });
    this.element = h("div", { class: "meter" }, this.bar, this.silence);
  }

  /** @param {import("./microphone.js").Microphone} microphone */
  watch(microphone) {
    this.stop();
    this.#heardAt = Date.now();
    this.#timer = setInterval(() => this.#look(microphone), EVERY_MS);
  }

  stop() {
    clearInterval(this.#timer);
    this.#show(QUIETEST_DB);
    setText(this.silence, "");
  }

  #look(microphone) {
    const level = microphone.level();
    this.#show(level);
    if (level > SILENCE_DB) this.#heardAt = Date.now();
    const silent = Date.now() - this.#heardAt > SILENCE_MS;
    setText(this.silence, silent ? "Nothing was heard for 10 seconds. Is the microphone muted, or another one chosen?" : "");
  }

  #show(level) {
    const part = Math.max(0, Math.min(1, 1 - level / QUIETEST_DB));
    this.bar.style.setProperty("--level", part.toFixed(3));
    this.bar.setAttribute("aria-valuenow", String(Math.round(part * 100)));
  }
}
