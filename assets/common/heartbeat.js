/**
 * Keeps one connection to the server open for as long as the page is. It shows the server that the visit goes on, and the page
 * that the server is gone. Gradio's heartbeat is such a connection; in a class, the stream of the class stands in for it, because a
 * browser has six connections to a server for all its windows together.
 *
 * Knows when a connection is held, not how it is opened.
 */

import { hasClass } from "./class_headers.js";

const HEADER = "X-Playground-Heartbeat"; // in it a stream names the visit whose heartbeat it stands in for

export class Heartbeat {
  #open;
  #lost;
  #isHeld = false;
  #standsAlone = !hasClass();
  #visit = "";
  #name;
  #named = new Promise((resolve) => (this.#name = resolve));

  /**
   * @param {(visit: string) => Promise<Response | null>} open  asks for Gradio's heartbeat of a visit
   * @param {() => void} lost  called when the connection has ended
   */
  constructor(open, lost) {
    this.#open = open;
    this.#lost = lost;
  }

  /** The page's visit has got its name. @param {string} visit */
  begin(visit) {
    if (this.#visit === visit) return;
    this.#visit = visit;
    this.#name(visit);
  }

  /** Opens Gradio's heartbeat, unless a connection is held or another stream is going to be. */
  async hold() {
    if (this.#isHeld || !this.#visit || !this.#standsAlone) return;
    this.#isHeld = true;
    const response = await this.#open(this.#visit);
    const reader = response?.body.getReader();
    const beat = async () => reader && !(await reader.read().catch(() => ({ done: true }))).done;
    while (await beat());
    this.#isHeld = false;
    this.#lost();
  }

  /**
   * Lets another stream stand in for Gradio's heartbeat.
   *
   * @param {(headers: Record<string, string>) => Promise<void>} listen  opens the stream with these headers, and reads it until it
   *   ends; rejects with an Error that has a `status` if the server refuses it
   */
  async standIn(listen) {
    const visit = await this.#named;
    if (this.#isHeld) return listen({}); // the end of Gradio's heartbeat would end the visit
    this.#isHeld = true;
    let isRefused = false;
    try {
      await listen({ [HEADER]: visit });
    } catch (error) {
      isRefused = error.status !== undefined;
      throw error;
    } finally {
      this.#isHeld = false;
      if (!isRefused) this.#lost();
    }
  }

  /** No other stream stands in from now on. */
  standAlone() {
    this.#standsAlone = true;
    this.hold();
  }
}
