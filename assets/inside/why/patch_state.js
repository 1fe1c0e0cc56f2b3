/**
 * What Patching shows: two texts and their tokens, the answer, and what has come back. Named actions change it. Does not know
 * the page or the server.
 *
 * @typedef {import("./reader.js").Patches} Patches
 */

import { fixed, t } from "../../common/language.js";

/**
 * @typedef {[clean: string, corrupted: string, target?: string]} Texts  with what a decoder has written, for sources
 *
 * @type {Record<string, Texts>} by their names; they have equally many tokens in most models
 */
export const PAIRS = {
  "A capital": ["The capital of France is", "The capital of Italy is"],
  "An opposite": ["The opposite of hot is", "The opposite of up is"],
  "Who gets the book": ["When Mary and John went to the shop, John gave a book to", "When Mary and John went to the shop, Mary gave a book to"],
  "One key or many": ["The keys to the cabinet", "The key to the cabinet"],
  "Counting": ["One, two, three,", "Five, six, seven,"],
};

/** @type {Record<string, Texts>} sources for a model with an encoder */
export const SOURCE_PAIRS = {
  "A noun": ["Le chat dort.", "Le chien dort.", "The"],
  "She or he": ["Elle aime sa maison.", "Il aime sa maison.", ""],
  "An adjective that moves": ["La petite fille mange une pomme rouge.", "La petite fille mange une pomme verte.", "The small girl eats a"],
};

/** @type {Record<string, string>} what the list calls the pairs */
export const PAIR_NAMES = {
  "A capital": t("A capital"),
  "An opposite": t("An opposite"),
  "Who gets the book": t("Who gets the book"),
  "One key or many": t("One key or many"),
  "Counting": t("Counting"),
  "A noun": t("A noun"),
  "She or he": t("She or he"),
  "An adjective that moves": t("An adjective that moves"),
};

export class PatchState {
  clean = "";
  corrupted = "";
  /** What the decoder has written after both texts, which are sources then. */
  target = "";
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

  /** @param {Record<string, Texts>} pairs  the ones to begin with */
  constructor(pairs = PAIRS) {
    const [clean, corrupted, target = ""] = Object.values(pairs)[0];
    Object.assign(this, { clean, corrupted, target });
  }

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

  /** @param {string} clean @param {string} corrupted @param {string} target */
  write(clean, corrupted, target = "") {
    Object.assign(this, { clean, corrupted, target, pair: null, answer: null });
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
  }

  /** @param {string} error */
  fail(error) {
    Object.assign(this, { state: "failed", error });
  }

  stop() {
    this.state = "stopped";
  }

  #forget() {
    Object.assign(this, { state: "waits", done: 0, of: 0, error: "", patches: null });
  }
}

/**
 * @param {number[][]} recovered  by block and position
 * @param {boolean} hasLast  whether the last position counts: where the text is written on, its last vector brings all back
 * @returns {[block: number, position: number]} the cell where most came back, or any
 */
export function strongest(recovered, hasLast = false) {
  /** @type {[number, number]} */
  let best = [0, 0];
  for (const [block, row] of recovered.entries()) {
    for (const [position, share] of row.slice(0, hasLast ? undefined : -1).entries()) if (share > recovered[best[0]][best[1]]) best = [block, position];
  }
  return best;
}

/** @param {Patches} patches @param {number} share  of the difference @returns {number} the answer's log-probability when so much of it comes back, in nats */
export const patchedLogprob = ({ clean, corrupted }, share) => corrupted + share * (clean - corrupted);

/** Returns a share in words: "93 %", "−1.2 %" @param {number} share */
export function shareWords(share) {
  const points = Math.abs(100 * share);
  const decimals = points < 9.95 ? 1 : 0;
  const isBelow = share < 0 && Number(points.toFixed(decimals)) > 0;
  return t("{number} %", { number: `${isBelow ? "−" : ""}${fixed(points, decimals)}` });
}
