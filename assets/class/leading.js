/**
 * Sends what this page shows to the class: when it changes, not too often, one after the other, and the last of all changes always.
 * Knows no page and no class.
 */

const PAUSE_MS = 100; // from one scene to the next

export class Leading {
  #means;
  #told = "null"; // the scene that was sent last
  #isDue = false;
  #isSending = false;
  #hasFailed = false;

  /**
   * @param {object} means
   * @param {() => boolean} means.isLeading
   * @param {() => Promise<object>} means.scene  reads what the page shows
   * @param {(scene: object) => Promise<unknown>} means.send  rejects if it could not be sent
   * @param {(ms: number) => Promise<void>} means.pause
   * @param {(sentence: string) => void} means.say  says why the class does not get it, "" if it does
   */
  constructor(means) {
    this.#means = means;
  }

  /** The class does not know what was sent before, because it is another one, or somebody else has led it. */
  forget() {
    this.#told = "null";
    this.changed();
  }

  /** The page may show something else now. */
  async changed() {
    this.#isDue = true;
    if (this.#isSending) return;
    this.#isSending = true;
    while (this.#isDue && this.#means.isLeading()) {
      this.#isDue = false;
      const rest = this.#means.pause(PAUSE_MS); // which passes while the scene is on its way
      await this.#send();
      await rest;
    }
    this.#isSending = false;
  }

  async #send() {
    try {
      const scene = await this.#means.scene();
      const told = JSON.stringify(scene);
      if (told === this.#told || !this.#means.isLeading()) return;
      await this.#means.send(scene);
      this.#told = told;
      this.#means.say("");
      this.#hasFailed = false;
    } catch (error) {
      this.#means.say(error.message);
      this.#isDue ||= !this.#hasFailed; // it is tried once more, because the server may only have forgotten the text
      this.#hasFailed = !this.#hasFailed;
    }
  }
}
