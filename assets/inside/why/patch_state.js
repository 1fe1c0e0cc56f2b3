/**
 * What Patching shows: two texts and their tokens, the answer, and what has come back. Named actions change it. Does not know
 * the page or the server.
 *
 * @typedef {import("./reader.js").Patches} Patches
 */

/** @type {Record<string, [clean: string, corrupted: string]>} by their names; they have equally many tokens in most models */
export const PAIRS = {
  "A capital": ["The capital of France is", "The capital of Italy is"],
  "An opposite": ["The opposite of hot is", "The opposite of up is"],
  "Who gets the book": ["When Mary and John went to the shop, John gave a book to", "When Mary and John went to the shop, Mary gave a book to"],
  "One key or many": ["The keys to the cabinet", "The key to the cabinet"],
  "Counting": ["One, two, three,", "Five, six, seven,"],
};

export class PatchState {
  clean = PAIRS["A capital"][0];
  corrupted = PAIRS["A capital"][1];
  /** @type {import("./reader.js").Pair | null} the tokens, once fetched */
  pair = null;
  /** @type {number | null} the token to bring back; null for the clean text's most probable one */
  answer = null;
  /** @type {"waits" | "runs" | "done" | "stopped" | "failed"} */
  state = "waits";
  done = 0;
  of = 0;
  error = "";
  /** @type {Patches | null} */
  patches = null;
  /** The block and the position whose numbers are shown. */
  at = [0, 0];

  /** @returns {boolean} whether the texts can be patched */
  get isReady() {
    return this.pair !== null && this.isEven && this.firstDifference >= 0 && this.pair.clean.length <= this.pair.most;
  }

  /** @returns {boolean} whether the texts have equally many tokens */
  get isEven() {
    return this.pair !== null && this.pair.clean.length === this.pair.corrupted.length;
  }

  /** @returns {number} the first position at which the texts' tokens differ, -1 if none does */
  get firstDifference() {
    return this.pair ? this.pair.clean.findIndex((token, place) => token !== this.pair.corrupted[place]) : -1;
  }

  /** @param {string} clean @param {string} corrupted */
  write(clean, corrupted) {
    Object.assign(this, { clean, corrupted, pair: null, answer: null });
    this.#forget();
  }

  /** @param {PatchState["pair"]} pair */
  know(pair) {
    this.pair = pair;
    this.error = "";
  }

  /** @param {number | null} answer */
  turnAnswer(answer) {
    this.answer = answer;
    this.#forget();
  }

  begin() {
    this.#forget();
    this.state = "runs";
  }

  /** @param {number} done @param {number} of */
  tell(done, of) {
    Object.assign(this, { done, of });
  }

  /** @param {Patches} patches */
  settle(patches) {
    this.state = "done";
    this.patches = patches;
    this.at = strongest(patches.recovered);
  }

  /** @param {string} error */
  fail(error) {
    Object.assign(this, { state: "failed", error });
  }

  stop() {
    this.state = "stopped";
  }

  /** Chooses the cell whose numbers are shown. @param {number} block @param {number} position */
  choose(block, position) {
    this.at = [block, position];
  }

  #forget() {
    Object.assign(this, { state: "waits", done: 0, of: 0, error: "", patches: null });
  }
}

/**
 * @param {number[][]} recovered  by block and position
 * @returns {[block: number, position: number]} the cell where most came back before the last position, or any
 */
export function strongest(recovered) {
  /** @type {[number, number]} */
  let best = [0, 0];
  for (const [block, row] of recovered.entries()) {
    for (const [position, share] of row.slice(0, -1).entries()) if (share > recovered[best[0]][best[1]]) best = [block, position];
  }
  return best;
}

/** @param {Patches} patches @param {number} block @param {number} position @returns {number} the answer's log-probability with that copy, in nats */
export const patchedLogprob = ({ clean, corrupted, recovered }, block, position) => corrupted + recovered[block][position] * (clean - corrupted);

/** Returns a share in words: "93 %", "−1.2 %" @param {number} share */
export function shareWords(share) {
  const points = Math.abs(100 * share);
  const text = points.toFixed(points < 9.95 ? 1 : 0);
  return `${share < 0 && Number(text) > 0 ? "−" : ""}${text} %`;
}
