/** Says that another language is spoken than the chosen one, and changes it with one click. */

import { actionButton } from "./action_button.js";
import { h, setText } from "./dom.js";
import { status } from "./status.js";

export class OtherLanguage {
  #lang = "";

  /** @param {(lang: string) => void} onChoice */
  constructor(onChoice) {
    this.text = h("p", {});
    this.button = actionButton({ class: "button" }, "", () => {
      const lang = this.#lang;
      this.show("");
      onChoice(lang);
    });
    this.element = h("div", { class: "other-language", role: "status", hidden: true }, this.text, this.button);
  }

  /** @param {string} lang the language that is spoken; "": the chosen one, or nobody knows */
  show(lang) {
    // A language that can't be chosen is no help.
    this.#lang = status.sources.includes(lang) ? lang : "";
    this.element.hidden = !this.#lang;
    if (!this.#lang) return;
    const name = status.name(lang);
    setText(this.text, `This sounds like ${name}.`);
    setText(this.button, `Switch to ${name}`);
  }
}
