/**
 * One turn in the editor of a conversation: who speaks, and the text. A turn that holds more, such as the calls of
 * tools, is shown as the JSON of its message. Knows turns, not the conversation.
 */

import { select } from "../common/fields.js";
import { button, make } from "../common/dom.js";
import { t } from "../common/language.js";
import { asJson, asText, JSON_TURN, ROLES } from "./conversation.js";

/** @typedef {import("./conversation.js").Turn} Turn */

export class TurnRow {
  #role;

  /**
   * @param {Turn} turn
   * @param {boolean} readsCalls  whether the template reads the calls of tools, which are written as JSON
   * @param {() => void} onRemove
   */
  constructor(turn, readsCalls, onRemove) {
    const roles = readsCalls || turn.role === JSON_TURN ? [...ROLES, JSON_TURN] : ROLES;
    const wordsOf = (role) => (role === JSON_TURN ? t("message as JSON") : role);
    this.roles = select("", roles, { wordsOf, onChange: () => this.#turnInto(this.roles.value) });
    this.text = area("");
    this.remove = button(t("Remove"), onRemove, "pg-link");
    this.element = make("li", "pg-chat-turn", this.roles, this.remove, this.text);
    this.#show(turn);
  }

  /** @returns {Turn} */
  get turn() {
    return { role: this.#role, content: this.text.value };
  }

  /** Names the parts of the row. @param {number} place  from 1 */
  number(place) {
    this.roles.ariaLabel = t("Who speaks in turn {place}", { place });
    this.text.ariaLabel = t("Text of turn {place}", { place });
    this.remove.ariaLabel = t("Remove turn {place}", { place });
  }

  #turnInto(role) {
    const { turn } = this;
    if (role === JSON_TURN) this.#show(asJson(turn));
    else this.#show({ role, content: turn.role === JSON_TURN ? asText(turn) : turn.content });
  }

  #show({ role, content }) {
    this.#role = role;
    this.roles.value = role;
    this.text.value = content;
    this.text.spellcheck = role !== JSON_TURN;
    this.text.classList.toggle("pg-chat-json", role === JSON_TURN);
    this.text.dir = role === JSON_TURN ? "ltr" : "auto";
  }
}

/** @param {string} hint @returns {HTMLTextAreaElement} a field that grows with its text */
export function area(hint) {
  const element = make("textarea", "pg-entry");
  Object.assign(element, { rows: 1, placeholder: hint, dir: "auto" });
  return element;
}
