/**
 * Lets the reader edit a grid's prompts, one box for each, apply the chat template to them, write the prefix of a task
 * before them, and choose their languages, which are those of the sidebar. Knows limits.
 */

import { promptInSidebar } from "../common/controls.js";
import { button, make, rest, setText } from "../common/dom.js";
import { labelled } from "../common/fields.js";
import { t } from "../common/language.js";
import { LanguageLists } from "../models/language_lists.js";
import { chosenFacts } from "../models/models.js";
import { chooseLanguages, languagesInSidebar, withPrefix } from "../models/source_options.js";

const ONE_TURN = t(
  "The conversation of Decode is not compared: each prompt stands here alone, without its system text, earlier turns and switches.",
);

export class PromptBoxes {
  /** @type {{area: HTMLTextAreaElement, name: HTMLElement, remove: HTMLButtonElement, element: HTMLElement}[]} */
  #boxes = [];
  #most;

  /**
   * @param {string} prompt  the first prompt
   * @param {number} most  the largest number of prompts
   */
  constructor(prompt, most) {
    this.#most = most;
    this.list = make("div", "pg-prompt-boxes");
    this.add = button(t("Add prompt"), () => this.#append("").focus());
    const take = button(t("The prompt of Decode"), () => this.#take());
    take.title = t("Copies it into the first empty box, or into a new one");
    this.chat = make("input");
    this.chat.type = "checkbox";
    this.chatLabel = labelled(t("Chat template"), this.chat);
    this.reason = make("span", "pg-muted");
    this.buttons = make("div", "pg-compare-line", this.add, take, this.chatLabel, this.reason);
    this.languages = new LanguageLists((change) => chooseLanguages({ ...languagesInSidebar(), ...change }));
    this.prefixes = make("div", "pg-compare-line");
    this.suit();
    this.note = make("p", "pg-muted", ONE_TURN);
    this.element = make("div", "pg-compare-prompts", this.list, this.buttons, this.languages.element, this.prefixes, this.note);
    document.addEventListener("playground:view", () => this.#tell());
    document.addEventListener("playground:languages", () => this.#showLanguages());
    this.#tell();
    this.prompts = [prompt];
  }

  /** Adapts to the chosen model, which may have no chat template, and may have languages or prefixes. */
  suit() {
    const noChat = chosenFacts()?.no_chat ?? null;
    this.chat.disabled = noChat !== null;
    this.chat.checked &&= noChat === null;
    this.chatLabel.title = noChat ?? t("Each prompt becomes a user's turn of a conversation");
    setText(this.reason, noChat ?? "");
    this.#showLanguages();
    const { prefixes = [] } = chosenFacts() ?? {};
    const chips = prefixes.map((prefix) => button(prefix.trim(), () => this.#begin(prefix, prefixes)));
    this.prefixes.hidden = chips.length === 0;
    this.prefixes.replaceChildren(make("span", "pg-muted", t("Before every prompt")), ...chips);
  }

  #showLanguages() {
    this.languages.show(chosenFacts() ?? {}, languagesInSidebar());
  }

  /** Writes a prefix before every prompt, in place of another one. */
  #begin(prefix, prefixes) {
    for (const { area } of this.#boxes) {
      if (area.value.trim() !== "") area.value = withPrefix(area.value, prefix, prefixes);
    }
  }

  /** @returns {string[]} the prompts as they were written; a box with only white space does not count */
  get prompts() {
    return this.#boxes.map(({ area }) => area.value).filter((prompt) => prompt.trim() !== "");
  }

  set prompts(prompts) {
    this.#boxes = [];
    this.list.replaceChildren();
    for (const prompt of prompts.slice(0, this.#most)) this.#append(prompt);
  }

  get #isFull() {
    return this.#boxes.length >= this.#most;
  }

  #append(prompt) {
    const area = make("textarea", "pg-entry");
    area.value = prompt;
    area.rows = 2;
    const name = make("span", "pg-prompt-name");
    const remove = button("✕", () => this.#remove(box), "pg-button pg-remove");
    const element = make("div", "pg-prompt-box", make("div", "pg-prompt-head", name, remove), area);
    const box = { area, name, remove, element };
    this.#boxes.push(box);
    this.list.append(element);
    this.#number();
    return area;
  }

  #remove(box) {
    const place = this.#boxes.indexOf(box);
    this.#boxes.splice(place, 1);
    box.element.remove();
    this.#number();
    this.#boxes[Math.min(place, this.#boxes.length - 1)].area.focus();
  }

  #number() {
    this.#boxes.forEach(({ area, name, remove }, place) => {
      area.ariaLabel = t("Prompt {number}", { number: place + 1 });
      setText(name, area.ariaLabel);
      remove.ariaLabel = t("Remove prompt {number}", { number: place + 1 });
      remove.hidden = this.#boxes.length === 1;
    });
    rest(this.add, this.#isFull);
  }

  /**
   * Takes the sidebar's prompt into the first empty box or a new one. If there is no room, it replaces the last prompt.
   */
  #take() {
    const empty = this.#boxes.find(({ area }) => area.value.trim() === "");
    const area = empty?.area ?? (this.#isFull ? this.#boxes.at(-1).area : this.#append(""));
    area.value = promptInSidebar().prompt;
  }

  /** Says that the conversation in the sidebar is not compared, if there is one. */
  #tell() {
    const { chat, earlier, fields } = promptInSidebar();
    this.note.hidden = !chat || (!earlier.length && !Object.values(fields).some(Boolean));
  }
}
