/** Fetches what the pane Tokens shows. Does not know the page. Every function rejects with a sentence to show. */

import { get } from "../../common/server.js";

/** The most bytes of a file; see `playground/inside/tokenizer_files.py`. */
export const LARGEST_FILE = 24_000_000;

const json = (body, signal) => ({ method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body), signal });

/**
 * @param {string[]} texts @param {string | null} [file]  the id of a file's tokeniser, null for the model's
 * @returns {Promise<import("./state.js").Answer[]>}
 */
export async function fetchTokens(texts, file = null) {
  return (await (await get("inside/tokens", json({ texts, file }))).json()).answers;
}

/**
 * @typedef {object} Compared  the next token after a text that ends in a space, and after it without the space
 * @property {[number, number]} begins  the probability of all tokens together that begin with a space
 * @property {{token_id: number, with_space: number, without: number}[]} candidates
 *
 * @param {string} text @param {AbortSignal} signal @returns {Promise<Compared>}
 */
export const fetchSpace = async (text, signal) => (await get("inside/tokens/space", json({ text }, signal))).json();

/** Sends a file, compressed. @param {File} file @returns {Promise<{id: string, algorithm: string, size: number}>} */
export async function sendFile(file) {
  const packed = file.stream().pipeThrough(new CompressionStream("gzip"));
  return (await get("inside/tokens/files", { method: "POST", body: await new Response(packed).blob() })).json();
}

/**
 * Lets only the newest of many questions be answered: while one is on its way, the next ones wait, and only the last of
 * them is asked. So a reader who types fast sees the newest answer as soon as it can be had.
 *
 * @template Asked, Told
 */
export class Newest {
  #ask;
  #told;
  #refused;
  #waiting = null; // [the question that is asked next]
  #isAsking = false;

  /**
   * @param {(asked: Asked) => Promise<Told>} ask
   * @param {(asked: Asked, told: Told) => void} told @param {(sentence: string) => void} refused
   */
  constructor(ask, told, refused) {
    this.#ask = ask;
    this.#told = told;
    this.#refused = refused;
  }

  /** @param {Asked} asked */
  async ask(asked) {
    this.#waiting = [asked];
    if (this.#isAsking) return;
    this.#isAsking = true;
    while (this.#waiting) {
      const [now] = this.#waiting;
      this.#waiting = null;
      try {
        this.#told(now, await this.#ask(now));
      } catch (error) {
        if (!this.#waiting) this.#refused(error.message);
      }
    }
    this.#isAsking = false;
  }
}
