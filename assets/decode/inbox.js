/**
 * Reads messages one after the other: reading one may have to wait for an answer of the server, and the next ones wait
 * until it is done. Knows no message.
 */

export class Inbox {
  #messages = [];
  #isOpen = false;
  #isReading = false;
  #read;

  /** @param {(message: any) => Promise<void>} read */
  constructor(read) {
    this.#read = read;
  }

  /** @param {any} message */
  put(message) {
    this.#messages.push(message);
    this.#readAll();
  }

  /** @returns {any} the first message that is not read yet; undefined if there is none */
  get first() {
    return this.#messages[0];
  }

  /** Takes the first message out. @returns {any} */
  take() {
    return this.#messages.shift();
  }

  /** From now on messages are read. @returns {Promise<void>} when those that are here are read */
  open() {
    this.#isOpen = true;
    return this.#readAll();
  }

  async #readAll() {
    if (!this.#isOpen || this.#isReading) return;
    this.#isReading = true;
    try {
      while (this.#messages.length) await this.#read(this.#messages.shift());
    } finally {
      this.#isReading = false; // or no message would ever be read again
    }
  }
}
