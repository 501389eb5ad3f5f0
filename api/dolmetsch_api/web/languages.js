/** Languages to choose from, and the one that suits a reader. */

import { status } from "./status.js";

/** What browsers call languages that the platform knows by another code. */
const ALIASES = { nb: "no", nn: "no", jv: "jw", fil: "tl" };

const spokenHere = (tag) => {
  const [code] = tag.split("-");
  return ALIASES[code] ?? code;
};

/** Options of a select. @param {string[]} codes @param {string} spoken */
export function languageOptions(codes, spoken) {
  const options = codes.map((code) => ({
    value: code,
    text: code === spoken ? `${status.name(code)} (as spoken)` : status.name(code),
    lang: status.attributes(code).lang,
  }));
  return options.sort((a, b) => a.text.localeCompare(b.text));
}

/**
 * The language wished for, else one that the browser speaks, else the one spoken.
 * @param {string} wish @param {string[]} codes what there is @param {string} spoken
 */
export function languageFor(wish, codes, spoken) {
  const wanted = [wish, ...navigator.languages.map(spokenHere), spoken];
  return wanted.find((code) => codes.includes(code)) ?? codes[0];
}
