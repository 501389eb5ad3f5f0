/** What this browser keeps: the login's key, a host's connection id and consent, votes, a reader's choices. */

import { COOKIE_PATH } from "./server.js";

const KEY = "authenticated";
const DAY = 24;
/** Longer than a key is good: the one that expired tells the next login who it is. */
const KEY_HOURS = 14 * DAY;
const VOTE_HOURS = 7 * DAY;
/** Cookies of every page of this host: clients in use may be served beside this one. */
const HOST_PATH = "/";

/** @param {string} name @param {string} value @param {number} [hours] 0: forget it @param {string} [path] */
function setCookie(name, value, hours, path = COOKIE_PATH) {
  const age = hours === undefined ? "" : `; Max-Age=${Math.round(hours * 3600)}`;
  const secure = location.protocol === "https:" ? "; Secure" : "";
  document.cookie =
    `${encodeURIComponent(name)}=${encodeURIComponent(value)}; Path=${path}; SameSite=Strict${age}${secure}`;
}

/** Here, and where another page of this host may have set it. */
function forgetCookie(name) {
  for (const path of new Set([COOKIE_PATH, HOST_PATH])) setCookie(name, "", 0, path);
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
export const heldKey = () => stored(ofTab, KEY) || cookie(KEY);

/** Keep a key for this tab and for the room's socket. */
export function keepKey(key) {
  store(ofTab, KEY, key);
  setCookie(KEY, key, KEY_HOURS);
}

/** Another tab's login or logout counts from now on. */
export const forgetTabsKey = () => store(ofTab, KEY, "");

/** Nobody is logged in here any more. */
export function forgetKey() {
  forgetTabsKey();
  forgetCookie(KEY);
  forgetCookie("connection_id");
}

/** Before a host's socket: its key, and what may be done with what is said. */
export function prepareHostCookies(room, consent) {
  setCookie(KEY, heldKey(), KEY_HOURS);
  setCookie(`${room}-allow_store`, String(consent.store), DAY);
  setCookie(`${room}-allow_client_download`, String(consent.everybody), DAY);
}

/**
 * What was last allowed here for a room; null: nobody was asked.
 * @param {string} room
 * @returns {{store: boolean, everybody: boolean} | null}
 */
export function keptConsent(room) {
  const said = cookie(`${room}-allow_store`);
  if (!said) return null;
  return { store: said === "true", everybody: cookie(`${room}-allow_client_download`) === "true" };
}

/** What the server calls this host, so that it comes back as the same one. */
export const keepConnectionId = (id) => setCookie("connection_id", id);

/** Whether this browser has voted for a talk, on whichever page. */
export const hasVoted = (code) => !["", "false"].includes(cookie(`voted-${code}`));

export function keepVote(code, voted) {
  if (voted) setCookie(`voted-${code}`, "true", VOTE_HOURS, HOST_PATH);
  else forgetCookie(`voted-${code}`);
}

/** A reader's choice, such as the language; kept between visits. */
export const preference = (name) => stored(ofBrowser, `dolmetsch.${name}`);
export const keepPreference = (name, value) => store(ofBrowser, `dolmetsch.${name}`, String(value));

// Storage may be forbidden by the browser's settings: then already the look at it throws, nothing is kept, and
// nothing breaks.
const ofTab = () => sessionStorage;
const ofBrowser = () => localStorage;

function stored(area, name) {
  try {
    return area().getItem(name) ?? "";
  } catch {
    return "";
  }
}

function store(area, name, value) {
  try {
    area().setItem(name, value);
  } catch {
    /* not kept */
  }
}
