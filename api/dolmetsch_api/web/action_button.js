/** A button that does one thing at a time. It stays focused meanwhile, which a disabled one would not. */

import { h } from "./dom.js";

/**
 * @param {Record<string, unknown>} attributes
 * @param {string} text
 * @param {() => Promise<unknown>} job
 * @returns {HTMLButtonElement}
 */
export function actionButton(attributes, text, job) {
  const button = h("button", { type: "button", ...attributes, onclick: run }, text);

  async function run() {
    if (button.hasAttribute("aria-disabled")) return;
    button.setAttribute("aria-disabled", "true");
    try {
      await job();
    } finally {
      button.removeAttribute("aria-disabled");
    }
  }

  return button;
}
