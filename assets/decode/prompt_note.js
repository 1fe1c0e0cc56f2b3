/**
 * A note for a text in view that has another prompt than the sidebar: Step and Go on extend the text in view. Knows
 * traces and prompts. Asks the server what a text's prompt is only if its tokens do not show that both are equal.
 */

import { isSame } from "../chat/conversation.js";
import { button, make } from "../common/dom.js";
import { promptInSidebar, stepButton } from "../common/controls.js";
import { keepFocus } from "../common/focus.js";
import { fetchWritten } from "../common/server.js";

const SAYS = "Step extends this text. ";
const WHY = "The sidebar has another prompt. Step and Go on extend the text in view, and Generate begins with the new prompt.";

export class PromptNote {
  #textOf;
  #trace = null;
  #written = new WeakMap(); // trace -> what gives its prompt; null while it is being fetched, or if no prompt gives the tokens

  /**
   * @param {(id: number) => string} textOf  returns a token's text
   * @param {() => void} onBegin  called when the reader wants a text that begins with the sidebar's prompt
   */
  constructor(textOf, onBegin) {
    this.#textOf = textOf;
    this.begin = button("Step from the new prompt", onBegin, "pg-link");
    this.element = make("span", "pg-prompt-note", make("span", "pg-prompt-note-says", SAYS), this.begin);
    this.element.title = WHY;
    this.element.hidden = true;
  }

  /** @param {import("../common/trace.js").Trace | null} trace  the text in view */
  show(trace = this.#trace) {
    this.#trace = trace;
    const isHidden = !trace || trace.isRunning || trace.header.words !== undefined || !this.#differs(trace);
    keepFocus(this.element, () => (this.element.hidden = isHidden), stepButton);
  }

  #differs(trace) {
    const now = promptInSidebar();
    const { prompt, chat } = now;
    if (!chat && prompt.replaceAll(" ", "·").replaceAll("\n", "⏎") === this.#tokensOf(trace)) return false;
    const written = this.#written.get(trace);
    if (written === undefined) this.#ask(trace);
    if (!written) return false;
    return trace.header.source_ids?.length ? plain(written.prompt) !== plain(prompt) : !isSame(written, now);
  }

  #tokensOf({ header }) {
    return header.prompt_ids.map(this.#textOf).join("");
  }

  async #ask(trace) {
    this.#written.set(trace, null);
    const written = await fetchWritten(trace.id).catch(() => null); // a text without such a prompt gets no line
    this.#written.set(trace, written);
    this.show();
  }
}

/** Returns a text as translators read it: their tokenizers take signs that look alike for one, and many spaces for one. */
const plain = (text) => text.normalize("NFKC").replace(/[‘’ʼ]/g, "'").replace(/\s+/g, " ").trim();
