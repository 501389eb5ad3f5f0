/** What this browser keeps: the host's key, its connection id, consent, and a reader's choices. */

import { COOKIE_PATH } from "./server.js";

const KEY = "authenticated";

/** @param {string} name @param {string} value @param {number} [hours] */
function setCookie(name, value, hours) {
  const age = hours ? `; Max-Age=${Math.round(hours * 3600)}` : "";
  const secure = location.protocol === "https:" ? "; Secure" : "";
  document.cookie =
    `${encodeURIComponent(name)}=${encodeURIComponent(value)}; Path=${COOKIE_PATH}; SameSite=Strict${age}${secure}`;
}

function cookie(name) {
  for (const pair of document.cookie.split("; ")) {
    const at = pair.indexOf("=");
    if (decoded(pair.slice(0, at)) === name) return decoded(pair.slice(at + 1));
  }
  return "";
}

function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // another page's cookie
  }
}

/** The key of this tab, or of another tab's login. */
export const heldKey = () => stored(sessionStorage, KEY) || cookie(KEY);

/** Keep a key for this tab and for the room's socket. */
export function keepKey(key, hours) {
  store(sessionStorage, KEY, key);
  setCookie(KEY, key, hours);
}

/** Before a host's socket: its key, and (for now) no consent to keep or publish what is said. */
export function prepareHostCookies(room) {
  setCookie(KEY, heldKey(), 24);
  setCookie(`${room}-allow_store`, "false", 24);
  setCookie(`${room}-allow_client_download`, "false", 24);
}

/** What the server calls this host, so that it comes back as the same one. */
export const keepConnectionId = (id) => setCookie("connection_id", id);

/** A reader's choice, such as the language; kept between visits. */
export const preference = (name) => stored(localStorage, `dolmetsch.${name}`);
export const keepPreference = (name, value) => store(localStorage, `dolmetsch.${name}`, String(value));

// Storage may be forbidden by the browser's settings: then nothing is kept, and nothing breaks.
function stored(area, name) {
  try {
    return area.getItem(name) ?? "";
  } catch {
    return "";
  }
}

function store(area, name, value) {
  try {
    area.setItem(name, value);
  } catch {
    /* not kept */
  }
}
