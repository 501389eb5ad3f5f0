/** The server's addresses and answers. All of them are relative to this file: any base path works. */

const BASE = new URL("./", import.meta.url);
const PATIENCE_MS = 4000;

/** The server said no. */
export class Refusal extends Error {}

/** @param {string} path @param {RequestInit} [init] */
async function ask(path, init) {
  const answer = await fetch(new URL(path, BASE), {
    cache: "no-store",
    signal: AbortSignal.timeout(PATIENCE_MS),
    ...init,
  });
  if (!answer.ok) throw new Refusal(`${path}: ${answer.status}`);
  return answer.json();
}

export const health = () => ask("health");
export const roomList = () => ask("room_list");
export const about = () => ask("api/v1/about");

const post = (path, body) =>
  ask(path, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });

/** Whether a key still opens the host's side. */
export async function keyIsGood(key) {
  if (!key) return false;
  try {
    return (await post("auth", { key })).status === "valid";
  } catch (error) {
    if (error instanceof Refusal) return false;
    throw error;
  }
}

/** Log in; the key held before goes along, so that its owner stays the owner. Throws Refusal. */
export const login = (password, key) => post("login", { password, role: "host", key });

/** The room's socket; `v=1` asks for the states that this page shows. */
export function socketUrl(room, role, source, target) {
  const parts = [room, role, source || "undefined", target].map(encodeURIComponent);
  const url = new URL(`room/${parts.join("/")}?v=1`, BASE);
  url.protocol = url.protocol.replace("http", "ws");
  return url;
}

/** Where cookies of this page apply. */
export const COOKIE_PATH = BASE.pathname;
