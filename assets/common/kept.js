/** Keeps values up to a total number of bytes. The least recently used ones are dropped first. Knows no value. */

const LEAST = 1024; // the least bytes that a value counts for

export class Kept {
  #entries = new Map(); // key -> {value, bytes}, the last used one at the end
  #most;
  #fewest;
  /** The number of bytes that all values have together. */
  bytes = 0;

  /**
   * @param {number} most  the most bytes that all values may have together
   * @param {number} [fewest]  the number of newest values that stay, however large they are
   */
  constructor(most, fewest = 1) {
    this.#most = most;
    this.#fewest = fewest;
  }

  /** @returns {boolean} whether there is a value; this does not count as a use */
  has(key) {
    return this.#entries.has(key);
  }

  /** @returns {any} the value, or undefined if it was never kept or has been dropped */
  get(key) {
    const entry = this.#entries.get(key);
    if (!entry) return undefined;
    this.#entries.delete(key);
    this.#entries.set(key, entry);
    return entry.value;
  }

  /** @param {any} value @param {number} [bytes]  the value's size, as far as it is known */
  put(key, value, bytes = 0) {
    this.delete(key);
    this.#entries.set(key, { value, bytes: Math.max(LEAST, bytes) });
    this.bytes += Math.max(LEAST, bytes);
    for (const oldest of this.#entries.keys()) {
      if (this.bytes <= this.#most || this.#entries.size <= this.#fewest) break;
      this.delete(oldest);
    }
  }

  /** Sets a value's size once it is known, if the value is still there. */
  weigh(key, bytes) {
    if (this.has(key)) this.put(key, this.get(key), bytes);
  }

  delete(key) {
    this.bytes -= this.#entries.get(key)?.bytes ?? 0;
    this.#entries.delete(key);
  }
}
