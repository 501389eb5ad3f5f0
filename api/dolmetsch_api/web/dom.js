/** Builds DOM nodes. Text is always text, never markup; no inline style, so that a strict CSP holds. */

/**
 * @param {string} tag
 * @param {Record<string, unknown>} [attributes] `onclick` and the like are listeners
 * @param {...(Node | string | null | undefined | false)} children
 * @returns {any}
 */
export function h(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") node.addEventListener(name.slice(2), /** @type {any} */ (value));
    else if (value === true) node.setAttribute(name, "");
    else if (value !== false && value != null) node.setAttribute(name, String(value));
  }
  node.append(...children.filter((child) => child != null && child !== false));
  return node;
}

/** Set a text only when it differs, so that a live region is not read out again. */
export function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

/**
 * Fill a select, keeping the choice where it still exists.
 * @param {HTMLSelectElement} select
 * @param {{value: string, text: string, lang?: string}[]} options
 */
export function setOptions(select, options) {
  const now = JSON.stringify(options);
  if (select.dataset.options === now) return;
  select.dataset.options = now;
  const chosen = select.value;
  select.replaceChildren(...options.map(({ value, text, lang }) => h("option", { value, lang }, text)));
  if (options.some(({ value }) => value === chosen)) select.value = chosen;
}

let controls = 0;

/** A labelled control. @param {string} label @param {HTMLElement} control */
export function field(label, control) {
  control.id ||= `field-${(controls += 1)}`;
  return h("div", { class: "field" }, h("label", { for: control.id }, label), control);
}

/** A view's title is another one now; nobody hears it of a view that was left. @param {HTMLElement} view */
export const titleChanged = (view) => view.dispatchEvent(new Event("titlechange", { bubbles: true }));

/** Give a card its track's colour, if it is one. @param {HTMLElement} card @param {string} color */
export function setTrack(card, color) {
  if (CSS.supports("color", color)) card.style.setProperty("--track", color);
}
