/**
 * Shows the whole text as a person reads it, beside the strip of tokens. It is opened by a button, can be selected, and
 * another button copies it. Knows a trace's tokens and what is shown for each.
 */

import { button, make, setText } from "../common/dom.js";
import { copyText } from "../common/download.js";
import { t } from "../common/language.js";
import { readText } from "../common/readable.js";

const COPIED = t("Text copied.");
const SELECTED = t("The browser does not allow copying. The text is selected: press Ctrl+C, or ⌘C on a Mac.");

let isOpen = false; // as the reader left it, until the page is closed

export class WholeText {
  #trace = null;
  #textOf;

  /** @param {(id: number) => string} textOf  returns the text to show for a token */
  constructor(textOf) {
    this.#textOf = textOf;
    this.prompt = make("span", "pg-text-prompt");
    this.completion = make("span", "pg-text-completion");
    this.element = make("div", "pg-text", this.prompt, this.completion);
    this.element.role = "region";
    this.element.ariaLabel = t("The whole text");
    this.element.tabIndex = 0; // so that the keys can scroll and select it
    this.element.dir = "auto";
    this.toggle = button(t("Text"), () => this.#turn(!isOpen));
    this.toggle.title = t("Shows the whole text as a person reads it");
    this.copy = button(t("Copy"), () => this.#copy());
    this.copy.title = t("Copies the whole text, prompt included");
    this.copy.ariaLabel = t("Copy text");
    this.copy.addEventListener("blur", () => this.#say("", t("Copy")));
    this.said = make("span", "pg-unseen");
    this.said.role = "status";
    this.buttons = make("div", "pg-text-buttons", this.toggle, this.copy, this.said);
    this.#turn(isOpen);
  }

  /** @param {import("../common/trace.js").Trace} trace */
  show(trace) {
    this.#trace = trace;
    if (!isOpen) return;
    const { element } = this;
    const isAtEnd = element.scrollTop + element.clientHeight >= element.scrollHeight - 4;
    const prompt = promptOf(trace).map(this.#textOf);
    const whole = readText([...prompt, ...trace.steps.map((step) => this.#textOf(step.token_id))]);
    const given = readText(prompt);
    setText(this.prompt, given);
    setText(this.completion, whole.slice(given.length));
    if (isAtEnd) element.scrollTop = element.scrollHeight;
  }

  #turn(opens) {
    isOpen = opens;
    this.element.hidden = !opens;
    this.toggle.ariaExpanded = String(opens);
    if (opens && this.#trace) this.show(this.#trace);
  }

  async #copy() {
    if (!this.#trace) return;
    const ids = [...promptOf(this.#trace), ...this.#trace.steps.map((step) => step.token_id)];
    if (await copyText(readText(ids.map(this.#textOf)))) return this.#say(COPIED, t("Copied"));
    this.#turn(true);
    getSelection().selectAllChildren(this.element);
    this.#say(SELECTED, t("Ctrl+C"));
  }

  /** Says to a screen reader what became of copying, and on the button in one word, until the reader goes on. */
  #say(sentence, word) {
    setText(this.said, sentence);
    setText(this.copy, word);
  }
}

/** Returns the ids of the prompt as a part of the text. A decoder's start token is none: nobody wrote it. */
const promptOf = ({ header }) => (header.source_ids?.length ? [] : header.prompt_ids);
