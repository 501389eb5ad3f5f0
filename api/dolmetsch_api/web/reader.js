/** What reading needs, for viewers and the host alike: captions, state in words, language, text size. */

import { Captions } from "./captions.js";
import { CaptionView } from "./caption_view.js";
import { field, h, setOptions, setText } from "./dom.js";
import { keepPreference, preference } from "./keys.js";
import { languageFor, languageOptions } from "./languages.js";
import { sentence } from "./words.js";

const SIZES = [1, 1.2, 1.45, 1.75, 2.1, 2.6, 3.2, 4, 5];
/** On a phone, on a desk, on a screen for all. */
const usualSize = () => (innerWidth < 700 ? 1 : innerWidth < 1700 ? 2 : 4);

export class Reader {
  /** @type {import("./room_socket.js").SocketStatus} */
  #socket = { kind: "connecting" };
  #state = "";
  /** The language that was chosen last: on this page, or before it was opened. */
  #wish = preference("lang");

  /** @param {{onLang: (lang: string) => void, size?: number}} wish */
  constructor({ onLang, size = usualSize() }) {
    this.view = new CaptionView(new Captions());
    this.state = h("p", { class: "state", role: "status", "data-tone": "calm" });
    this.select = h("select", { onchange: () => this.#chosen(onLang) });
    this.language = field("Read in", this.select);
    this.sizes = this.#sizeButtons();
    const kept = Number.parseInt(preference("size"), 10);
    this.#setSize(Number.isNaN(kept) ? size : kept);
  }

  /** The language that captions are shown in. */
  get lang() {
    return this.select.value;
  }

  /** Offer a room's languages; the first choice is what was read last, or what the browser speaks. */
  offer(targets, spoken) {
    const first = !this.select.value;
    setOptions(this.select, languageOptions(targets, spoken));
    const back = this.#wish !== this.view.lang && targets.includes(this.#wish);
    if (first || back || !targets.includes(this.view.lang)) {
      this.select.value = languageFor(this.#wish, targets, spoken);
    }
    this.view.spoken = spoken;
    this.view.setLang(this.select.value);
    this.view.showWords();
  }

  /** Show another language, if it is offered; the next visit begins as before. @param {string} lang */
  show(lang) {
    if (![...this.select.options].some(({ value }) => value === lang)) return;
    this.#wish = lang;
    this.select.value = lang;
    this.view.setLang(lang);
  }

  /** Take a frame that was asked for in `target`. */
  take(frame, target) {
    if (frame.info) {
      if (frame.info.state) this.#tell(this.#socket, frame.info.state);
      if (frame.info.state === "closed") this.view.end();
    } else this.view.take(frame, target);
  }

  /** Take a socket's status; an attempt to come back does not hide why it is needed. */
  takeStatus(socket) {
    const comingBack = socket.kind === "connecting" && this.#socket.kind === "closed";
    const stillOver = socket.next === "wait" && this.#socket.next === "ended";
    if (comingBack || stillOver) return;
    if (socket.next === "ended") this.view.end();
    this.#tell(socket, socket.kind === "open" ? "" : this.#state);
  }

  /** Say something else than the connection's state. @param {string} text */
  say(text, tone) {
    setText(this.state, text);
    this.state.dataset.tone = tone;
  }

  #tell(socket, state) {
    this.#socket = socket;
    this.#state = state;
    const { text, tone } = sentence(socket, state);
    this.say(text, tone);
  }

  #chosen(onLang) {
    this.#wish = this.lang;
    keepPreference("lang", this.lang);
    this.view.setLang(this.lang);
    onLang(this.lang);
  }

  #sizeButtons() {
    const change = (step) => {
      this.#setSize(this.size + step);
      keepPreference("size", this.size);
    };
    const button = (text, name, step) =>
      h("button", { type: "button", class: "size", "aria-label": name, onclick: () => change(step) }, text);
    this.smaller = button("A−", "Smaller text", -1);
    this.larger = button("A+", "Larger text", 1);
    return h("div", { class: "sizes", role: "group", "aria-label": "Text size" }, this.smaller, this.larger);
  }

  #setSize(size) {
    this.size = Math.min(SIZES.length - 1, Math.max(0, size));
    this.smaller.disabled = this.size === 0;
    this.larger.disabled = this.size === SIZES.length - 1;
    this.view.element.style.setProperty("--caption-size", `${SIZES[this.size]}rem`);
  }
}
