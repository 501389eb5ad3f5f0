/** Asks before something that can't be undone. */

import { h } from "./dom.js";

/**
 * @param {{title: string, text: string, action: string}} question
 * @returns {Promise<boolean>}
 */
export function confirmed({ title, text, action }) {
  const dialog = h("dialog", { class: "panel dialog", "aria-labelledby": "question", "aria-describedby": "meaning" },
    h("h2", { id: "question" }, title),
    h("p", { id: "meaning" }, text),
    h("form", { method: "dialog", class: "actions" },
      h("button", { class: "button danger", value: "yes" }, action),
      h("button", { class: "button plain", value: "", autofocus: true }, "Cancel")));
  const away = () => dialog.close("");
  document.body.append(dialog);
  addEventListener("hashchange", away);
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => {
      removeEventListener("hashchange", away);
      dialog.remove();
      resolve(dialog.returnValue === "yes");
    });
  });
}
