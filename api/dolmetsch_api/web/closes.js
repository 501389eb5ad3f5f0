/** What the end of a socket means, and what to do about it. Pure. */

/**
 * wait: the speaker is not there yet. ended: the talk is over, another may follow. lost: try again.
 * record: try again with a new recording. login: the key is not good. stop: trying again would not help.
 * @typedef {"wait" | "ended" | "lost" | "record" | "login" | "stop"} Next
 * @param {number} code
 * @param {string} reason the server's words
 * @returns {Next}
 */
export function meaning(code, reason) {
  if (reason === "Room not active") return "wait";
  if (reason === "Room closed") return "ended";
  if (/^The audio (has no stream header|can't be decoded)/.test(reason)) return "record";
  if (/^Authentification failed/.test(reason)) return "login";
  if (code === 1003 || code === 1008) return "stop";
  return "lost";
}
