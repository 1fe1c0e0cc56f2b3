/**
 * Tracks texts that Python is asked to write again with their steps kept. When a text is written, its caller gets the
 * trace's id. Until then the pressed button shows that the text is being opened. Knows tickets and buttons, not the
 * server.
 */

import { rest, setText } from "./dom.js";
import { t } from "./language.js";

const BUSY = t("Opening …");

export class Openings {
  #pending = new Map(); // ticket -> {then, button, text}
  #next = 0;

  /**
   * @param {(traceId: string) => void} then  called when the text is written
   * @param {HTMLButtonElement | null} button  the pressed button
   * @returns {number} a ticket to send with the request
   */
  begin(then, button) {
    const ticket = this.#next++;
    this.#pending.set(ticket, { then, button, text: button?.textContent });
    if (button) {
      rest(button, true); // the keyboard stays there
      setText(button, BUSY);
    }
    return ticket;
  }

  get arePending() {
    return this.#pending.size > 0;
  }

  /** Takes the message that a text is written. @param {{ticket: number, trace_id: string}} message */
  end({ ticket, trace_id }) {
    const asked = this.#pending.get(ticket);
    this.#pending.delete(ticket);
    if (asked) restore(asked);
    asked?.then(trace_id);
  }

  /** Gives up all pending texts after a refusal, since it may concern any of them. The reader can press again. */
  giveUp() {
    for (const asked of this.#pending.values()) restore(asked);
    this.#pending.clear();
  }
}

function restore({ button, text }) {
  if (!button) return;
  rest(button, false);
  setText(button, text);
}
