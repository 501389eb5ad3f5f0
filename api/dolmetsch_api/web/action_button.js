/** A button that does one thing at a time. It stays focused meanwhile, which a disabled one would not. */

import { h } from "./dom.js";

/**
 * Let a job be done once at a time, marking its button meanwhile.
 * @param {HTMLButtonElement} button
 * @param {() => Promise<unknown>} job
 * @returns {() => Promise<void>}
 */
export function oneAtATime(button, job) {
  return async () => {
    if (button.hasAttribute("aria-disabled")) return;
    button.setAttribute("aria-disabled", "true");
    try {
      await job();
    } finally {
      button.removeAttribute("aria-disabled");
    }
  };
}

/**
 * @param {Record<string, unknown>} attributes
 * @param {string} text
 * @param {() => Promise<unknown>} job
 * @returns {HTMLButtonElement}
 */
export function actionButton(attributes, text, job) {
  const button = h("button", { type: "button", ...attributes }, text);
  button.addEventListener("click", oneAtATime(button, job));
  return button;
}
