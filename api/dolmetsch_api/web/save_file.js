/** Saves an answer of the server as a file. A link would not do: what is private needs the key. */

import { h } from "./dom.js";

const SOON_MS = 60_000;

/** @param {Response} answer @param {string} name when the answer has none */
export async function saveFile(answer, name) {
  const address = URL.createObjectURL(await answer.blob());
  const link = h("a", { href: address, download: nameOf(answer) || name, hidden: true });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(address), SOON_MS);
}

function nameOf(answer) {
  const [, name] = /filename\*=UTF-8''([^;]+)/i.exec(answer.headers.get("Content-Disposition") ?? "") ?? [];
  return name && decodeURIComponent(name);
}
