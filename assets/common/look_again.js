/**
 * Lets the views ask once more for what did not arrive although the connection stands: a network that was away for a
 * moment loses requests, and may keep the page's streams. Without a connection, `connection.js` does this.
 */

import { isConnected, pause } from "./connection.js";

const PAUSE_MS = 2000;

let isDue = false;

document.addEventListener("playground:unreached", async () => {
  if (isDue) return;
  isDue = true;
  await pause(PAUSE_MS);
  isDue = false;
  if (isConnected()) document.dispatchEvent(new CustomEvent("playground:connection", { detail: { isAway: false, wasAsked: false } }));
});
