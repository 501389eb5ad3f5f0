/** A host speaks: microphone, level, the screen's light and the room's socket, from start to stop. */

import { lastWords } from "./last_words.js";
import { LevelMeter } from "./level_meter.js";
import { Microphone, MicrophoneTrouble } from "./microphone.js";
import { Speaker } from "./speaker.js";
import { keepScreenOn } from "./wake_lock.js";

/**
 * @typedef {{room: string, reader: import("./reader.js").Reader, devices: import("./device_select.js").DeviceSelect,
 *   spoken: () => string, consent: () => {store: boolean, everybody: boolean}, welcome: () => boolean,
 *   onChange: () => void, onSoundsLike: (lang: string) => void, onTrouble: (message: string) => void, onLogin: (reason: string) => void}} Wish
 *   welcome: whether the person is still there and may speak; onChange: speaking began or ended;
 *   onSoundsLike: another language than the chosen one is spoken, "" not any more;
 *   onLogin: the server does not take the key any more
 */

export class Speaking {
  meter = new LevelMeter();
  /** @type {Microphone | null} */
  #microphone = null;
  /** @type {Speaker | null} */
  #speaker = null;
  /** @type {import("./room_socket.js").RoomSocket | null} */
  #listener = null;
  #letScreenGo = () => {};

  /** @param {Wish} wish */
  constructor(wish) {
    this.wish = wish;
  }

  /** Whether somebody speaks. */
  get on() {
    return this.#speaker !== null;
  }

  /** Throws MicrophoneTrouble. */
  async begin() {
    if (!(await this.#openMicrophone(() => this.wish.welcome() && !this.on))) return;
    this.#stopListening();
    this.#letScreenGo = keepScreenOn();
    this.#speaker = this.#newSpeaker();
    this.#speaker.start();
    this.wish.onChange();
  }

  /**
   * Leave the microphone at once; read on as a viewer, because the last words are still on their way.
   * @param {string} [why] what is said of it; without a word nobody reads on
   */
  async stop(why = "") {
    const [speaker, microphone] = [this.#speaker, this.#microphone];
    if (!speaker) return;
    this.#speaker = this.#microphone = null;
    this.#letScreenGo();
    this.meter.stop();
    this.wish.onChange();
    await speaker.stop();
    microphone.close();
    if (this.on || !this.wish.welcome()) return;
    this.wish.reader.say(why || "Not speaking", "calm");
    if (why) this.#listener = lastWords(this.wish.room, this.wish.reader);
  }

  /** The person has gone elsewhere. */
  async leave() {
    this.#stopListening();
    await this.stop();
  }

  /** Read another language. @param {string} lang */
  read(lang) {
    this.#speaker?.read(lang);
    this.#listener?.renew();
  }

  /** Speak another language, and read the one that is chosen now. @param {string} spoken */
  speak(spoken) {
    this.#speaker?.speak(spoken, this.wish.reader.lang);
  }

  /** Storing was withdrawn: say so to the server. */
  withdraw() {
    this.#speaker?.renew();
  }

  /** Speak into the microphone that is chosen now. */
  async changeMicrophone() {
    const speaker = this.#speaker;
    if (!speaker) return;
    const { devices } = this.wish;
    const chosen = devices.value;
    try {
      const opened = await this.#openMicrophone(() => this.#speaker === speaker && devices.value === chosen);
      if (opened) await speaker.use(opened.stream);
    } catch (error) {
      if (!(error instanceof MicrophoneTrouble)) throw error;
      await this.#fail(error.message);
    }
  }

  /**
   * Null: it is not wanted any more, for the browser may have asked for long. Throws MicrophoneTrouble.
   * @param {() => boolean} wanted
   */
  async #openMicrophone(wanted) {
    this.#microphone?.close();
    const opened = await Microphone.open(this.wish.devices.value);
    if (!wanted()) return void opened.close();
    this.#microphone?.close();
    this.#microphone = opened;
    opened.onLost(() => this.#fail("The microphone was disconnected. Connect it again, then start again."));
    this.meter.watch(opened);
    this.wish.devices.look();
    return opened;
  }

  #newSpeaker() {
    const { room, reader, spoken, consent } = this.wish;
    const speaker = new Speaker({
      room,
      spoken: spoken(),
      target: reader.lang,
      stream: this.#microphone.stream,
      consent,
      onFrame: (frame) => this.#takeFrame(frame, speaker.target),
      onStatus: (now) => this.#takeStatus(now),
      onReady: (ready) => this.#showReady(ready),
      onTrouble: (message) => this.#fail(`The browser stopped recording (${message}).`),
    });
    return speaker;
  }

  #takeFrame(frame, target) {
    const other = frame.info?.sounds_like;
    if (other !== undefined && this.on) this.wish.onSoundsLike(other);
    this.wish.reader.take(frame, target);
  }

  #takeStatus(now) {
    this.wish.reader.takeStatus(now);
    if (now.kind === "open") this.#showReady(false);
    if (now.kind !== "closed" || now.again !== undefined) return;
    this.#fail(now.reason || "The server ended the connection.");
    if (now.next === "login") this.wish.onLogin(now.reason);
  }

  async #fail(message) {
    this.wish.onTrouble(message);
    await this.stop();
  }

  #showReady(ready) {
    this.wish.reader.say(...(ready ? ["Live", "live"] : ["Starting the room… You can speak already.", "calm"]));
  }

  #stopListening() {
    this.#listener?.stop();
    this.#listener = null;
  }
}
