/** The form in which a teacher types a question on the spot: about the step in view, or with answers of its own. */

import { button, make, rest } from "../common/dom.js";
import { select } from "../common/fields.js";
import { serverId } from "../common/known_texts.js";
import { t } from "../common/language.js";
import { shownOnDecode } from "../common/shown.js";
import { textOf } from "../lesson/measures.js";
import { quoted } from "../lesson/units.js";
import { Tried } from "./tried.js";

/** @typedef {"token" | "choice" | "bar"} Kind */

const OFFERED = 12; // tokens whose bars can be asked about
/** @type {[Kind, string][]} */
const KINDS = [
  ["token", t("A token that may come next")],
  ["choice", t("One of several answers")],
  ["bar", t("The length of a token's bar")],
];
const NO_STEP = t("This question is about a step. Bring a step of a text into view on Decode first.");
const FEWEST = 2; // answers to choose from

export class AskForm {
  #ask;
  #tried = new Tried();
  /** The question as the form itself wrote it, which it may write anew. */
  #written = "";
  /** @type {Kind} */
  #kind = "token";

  /**
   * @param {(question: import("../common/class_asks.js").Asked & {place: object | null}) => Promise<void>} ask
   * @param {() => void} onClose  called when the form has done its work or is not wanted any more
   */
  constructor(ask, onClose) {
    this.#ask = async (question) => {
      await ask(question);
      this.text.value = this.#written;
      this.choices.value = "";
      onClose();
    };
    this.text = Object.assign(make("input", "pg-input"), { type: "text", autocomplete: "off", maxLength: 300 });
    this.text.addEventListener("input", () => this.#showReady());
    this.choices = Object.assign(make("textarea", "pg-input"), { rows: 3 });
    this.choices.addEventListener("input", () => this.#showReady());
    this.token = select(t("Token"), [], { onChange: () => this.#write() });
    this.hides = Object.assign(make("input"), { type: "checkbox", checked: true });
    this.fields = {
      choice: make("label", "pg-class-field", make("span", "", t("Answers, one a line")), this.choices),
      bar: make("label", "pg-class-field", make("span", "", t("Token")), this.token),
    };
    this.send = button(t("Ask"), () => this.#tried.run(() => this.#send()), "pg-button pg-primary");
    const hiding = make("label", "pg-class-check", this.hides, t("Hide the bars and the text from here on until the reveal"));
    const line = make("div", "pg-class-line", this.send, button(t("Cancel"), onClose));
    const text = make("label", "pg-class-field", make("span", "", t("Question")), this.text);
    this.element = make("form", "pg-class-form", this.#kinds(), text, ...Object.values(this.fields), hiding, line, this.#tried.element);
    this.element.ariaLabel = t("Ask the class");
    this.element.addEventListener("submit", (event) => {
      event.preventDefault();
      if (this.send.ariaDisabled !== "true") this.send.click();
    });
    this.element.addEventListener("keydown", ({ key }) => key === "Escape" && onClose());
    this.element.hidden = true;
  }

  /** @returns {HTMLElement} */
  #kinds() {
    const radios = KINDS.map(([kind, words]) => {
      const radio = Object.assign(make("input"), { type: "radio", name: "pg-class-kind", checked: kind === this.#kind });
      radio.addEventListener("change", () => this.#turn(kind));
      return make("label", "", radio, words);
    });
    const element = make("div", "pg-class-kinds", ...radios);
    element.role = "radiogroup";
    element.ariaLabel = t("What is asked for");
    return element;
  }

  open() {
    this.element.hidden = false;
    this.#offer();
    this.#write();
    this.text.focus();
    this.text.select();
  }

  /** @param {Kind} kind */
  #turn(kind) {
    this.#kind = kind;
    this.hides.checked = kind !== "choice";
    this.#offer();
    this.#write();
  }

  /** Offers the most probable tokens of the step in view. */
  #offer() {
    const shown = shownOnDecode();
    const ids = shown ? Array.from(shown.shape.order.subarray(0, OFFERED)) : [];
    const texts = ids.map((id) => textOf(shown.words, id));
    this.token.replaceChildren(...texts.map((text) => Object.assign(make("option", "", quoted(text)), { value: text })));
  }

  /** Writes the usual question of the kind, unless the teacher has written another one. */
  #write() {
    for (const [kind, field] of Object.entries(this.fields)) field.hidden = kind !== this.#kind;
    const usual = { token: t("Which word comes next?"), choice: "", bar: t("How long is the bar of {token}?", { token: quoted(this.token.value) }) }[this.#kind];
    if (this.text.value === this.#written) this.text.value = usual;
    if (this.text.value === usual) this.#written = usual;
    this.#showReady();
  }

  get #answers() {
    return [...new Set(this.choices.value.split("\n").map((line) => line.trim()).filter(Boolean))];
  }

  #showReady() {
    const isReady = this.text.value.trim() !== "" && (this.#kind !== "choice" || this.#answers.length >= FEWEST);
    rest(this.send, !isReady);
    this.send.title = isReady ? "" : this.#kind === "choice" ? t("Write a question and at least two answers.") : t("Write a question first.");
  }

  async #send() {
    const shown = shownOnDecode();
    if (!shown && this.#kind !== "choice") throw new Error(NO_STEP);
    const place = shown && { trace: serverId(shown.trace.id), index: shown.step.index };
    const kind = this.#kind;
    const own = kind === "choice" ? { choices: this.#answers } : kind === "bar" ? { token: this.token.value } : {};
    await this.#ask({ kind, text: this.text.value.trim(), hides: this.hides.checked, place, ...own });
  }
}
