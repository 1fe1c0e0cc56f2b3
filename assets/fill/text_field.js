/** The field for the text, the button and the key that insert a blank, and the list of examples. */

import { button, make, setText } from "../common/dom.js";
import { t } from "../common/language.js";
import { EXAMPLES } from "./words.js";

const LONGEST = 20_000; // characters
const KEY = "b";

export class TextField {
  #mask = "___";

  /** @param {() => void} onText  called when the text has changed */
  constructor(onText) {
    this.input = make("textarea", "pg-input pg-fill-text");
    this.input.rows = 1;
    this.input.maxLength = LONGEST;
    this.input.spellcheck = false;
    this.input.addEventListener("input", onText);
    this.input.addEventListener("keydown", (event) => this.#onKey(event));
    this.blank = button(t("Insert a blank"), () => this.insert());
    this.blank.title = t("Inserts the model's mask token at the cursor (Ctrl+B)");
    this.input.setAttribute("aria-keyshortcuts", "Control+B Meta+B");
    this.name = make("span");
    this.label = make("label", "pg-fill-label", this.name, this.input);
    this.examples = make("select", "pg-select");
    this.examples.ariaLabel = t("Examples");
    this.examples.addEventListener("change", () => {
      this.input.value = this.examples.value;
      this.examples.selectedIndex = 0;
      onText();
    });
    this.element = make("div", "pg-fill-head", this.label, make("div", "pg-fill-beside", this.blank, this.examples));
  }

  get text() {
    return this.input.value;
  }

  set text(text) {
    this.input.value = text;
  }

  /** @param {string} task  of the model's head @param {string | null} mask  its mask token */
  suit(task, mask) {
    const fills = task === "fill-mask" && mask !== null;
    this.#mask = mask ?? "___";
    setText(this.name, fills ? t("Text with a blank") : t("Text"));
    setText(this.blank, t("Insert {mask}", { mask: this.#mask }));
    this.blank.hidden = !fills;
    const options = EXAMPLES[task].map((text) => make("option", "", text));
    const first = make("option", "", t("Examples"));
    first.value = "";
    first.disabled = true;
    this.examples.replaceChildren(first, ...options);
    this.examples.selectedIndex = 0;
  }

  /** Writes the mask token at the cursor, in place of what is marked. */
  insert() {
    if (this.blank.hidden) return;
    this.input.focus();
    this.input.setRangeText(this.#mask, this.input.selectionStart, this.input.selectionEnd, "end");
    this.input.dispatchEvent(new Event("input", { bubbles: true }));
  }

  #onKey(event) {
    if (event.key.toLowerCase() !== KEY || !(event.ctrlKey || event.metaKey) || event.altKey || event.shiftKey) return;
    event.preventDefault();
    this.insert();
  }
}
