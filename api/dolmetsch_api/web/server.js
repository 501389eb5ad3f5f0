/** The server's addresses and answers. All of them are relative to this file: any base path works. */

const BASE = new URL("./", import.meta.url);
const PATIENCE_MS = 4000;
/** For what takes its time, and what changes something: the server goes on with that when nobody waits any more. */
export const LONG_MS = 30_000;

/** The server said no; the message is for people, in its own words where it has some. */
export class Refusal extends Error {
  /**
   * @param {number} status
   * @param {string} message
   * @param {{problems?: {loc: (string | number)[], msg: string, type: string, ctx?: any}[], wait?: boolean}} [more]
   *   problems: what is wrong with which field; wait: too many attempts, later ones may be taken
   */
  constructor(status, message, { problems = [], wait = false } = {}) {
    super(message);
    Object.assign(this, { status, problems, wait });
  }
}

/**
 * Ask and return the answer. Throws Refusal, and other errors when there is no answer of this server.
 * @param {string} path
 * @param {RequestInit & {patience?: number}} [init]
 */
export async function request(path, { patience, ...init } = {}) {
  const usual = init.method ? LONG_MS : PATIENCE_MS;
  const answer = await fetch(new URL(path, BASE), {
    cache: "no-store",
    signal: AbortSignal.timeout(patience ?? usual),
    ...init,
  });
  if (!answer.ok) throw refusalOf(answer, await answer.json());
  return answer;
}

function refusalOf(answer, { detail }) {
  const more = { problems: Array.isArray(detail) ? detail : [], wait: answer.headers.has("Retry-After") };
  return new Refusal(answer.status, typeof detail === "string" ? detail : "The server refused this.", more);
}

/** What went wrong, for people. @param {unknown} error */
export const inWords = (error) =>
  error instanceof Refusal ? error.message : "The server can't be reached. Try again in a moment.";

const ask = async (path, init) => (await request(path, init)).json();

/** @param {unknown} body */
export const asJson = (body) => ({
  method: "POST",
  headers: { "Content-Type": "application/json" },
  body: JSON.stringify(body),
});

export const health = () => ask("health");
export const roomList = () => ask("room_list");
export const about = () => ask("api/v1/about");
export const schedule = () => ask("api/v1/schedule");

/** What a key allows; empty: nothing, any more. @returns {Promise<"" | "host" | "admin">} */
export async function roleOf(key) {
  try {
    return (await ask("auth", { ...asJson({ key }), patience: PATIENCE_MS })).power ?? "";
  } catch (error) {
    // Whoever is to wait was not told about the key.
    if (error instanceof Refusal && error.status === 503 && !error.wait) return "";
    throw error;
  }
}

/** Log in; the key held before goes along, so that its owner stays the owner. Throws Refusal. */
export const login = (password, key) => ask("login", asJson({ password, key }));

/** Talks that can be voted for. */
export const votable = () => ask("vote");

/** Give a vote, or take it back; the votes that there are then. @param {"add" | "remove"} what */
export const vote = (code, what) => ask(`vote/${encodeURIComponent(code)}/${what}`, { patience: LONG_MS });

/** The room's socket; `v=1` asks for the states that this page shows. */
export function socketUrl(room, role, source, target) {
  const parts = [room, role, source || "undefined", target].map(encodeURIComponent);
  const url = new URL(`room/${parts.join("/")}?v=1`, BASE);
  url.protocol = url.protocol.replace("http", "ws");
  return url;
}

/** Where cookies of this page apply. */
export const COOKIE_PATH = BASE.pathname;
