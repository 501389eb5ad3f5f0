/** Which microphone to use. */

import { h, setOptions } from "./dom.js";
import { keepPreference, preference } from "./keys.js";
import { microphones } from "./microphone.js";

export class DeviceSelect {
  /** @param {() => void} onChoice */
  constructor(onChoice) {
    this.element = h("select", { onchange: () => {
      keepPreference("microphone", this.element.value);
      onChoice();
    } });
    navigator.mediaDevices?.addEventListener?.("devicechange", this.look);
  }

  /** The chosen microphone's id; empty: the browser's choice. */
  get value() {
    return this.element.value;
  }

  /** Names are known once a microphone was allowed. */
  look = async () => {
    const found = (await microphones()).filter(({ label }) => label);
    const usual = { value: "", text: "The browser's choice" };
    setOptions(this.element, [usual, ...found.map(({ deviceId, label }) => ({ value: deviceId, text: label }))]);
    const kept = preference("microphone");
    if (found.some(({ deviceId }) => deviceId === kept)) this.element.value = kept;
  };

  leave() {
    navigator.mediaDevices?.removeEventListener?.("devicechange", this.look);
  }
}
