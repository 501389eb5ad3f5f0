/** A room as its host speaks in it: login, microphone, start and stop, and the captions to see that it works. */

import { ConsentChoice } from "./consent_choice.js";
import { DeviceSelect } from "./device_select.js";
import { h, setOptions, setText } from "./dom.js";
import { heldKey } from "./keys.js";
import { lastWords } from "./last_words.js";
import { LevelMeter } from "./level_meter.js";
import { loginForm } from "./login_form.js";
import { Microphone, MicrophoneTrouble } from "./microphone.js";
import { Reader, field } from "./reader.js";
import { session } from "./session.js";
import { Speaker } from "./speaker.js";
import { status } from "./status.js";
import { describe } from "./view_viewer.js";
import { keepScreenOn } from "./wake_lock.js";

/** @param {string} id */
export const hostView = (id) => new HostView(id);

class HostView {
  #microphone = null;
  #speaker = null;
  #listener = null;
  #letScreenGo = () => {};
  #left = false;

  constructor(id) {
    this.id = id;
    this.heading = h("h1", { tabindex: "-1" }, id);
    this.facts = h("p", { class: "facts" });
    this.reader = new Reader({ onLang: (lang) => this.#read(lang), size: 1 });
    this.meter = new LevelMeter();
    this.spoken = h("select", { onchange: () => this.update() });
    this.devices = new DeviceSelect(() => this.#changeMicrophone());
    this.trouble = h("p", { class: "trouble", role: "alert" });
    this.start = h("button", { class: "button start", type: "button", onclick: () => this.#toggle() }, "Start speaking");
    this.login = loginForm(() => this.#showBooth(), "For speakers");
    this.consent = new ConsentChoice(id, () => this.#speaker?.renew());
    this.booth = h("section", { class: "panel booth", "aria-label": "Speaking" },
      field("Spoken", this.spoken), this.reader.language, field("Microphone", this.devices.element),
      this.consent.element, h("div", { class: "go" }, this.meter.element, this.trouble, this.start));
    this.body = h("div", { class: "host-body" });
    this.element = h("div", { class: "room host" },
      h("div", { class: "room-top" }, h("div", { class: "names" }, this.heading, this.facts)), this.body);
    this.#enter();
  }

  title() {
    return `${this.#speaker ? "Speaking" : "Speak"}: ${status.room(this.id)?.title ?? this.id}`;
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
    if (!room || !status.about) {
      if (status.rooms) setText(this.facts, `There is no room ${this.id} here.`);
      this.start.disabled = true;
      return;
    }
    this.start.disabled = false;
    setText(this.heading, room.title);
    this.heading.lang = status.attributes(room.source_lang).lang;
    setText(this.facts, describe(room));
    this.consent.update({ active: room.host_connection_id !== "", speaking: this.#speaker !== null });
    const first = !this.spoken.value && status.sources.includes(room.source_lang);
    setOptions(this.spoken, status.sources.map((value) => ({ value, text: status.name(value) })));
    if (first) this.spoken.value = room.source_lang;
    this.reader.offer(status.targets(room, this.spoken.value), this.spoken.value);
  }

  leave() {
    this.#left = true;
    this.devices.leave();
    this.reader.view.resized.disconnect();
    this.#listener?.stop();
    this.#stop();
  }

  #showLogin() {
    if (this.#left) return;
    this.body.replaceChildren(this.login.element);
    this.login.focus();
  }

  /** Logged out here or in another tab, or in again. A login that ended by itself does not cut off a talk. */
  #followLogin() {
    const inside = this.booth.isConnected;
    if (inside && !session.role && !(session.expired && this.#speaker)) {
      this.#stop();
      this.#showLogin();
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
    this.start.disabled = true;
    setText(this.trouble, "");
    try {
      if (this.#speaker) await this.#stop("You stopped. The room stays open for a while: you can go on.");
      else await this.#begin();
    } catch (error) {
      if (!(error instanceof MicrophoneTrouble)) throw error;
      setText(this.trouble, error.message);
    } finally {
      this.start.disabled = false;
    }
  }

  async #begin() {
    await this.#openMicrophone();
    if (this.#left) {
      this.meter.stop();
      return void this.#microphone.close();
    }
    this.#listener?.stop();
    this.#listener = null;
    this.#letScreenGo = keepScreenOn();
    this.#speaker = new Speaker({
      room: this.id,
      spoken: this.spoken.value,
      target: this.reader.lang,
      stream: this.#microphone.stream,
      consent: () => this.consent.value,
      onFrame: (frame) => this.reader.take(frame, this.#speaker?.target ?? this.reader.lang),
      onStatus: (now) => this.#takeStatus(now),
      onReady: (ready) => this.#showReady(ready),
      onTrouble: (message) => this.#fail(`The browser stopped recording (${message}).`),
    });
    this.#speaker.start();
    this.#showSpeaking(true);
  }

  async #openMicrophone() {
    this.#microphone?.close();
    this.#microphone = await Microphone.open(this.devices.value);
    this.#microphone.onLost(() => this.#fail("The microphone was disconnected. Connect it again, then start again."));
    this.meter.watch(this.#microphone);
    await this.devices.look();
  }

  /** Leave the microphone at once; read on as a viewer, because the last words are still on their way. */
  async #stop(why = "") {
    const speaker = this.#speaker;
    this.#speaker = null;
    this.#letScreenGo();
    this.#letScreenGo = () => {};
    this.meter.stop();
    await speaker?.stop();
    this.#microphone?.close();
    this.#microphone = null;
    this.#showSpeaking(false);
    if (!speaker || this.#left) return;
    this.reader.say(why || "Not speaking", "calm");
    if (why) this.#listener = lastWords(this.id, this.reader);
  }

  #takeStatus(now) {
    this.reader.takeStatus(now);
    if (now.kind === "open") this.#showReady(false);
    if (now.kind !== "closed" || now.again !== undefined) return;
    this.#fail(now.reason || "The server ended the connection.");
    if (now.next !== "login") return;
    session.expire(heldKey());
    this.login.say(`Please log in again (${now.reason}).`);
    this.#showLogin();
  }

  async #fail(message) {
    setText(this.trouble, message);
    await this.#stop();
  }

  #showReady(ready) {
    this.reader.say(...(ready ? ["Live", "live"] : ["Starting the room… You can speak already.", "calm"]));
  }

  #showSpeaking(speaking) {
    setText(this.start, speaking ? "Stop" : "Start speaking");
    this.start.classList.toggle("stop", speaking);
    this.spoken.disabled = speaking;
    this.update();
  }

  #read(lang) {
    this.#speaker?.read(lang);
    this.#listener?.renew();
  }

  async #changeMicrophone() {
    if (!this.#speaker) return;
    try {
      await this.#openMicrophone();
      if (this.#speaker) return void (await this.#speaker.use(this.#microphone.stream));
      // Stopped while the browser asked.
      this.meter.stop();
      this.#microphone.close();
    } catch (error) {
      if (!(error instanceof MicrophoneTrouble)) throw error;
      await this.#fail(error.message);
    }
  }
}
