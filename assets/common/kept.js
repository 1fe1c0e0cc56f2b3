/** Values that are kept up to a number of bytes in all: the ones that were not used longest go first. Knows no value. */

const LEAST = 1024; // bytes: what it costs to keep anything

export class Kept {
  #entries = new Map(); // key -> {value, bytes}, the one used last at the end
  #most;
  #fewest;
  /** How many bytes all values have together. */
  bytes = 0;

  /**
   * @param {number} most  bytes of all values together
   * @param {number} [fewest]  so many of the newest stay, however large they are
   */
  constructor(most, fewest = 1) {
    this.#most = most;
    this.#fewest = fewest;
  }

  /** @returns {boolean} whether there is a value; that does not count as using it */
  has(key) {
    return this.#entries.has(key);
  }

  /** @returns {any} undefined if it is not there, or not there any more */
  get(key) {
    const entry = this.#entries.get(key);
    if (!entry) return undefined;
    this.#entries.delete(key);
    this.#entries.set(key, entry);
    return entry.value;
  }

  /** @param {any} value @param {number} [bytes]  of it, as far as they are known */
  put(key, value, bytes = 0) {
    this.delete(key);
    this.#entries.set(key, { value, bytes: Math.max(LEAST, bytes) });
    this.bytes += Math.max(LEAST, bytes);
    for (const oldest of this.#entries.keys()) {
      if (this.bytes <= this.#most || this.#entries.size <= this.#fewest) break;
      this.delete(oldest);
    }
  }

  /** Says how many bytes a value has after all, if it is still there. */
  weigh(key, bytes) {
    if (this.has(key)) this.put(key, this.get(key), bytes);
  }

  delete(key) {
    this.bytes -= this.#entries.get(key)?.bytes ?? 0;
    this.#entries.delete(key);
  }
}
