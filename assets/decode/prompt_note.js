/**
 * A note for a text in view that has another prompt than the sidebar, or is by another model than the chosen one: Step and
 * Go on extend the text in view. Knows traces, prompts and the chosen model. Asks the server what a text's prompt is only if its tokens do not show that both are equal.
 */

import { isSame } from "../chat/conversation.js";
import { button, make, setText } from "../common/dom.js";
import { follows } from "../common/class_rules.js";
import { promptInSidebar, stepButton } from "../common/controls.js";
import { face } from "../common/face.js";
import { keepFocus } from "../common/focus.js";
import { t } from "../common/language.js";
import { fetchWritten } from "../common/server.js";
import { chosenModel } from "../models/models.js";

const SAYS = `${t("Step extends this text.")} `;
const WHY = t("The sidebar has another prompt, or you have chosen another model. Step and Go on extend the text in view, and Generate begins a new one.");

export class PromptNote {
  #textOf;
  #trace = null;
  #written = new WeakMap(); // trace -> what gives its prompt; null while it is being fetched, or if no prompt gives the tokens

  #asked = new WeakMap(); // trace -> the end of that fetching

  /**
   * @param {(id: number) => string} textOf  returns a token's text
   * @param {() => void} onBegin  called when the reader wants a text that begins with the sidebar's prompt
   */
  constructor(textOf, onBegin) {
    this.#textOf = textOf;
    this.begin = button(t("Step from the new prompt"), onBegin, "pg-link");
    this.says = make("span", "pg-prompt-note-says", SAYS);
    this.byOther = make("span", "pg-prompt-note-model"); // tells how to get a text by the chosen model
    this.element = make("span", "pg-prompt-note", this.says, this.byOther, this.begin);
    this.element.title = WHY;
    this.element.hidden = true;
  }

  /** @param {import("../common/trace.js").Trace | null} trace  the text in view */
  show(trace = this.#trace) {
    this.#trace = trace;
    const isOurs = trace && !follows() && !trace.isRunning && trace.header.words === undefined;
    const isByOther = isOurs && trace.header.model !== chosenModel();
    const isHidden = !isOurs || !(isByOther || this.#differs(trace));
    this.says.hidden = isByOther;
    setText(this.byOther, isByOther ? `${t("Press Generate for a text by {model}.", { model: chosenModel() })} ` : "");
    keepFocus(this.element, () => (this.element.hidden = isHidden), stepButton);
  }

  /**
   * In the simple face a changed prompt, or another model, begins a text of its own. So does the prompt of a text that the
   * model has ended, which could not go on.
   *
   * @param {import("../common/trace.js").Trace | null} trace  the text in view
   * @returns {Promise<boolean> | null} whether that is so; null in the other face
   */
  isOther(trace) {
    if (face() !== "simple" || !trace) return null;
    return this.#isOther(trace);
  }

  async #isOther(trace) {
    const isOver = trace.latest.stop_reason === "end_token";
    if (isOver || trace.header.words !== undefined || trace.header.model !== chosenModel()) return true;
    if (!this.#differs(trace)) await this.#asked.get(trace);
    return this.#differs(trace);
  }

  #differs(trace) {
    const now = promptInSidebar();
    const { prompt, chat } = now;
    if (!chat && prompt.replaceAll(" ", "·").replaceAll("\n", "⏎") === this.#tokensOf(trace)) return false;
    const written = this.#written.get(trace);
    if (written === undefined) this.#asked.set(trace, this.#ask(trace));
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
