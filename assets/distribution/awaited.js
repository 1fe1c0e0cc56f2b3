/**
 * Who waits for an answer of the server. A drawing that lacks an answer says so with its question, and is told when the
 * answer has come, so that a view that asks cannot forget to draw again.
 */
export class Awaited {
  /** @type {Map<string, Set<() => void>>} by what is asked */
  #drawings = new Map();

  /** @param {string} key  what is asked @returns {boolean} whether anybody waits for it */
  has(key) {
    return this.#drawings.has(key);
  }

  /** @param {string} key @param {() => void} onAnswer  called once, however often the same function waits */
  wait(key, onAnswer) {
    if (!this.has(key)) this.#drawings.set(key, new Set());
    this.#drawings.get(key).add(onAnswer);
  }

  /** The answer has come, or an error in place of it. @param {string} key */
  tell(key) {
    const drawings = this.#drawings.get(key) ?? [];
    this.#drawings.delete(key);
    for (const onAnswer of drawings) onAnswer();
  }
}
