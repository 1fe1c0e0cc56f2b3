/**
 * Shows the context meter: the prompt's parts, the room for the answer, and their share of the window.
 *
 * @typedef {object} Room
 * @property {number} window  the number of tokens that the model can read
 * @property {number} answer_tokens  the room for the answer in it; 0 if another window holds the answer
 * @property {number} largest  the number of tokens that fill the bar's width
 */

import { make, setText } from "../common/dom.js";
import { count, t, tn } from "../common/language.js";

/** What the kinds of a prompt's parts are called. @type {Readonly<Record<string, string>>} */
export const KINDS = {
  template: t("chat template"),
  instruction: t("instruction"),
  example: t("examples"),
  input: t("input"),
  free: t("prompt"),
  answer: t("room for the answer"),
};

export class Meter {
  constructor() {
    this.bar = make("div", "pg-prompts-meter-bar");
    this.share = make("div", "pg-prompts-meter-share");
    this.window = make("div", "pg-prompts-meter-window", this.share);
    this.words = make("div", "pg-prompts-meter-words");
    this.element = make("div", "pg-prompts-meter", this.bar, this.window, this.words);
    this.element.role = "img";
  }

  /** @param {{kind: string, tokens: number}[]} parts @param {Room} room */
  show(parts, { window, answer_tokens, largest }) {
    const sizes = { answer: answer_tokens };
    for (const { kind, tokens } of parts) sizes[kind] = (sizes[kind] ?? 0) + tokens;
    const named = Object.keys(KINDS).filter((kind) => sizes[kind]);
    this.bar.replaceChildren(
      ...named.map((kind) => {
        const piece = make("span");
        piece.dataset.kind = kind;
        piece.style.width = `${(100 * sizes[kind]) / largest}%`;
        return piece;
      }),
    );
    const total = named.reduce((sum, kind) => sum + sizes[kind], 0);
    this.share.style.width = `max(1px, ${(100 * total) / window}%)`;
    const told = named.map((kind) => `${KINDS[kind]} ${count(sizes[kind])}`).join(" · ");
    setText(this.words, tn("{total} of {n} token", "{total} of {n} tokens", window, { total }));
    const inTotal = tn("Context: {parts}; in total {total} of {n} token", "Context: {parts}; in total {total} of {n} tokens", window, { parts: told, total });
    this.element.title = this.element.ariaLabel = inTotal;
    this.words.title = told;
  }
}
