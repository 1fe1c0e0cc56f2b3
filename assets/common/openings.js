/**
 * Texts that Python is asked to write again, their steps kept: who asked is told the trace's id. While it is written,
 * the button that was pressed says so. Knows tickets and buttons, not the server.
 */

import { setText } from "./dom.js";

const BUSY = "Opening …";

export class Openings {
  #pending = new Map(); // ticket -> {then, button, text}
  #next = 0;

  /**
   * @param {(traceId: string) => void} then
   * @param {HTMLButtonElement | null} button  the one that was pressed
   * @returns {number} a ticket, to be sent with what is asked
   */
  begin(then, button) {
    const ticket = this.#next++;
    this.#pending.set(ticket, { then, button, text: button?.textContent });
    if (button) {
      button.disabled = true;
      setText(button, BUSY);
    }
    return ticket;
  }

  get arePending() {
    return this.#pending.size > 0;
  }

  /** A text is written. @param {{ticket: number, trace_id: string}} message */
  end({ ticket, trace_id }) {
    const asked = this.#pending.get(ticket);
    this.#pending.delete(ticket);
    if (asked) restore(asked);
    asked?.then(trace_id);
  }

  /** Something was refused, perhaps one of these: what is pressed again is asked again. */
  giveUp() {
    for (const asked of this.#pending.values()) restore(asked);
    this.#pending.clear();
  }
}

function restore({ button, text }) {
  if (!button) return;
  button.disabled = false;
  setText(button, text);
}
