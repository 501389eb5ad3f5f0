/** A room as its host speaks in it: login, what is spoken and kept, start and stop, and the captions. */

import { actionButton } from "./action_button.js";
import { ConsentChoice } from "./consent_choice.js";
import { DeviceSelect } from "./device_select.js";
import { field, h, setOptions, setText, titleChanged } from "./dom.js";
import { heldKey } from "./keys.js";
import { loginForm } from "./login_form.js";
import { MicrophoneTrouble } from "./microphone.js";
import { OtherLanguage } from "./other_language.js";
import { Reader } from "./reader.js";
import { session } from "./session.js";
import { Speaking } from "./speaking.js";
import { status } from "./status.js";
import { describe } from "./view_viewer.js";

/** @param {string} id */
export const hostView = (id) => new HostView(id);

class HostView {
  #left = false;

  constructor(id) {
    this.id = id;
    this.heading = h("h1", { tabindex: "-1" }, id);
    this.facts = h("p", { class: "facts" });
    this.reader = new Reader({ onLang: (lang) => this.speaking.read(lang), size: 1 });
    this.spoken = h("select", { onchange: () => this.update() });
    this.devices = new DeviceSelect(() => this.speaking.changeMicrophone());
    this.trouble = h("p", { class: "trouble", role: "alert" });
    this.otherLanguage = new OtherLanguage((lang) => this.#speakOther(lang));
    this.start = actionButton({ class: "button start" }, "Start speaking", () => this.#toggle());
    this.login = loginForm(() => this.#showBooth(), "For speakers");
    this.consent = new ConsentChoice(id, () => this.speaking.withdraw());
    this.speaking = this.#newSpeaking();
    this.booth = h("section", { class: "panel booth", "aria-label": "Speaking" },
      field("Spoken", this.spoken), this.reader.language, field("Microphone", this.devices.element),
      this.consent.element, h("div", { class: "go" }, this.speaking.meter.element, this.trouble,
        this.otherLanguage.element, this.start));
    this.body = h("div", { class: "host-body" });
    this.element = h("div", { class: "room host" },
      h("div", { class: "room-top" }, h("div", { class: "names" }, this.heading, this.facts)), this.body);
    this.#enter();
  }

  title() {
    return `${this.speaking.on ? "Speaking" : "Speak"}: ${status.room(this.id)?.title ?? this.id}`;
  }

  #newSpeaking() {
    return new Speaking({
      room: this.id,
      reader: this.reader,
      devices: this.devices,
      spoken: () => this.spoken.value,
      consent: () => this.consent.value,
      welcome: () => this.booth.isConnected,
      onChange: () => this.#showSpeaking(),
      onSoundsLike: (lang) => this.otherLanguage.show(lang === this.spoken.value ? "" : lang),
      onTrouble: (message) => setText(this.trouble, message),
      onLogin: (reason) => this.#askAgain(reason),
    });
  }

  /** Login first, unless this browser holds a good key. */
  async #enter() {
    try {
      if (await session.check()) return this.#showBooth();
    } catch {
      this.login.say("The server can't be reached just now.");
    }
    this.#showLogin();
  }

  update() {
    this.#followLogin();
    const room = status.room(this.id);
    const known = room && status.about;
    this.start.disabled = !known && !this.speaking.on;
    if (known) this.#showRoom(room);
    else if (status.rooms && !room) setText(this.facts, `There is no room ${this.id} here.`);
  }

  leave() {
    this.#left = true;
    this.devices.leave();
    this.reader.view.resized.disconnect();
    this.speaking.leave();
  }

  #showRoom(room) {
    setText(this.heading, room.title);
    this.heading.lang = status.attributes(room.source_lang).lang;
    setText(this.facts, describe(room));
    this.consent.update({ active: room.host_connection_id !== "", speaking: this.speaking.on });
    const first = !this.spoken.value && status.sources.includes(room.source_lang);
    setOptions(this.spoken, status.sources.map((value) => ({ value, text: status.name(value) })));
    if (first) this.spoken.value = room.source_lang;
    const before = this.reader.lang;
    this.reader.offer(status.targets(room, this.spoken.value), this.spoken.value);
    if (before !== this.reader.lang) this.speaking.read(this.reader.lang);
  }

  #showLogin() {
    if (this.#left) return;
    this.body.replaceChildren(this.login.element);
    this.login.focus();
  }

  /** Logged out here or in another tab, or in again. A login that ended by itself does not cut off a talk. */
  #followLogin() {
    const inside = this.booth.isConnected;
    if (inside && !session.role && !(session.expired && this.speaking.on)) {
      this.#showLogin();
      this.speaking.leave();
    } else if (!inside && session.role && this.login.element.isConnected) this.#showBooth();
  }

  #showBooth() {
    if (this.#left || this.booth.isConnected) return;
    this.reader.view.setEmptyText("What you say appears here, as your viewers read it.");
    this.reader.say("Not speaking", "calm");
    this.body.replaceChildren(this.booth,
      h("div", { class: "screen" }, h("div", { class: "screen-top" }, this.reader.state, this.reader.sizes),
        this.reader.view.element));
    this.devices.look();
    this.start.focus();
  }

  async #toggle() {
    setText(this.trouble, "");
    try {
      if (this.speaking.on) await this.speaking.stop("You stopped. The room stays open for a while: you can go on.");
      else await this.speaking.begin();
    } catch (error) {
      if (!(error instanceof MicrophoneTrouble)) throw error;
      setText(this.trouble, error.message);
    }
  }

  /** What was said before stays as it is; who read along in what was spoken goes on doing so. */
  #speakOther(lang) {
    const readsAlong = this.reader.lang === this.spoken.value;
    this.spoken.value = lang;
    if (readsAlong) this.reader.show(lang);
    this.speaking.speak(lang);
  }

  #askAgain(reason) {
    session.expire(heldKey());
    this.login.say(`Please log in again (${reason}).`);
    this.#showLogin();
  }

  #showSpeaking() {
    const { on } = this.speaking;
    setText(this.start, on ? "Stop" : "Start speaking");
    this.start.classList.toggle("stop", on);
    this.spoken.disabled = on;
    if (!on) this.otherLanguage.show("");
    titleChanged(this.element);
    this.update();
  }
}
