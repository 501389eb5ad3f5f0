/** Keeps the screen on while somebody speaks or reads, where the browser can. */

let wanted = 0;
/** @type {WakeLockSentinel | null} */
let lock = null;

async function hold() {
  if (!wanted || document.hidden || !navigator.wakeLock) return;
  try {
    lock = await navigator.wakeLock.request("screen");
    if (!wanted) await lock.release();
  } catch {
    lock = null; // refused, such as on a low battery
  }
}

// The browser takes the lock back when the page is hidden.
document.addEventListener("visibilitychange", hold);

/** @returns {() => void} lets the screen go off again */
export function keepScreenOn() {
  wanted += 1;
  hold();
  return () => {
    wanted -= 1;
    if (!wanted) lock?.release();
  };
}
