/**
 * Shows a column's prompt as the model reads it, the context that it takes, and the examples that are left out.
 *
 * @typedef {object} Built  a column's prompt as the server built it; after an error nothing else is there
 * @property {string} [error]
 * @property {string} text
 * @property {boolean} templated  whether the chat template is in the text
 * @property {string | null} content_free  the same prompt with an input that says nothing, if the task has labels
 * @property {number[]} ids
 * @property {{kind: string, example: number, tokens: number}[]} parts  `example` is below 0 for a part of another kind
 * @property {number[]} shots  the examples in the prompt, by their places in the task
 * @property {number[]} left_out
 */

import { make, setText } from "../common/dom.js";
import { Meter } from "./meter.js";

export class PromptView {
  #textOf;

  /** @param {(id: number) => string} textOf  returns a token's text */
  constructor(textOf) {
    this.#textOf = textOf;
    this.meter = new Meter();
    this.prompt = make("div", "pg-prompts-prompt");
    this.prompt.tabIndex = 0;
    this.prompt.role = "group";
    this.prompt.ariaLabel = "The prompt as the model reads it";
    this.left = make("p", "pg-prompts-left-out");
    this.elements = [this.prompt, this.meter.element, this.left];
  }

  /** Removes the prompt, because it cannot be built. The meter stays as it is. */
  clear() {
    this.prompt.replaceChildren();
    setText(this.left, "");
  }

  /** @param {Built} built @param {import("./meter.js").Room} room */
  show(built, room) {
    this.meter.show(built.parts, room);
    const chips = [];
    let place = 0;
    for (const { kind, example, tokens } of built.parts) {
      for (const id of built.ids.slice(place, place + tokens)) chips.push(...this.#chip(id, kind, example));
      place += tokens;
    }
    this.prompt.replaceChildren(...chips);
    this.prompt.scrollTop = this.prompt.scrollHeight;
    const names = built.left_out.map((number) => number + 1).join(", ");
    setText(this.left, names && `These examples do not fit: ${names}.`);
  }

  #chip(id, kind, example) {
    const text = this.#textOf(id);
    const chip = make("span", "pg-token", text);
    chip.dataset.kind = kind;
    chip.title = example < 0 ? `${kind}, id ${id}` : `example ${example + 1}, id ${id}`;
    return text.includes("⏎") ? [chip, document.createElement("br")] : [chip];
  }
}
