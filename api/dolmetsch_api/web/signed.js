/** What the server does for whom it knows: each call shows the key, and hears when that is no good any more. */

import { LONG_MS, Refusal, asJson, request } from "./server.js";
import { session } from "./session.js";

async function signed(path, init = {}) {
  const key = session.key;
  const headers = { ...init.headers, ...(key && { Authorization: `Bearer ${key}` }) };
  try {
    return await request(path, { ...init, headers });
  } catch (error) {
    if (error instanceof Refusal && error.status === 401) session.expire(key);
    throw error;
  }
}

const ask = async (path, init) => (await signed(path, init)).json();
const room = (id) => `api/v1/rooms/${encodeURIComponent(id)}`;

/**
 * @typedef {{title: string, code: string, persons: {name: string}[], location: string,
 *   track: {name: string, color: string}}} TalkHeading
 * @typedef {{room: string, talk: TalkHeading, public: boolean, mine: boolean, source_lang: string,
 *   languages: string[], first: string, last: string, running: boolean}} Summary
 * @typedef {{start: number, end: number, line: number, speaker: number, lang: string,
 *   texts: Record<string, string>}} Said
 * @typedef {{room: string, talk: TalkHeading, public: boolean, source_lang: string, made_by: {reviewed: boolean},
 *   parts: {started: string, ended: string | null, reviewed: boolean, lines: Said[]}[]}} Transcript
 */

/** Transcripts that may be read. @returns {Promise<Summary[]>} */
export const transcripts = () => ask("api/v1/transcripts");

/** @returns {Promise<Transcript>} */
export const transcript = (id) => ask(`${room(id)}/transcript`, { patience: LONG_MS });

/** A transcript as a file. @param {string} format @param {string} lang */
export const transcriptFile = (id, format, lang) =>
  signed(`${room(id)}/transcript?${new URLSearchParams({ format, lang })}`, { patience: LONG_MS });

/** Say whether a person has reviewed a transcript. @param {string} id @param {boolean} reviewed */
export const reviewTranscript = (id, reviewed) =>
  ask(`${room(id)}/transcript/review`, { ...asJson({ reviewed }), method: "PUT" });

/** Delete a transcript for good. */
export const deleteTranscript = (id) => ask(`${room(id)}/transcript`, { method: "DELETE" });

/** Close a room for everybody in it. */
export const closeRoom = (id) => ask(`${room(id)}/close`, { method: "POST" });

/** Rooms made by hand. @returns {Promise<{id: string, title: string}[]>} */
export const madeRooms = () => ask("api/v1/rooms");

/** Active rooms that are in no list, since their talk is not to be recorded. @returns {Promise<import("./status.js").Room[]>} */
export const unlistedRooms = () => ask("api/v1/rooms/unlisted");

/** @param {Record<string, string>} draft */
export const makeRoom = (draft) => ask("api/v1/rooms", asJson(draft));

export const deleteRoom = (id) => ask(room(id), { method: "DELETE" });
