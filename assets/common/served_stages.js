/** Asks the server what stages do that have no JavaScript. When an answer has come, all views draw again. */

import { connect } from "../distribution/served.js";
import { fetchScoresAfter } from "./server.js";

const DRAW = "playground:settings";

connect(fetchScoresAfter, () => document.dispatchEvent(new CustomEvent(DRAW, { detail: {} })));

/**
 * @param {() => import("../distribution/distribution.js").Distribution[]} make
 * @returns {Promise<import("../distribution/distribution.js").Distribution[]>} what it returns once it lacks no answer
 */
export async function whenServed(make) {
  for (;;) {
    const made = make();
    if (!made.some(({ isWaiting }) => isWaiting)) return made;
    await new Promise((resolve) => document.addEventListener(DRAW, resolve, { once: true }));
  }
}
