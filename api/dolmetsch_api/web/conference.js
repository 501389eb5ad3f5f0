/** Times as the conference's clocks show them; as the reader's own do where there is no schedule. */

import { schedule } from "./server.js";
import { status } from "./status.js";

/** @type {string | undefined} undefined: the browser's own */
let zone;
/** @type {Promise<void> | undefined} */
let looking;

/** Find out the time zone, once. */
export async function lookAtZone() {
  if (status.about?.schedule?.title) await (looking ??= look());
}

async function look() {
  try {
    const { time_zone } = await schedule();
    new Intl.DateTimeFormat("en-GB", { timeZone: time_zone });
    zone = time_zone;
  } catch (error) {
    // A zone that this browser does not know stays so; a server that was away is asked again.
    if (!(error instanceof RangeError)) looking = undefined;
  }
}

/** What the times are, for people. */
export const zoneInWords = () =>
  zone ? `Times are the conference's (${zone.replaceAll("_", " ")}).` : "Times are those of your own clock.";

const write = (moment, options) => new Intl.DateTimeFormat("en-GB", { timeZone: zone, ...options }).format(new Date(moment));
const clockTime = (moment) => write(moment, { hour: "2-digit", minute: "2-digit" });

/** Such as `Friday 21 August`. @param {string} moment */
export const day = (moment) => write(moment, { weekday: "long", day: "numeric", month: "long" });

/** Such as `20 August 2026`. @param {string} moment */
export const date = (moment) => write(moment, { day: "numeric", month: "long", year: "numeric" });

/** Such as `09:00–09:45`. @param {string} first @param {string | null} last */
export function times(first, last) {
  const [from, to] = [clockTime(first), last ? clockTime(last) : ""];
  return to && to !== from ? `${from}–${to}` : from;
}
